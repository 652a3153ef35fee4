/**
 * How much one worker may ask of the gateway that it shares with the workers of other tenants. Each number is several
 * times what an honest worker was seen to need (docs/operations.md, "Limits of the gateway"), and small enough that hundreds of dishonest ones hurt
 * nobody.
 */

/** So much at once, then so much each second. */
export interface Rate {
  readonly burst: number;
  readonly perSecond: number;
}

export type MessageKind =
  | 'hello'
  | 'voiceStateRequest'
  | 'report'
  | 'stopRequest'
  | 'speakResult'
  | 'noticeState'
  | 'forgotten'
  | 'npcCommand'
  | 'unknown';

export interface GatewayLimits {
  /** Messages of one stream. */
  readonly messages: Readonly<Record<MessageKind, Rate>>;
  /** Bytes of the messages of one stream. */
  readonly bytes: Rate;
  /** The largest message that a worker may send, bytes. What the gateway sends may be larger. */
  readonly messageBytes: number;
  /** Open streams of one worker: the one that serves, the one that replaces it, and those that are being noticed as lost. */
  readonly streamsPerWorker: number;
  /** Open streams of all workers of one namespace. */
  readonly streamsPerNamespace: number;
  /** New streams of one worker. */
  readonly attempts: Rate;
  /** Interactions that another gateway passes on: many people's. */
  readonly forwards: Rate;
  /** A message may wait this long for a worker that reads nothing, milliseconds. */
  readonly unreadMs: number;
  /** Who has gone beyond a limit is not served again for this long, milliseconds. */
  readonly penaltyMs: number;
  /** Open connections, before it is known whose they are. */
  readonly connections: number;
  /** Of them from one address: a pod has its own, but where nodes translate addresses a whole node's pods share one. */
  readonly connectionsPerAddress: number;
  /** New connections from one address: a handshake costs the gateway about a millisecond of its one thread. */
  readonly handshakes: Rate;
}

export const defaultLimits: GatewayLimits = {
  messages: {
    hello: { burst: 2, perSecond: 0.1 },
    voiceStateRequest: { burst: 40, perSecond: 1 },
    report: { burst: 30, perSecond: 2 },
    stopRequest: { burst: 10, perSecond: 0.5 },
    speakResult: { burst: 60, perSecond: 5 },
    // When somebody joins; a full channel at once.
    noticeState: { burst: 60, perSecond: 2 },
    forgotten: { burst: 60, perSecond: 5 },
    // As fast as somebody can say it.
    npcCommand: { burst: 20, perSecond: 1 },
    // Of a newer worker.
    unknown: { burst: 100, perSecond: 10 },
  },
  bytes: { burst: 256 * 1024, perSecond: 16 * 1024 },
  messageBytes: 64 * 1024,
  streamsPerWorker: 4,
  streamsPerNamespace: 1024,
  attempts: { burst: 20, perSecond: 2 },
  forwards: { burst: 1_000, perSecond: 200 },
  unreadMs: 30_000,
  penaltyMs: 10_000,
  connections: 16_384,
  connectionsPerAddress: 512,
  handshakes: { burst: 256, perSecond: 50 },
};
