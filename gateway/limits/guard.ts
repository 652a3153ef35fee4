/**
 * Stands between gRPC and the service: counts streams, messages and bytes of each worker, and ends what goes beyond its
 * limit before the service sees it.
 *
 * A stream that has been ended is not the end of it: HTTP/2 lets the client go on sending, and grpc-js reads that to throw
 * it away. So who has gone beyond a limit loses the connection, and is not served again for a while.
 */
import {
  ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
  status,
} from '@grpc/grpc-js';
import {
  AttachRequest,
  GatewayServiceService,
  InteractionServiceService,
} from '../../src/rpc/generated/skald/v1/gateway.ts';
import { identityFromSubjectAltName, type TrustDomain } from '../../src/rpc/identity.ts';
import { Census } from './census.ts';
import type { GatewayLimits } from './limits.ts';
import { StreamBudget } from './stream-budget.ts';

type InterceptingServerListener = Parameters<ServerInterceptingCallInterface['start']>[0];
type PartialStatusObject = Parameters<ServerInterceptingCallInterface['sendStatus']>[0];

export type LimitReason =
  | 'message_too_large'
  | 'message_malformed'
  | 'message_rate'
  | 'byte_rate'
  | 'stream_limit'
  | 'attempt_rate'
  | 'penalty'
  | 'not_read';

export interface LimitedPeer {
  /** host:port */
  readonly address: string;
  /** The certificate's names. */
  readonly names?: string;
}

export interface GuardOptions {
  readonly limits: GatewayLimits;
  readonly trustDomain: TrustDomain;
  readonly onRefused: (reason: LimitReason, peer: LimitedPeer, why: string) => void;
  /** Hangs up on this host and port. */
  readonly cutOff: (address: string | undefined, port: number | undefined) => void;
  /** Milliseconds, monotonic. @defaultValue performance.now */
  readonly now?: () => number;
}

/** How long one that is cut off has to read why, milliseconds. */
const LAST_WORD_MS = 250;

/** The length of each message as it came, which decoding does not leave in it. */
const lengths = new WeakMap<AttachRequest, number>();

/** The service as generated, with the lengths of its messages kept for the guard. */
export const MeasuredGatewayService: typeof GatewayServiceService = {
  ...GatewayServiceService,
  attach: {
    ...GatewayServiceService.attach,
    requestDeserialize: (bytes: Buffer): AttachRequest => {
      const request = AttachRequest.decode(bytes);
      lengths.set(request, bytes.length);
      return request;
    },
  },
};

/** The interceptor for the server: `new Server({ interceptors: [guard(…)] })`. */
export function guard(options: GuardOptions): ServerInterceptor {
  const now = options.now ?? (() => performance.now());
  const census = new Census(options.limits, now);
  const { forwards, streamsPerNamespace } = options.limits;
  const forwarded = new Census(
    { ...options.limits, attempts: forwards, streamsPerWorker: streamsPerNamespace },
    now,
  );
  return (method, call) => {
    const names = call.getAuthContext().sslPeerCertificate?.subjectaltname?.slice(0, 300);
    const identity = identityFromSubjectAltName(names, options.trustDomain);
    const id = identity?.id ?? `nobody at ${call.getConnectionInfo().remoteAddress}`;
    const namespace = identity?.kind === 'worker' ? identity.namespace : `not a worker: ${id}`;
    const peer = { address: call.getPeer(), ...(names === undefined ? {} : { names }) };
    const forwards = method.path === InteractionServiceService.deliver.path && identity?.kind === 'gateway';
    const entry = (forwards ? forwarded : census).enter(id, namespace);
    const hangUp = (): void => {
      const { remoteAddress, remotePort } = call.getConnectionInfo();
      setTimeout(() => options.cutOff(remoteAddress, remotePort), LAST_WORD_MS).unref();
    };
    if (!entry.ok) {
      options.onRefused(entry.reason, peer, entry.detail);
      // Streams that are opened to be refused would be a flood as well; one too many beside those that serve is not.
      if (entry.reason !== 'stream_limit') hangUp();
      const refusal = { code: status.RESOURCE_EXHAUSTED, details: entry.detail };
      // `next` is not called: the service never hears of this stream.
      return new ServerInterceptingCall(call, { start: () => call.sendStatus(refusal) });
    }
    const punish = (reason: LimitReason, why: string): void => {
      options.onRefused(reason, peer, why);
      census.bar(id);
      hangUp();
    };
    if (method.path !== GatewayServiceService.attach.path) return new LeavingCall(call, entry.leave);
    return new GuardedCall(call, { leave: entry.leave, punish, limits: options.limits, now });
  };
}

/** Tells when it is over. */
class LeavingCall extends ServerInterceptingCall {
  readonly #leave: () => void;

  constructor(call: ServerInterceptingCallInterface, leave: () => void) {
    super(call);
    this.#leave = leave;
  }

  override start(listener: InterceptingServerListener): void {
    super.start({
      onReceiveMetadata: (metadata) => listener.onReceiveMetadata(metadata),
      onReceiveMessage: (message) => this.receive(message, listener),
      onReceiveHalfClose: () => listener.onReceiveHalfClose(),
      onCancel: () => {
        this.over();
        listener.onCancel();
      },
    });
  }

  protected receive(message: unknown, listener: InterceptingServerListener): void {
    listener.onReceiveMessage(message);
  }

  protected over(): void {
    this.#leave();
  }
}

interface GuardedParts {
  readonly leave: () => void;
  readonly punish: (reason: LimitReason, why: string) => void;
  readonly limits: GatewayLimits;
  readonly now: () => number;
}

class GuardedCall extends LeavingCall {
  readonly #call: ServerInterceptingCallInterface;
  readonly #parts: GuardedParts;
  readonly #budget: StreamBudget;
  readonly #waiting = new Set<NodeJS.Timeout>();
  #over = false;

  constructor(call: ServerInterceptingCallInterface, parts: GuardedParts) {
    super(call, parts.leave);
    this.#call = call;
    this.#parts = parts;
    this.#budget = new StreamBudget(parts.limits, parts.now);
    this.#observeTransport(call);
  }

  override sendMessage(message: unknown, callback: () => void): void {
    const { unreadMs } = this.#parts.limits;
    const timer = setTimeout(() => this.#refuse('not_read', `nothing was read for ${unreadMs} ms`), unreadMs);
    this.#waiting.add(timer);
    super.sendMessage(message, () => {
      clearTimeout(timer);
      this.#waiting.delete(timer);
      callback();
    });
  }

  override sendStatus(end: PartialStatusObject): void {
    this.#over = true;
    super.sendStatus(end);
  }

  protected override receive(message: AttachRequest, listener: InterceptingServerListener): void {
    if (this.#over) return;
    const excess = this.#budget.spend(message.message?.$case ?? 'unknown', lengths.get(message) ?? 0);
    if (excess === undefined) listener.onReceiveMessage(message);
    else this.#refuse(excess.reason, excess.detail);
  }

  protected override over(): void {
    this.#over = true;
    for (const timer of this.#waiting) clearTimeout(timer);
    this.#waiting.clear();
    super.over();
  }

  #refuse(reason: LimitReason, why: string): void {
    if (this.#over) return;
    this.#over = true;
    this.#parts.punish(reason, why);
    this.#call.sendStatus({ code: status.RESOURCE_EXHAUSTED, details: why });
  }

  /** What gRPC itself refuses (too long, not decodable, a bomb of gzip) it tells the client, and nobody else. */
  #observeTransport(call: ServerInterceptingCallInterface): void {
    const send = call.sendStatus.bind(call);
    call.sendStatus = (end) => {
      if (!this.#over) {
        this.#over = true;
        const why = end.details ?? '';
        if (end.code === status.RESOURCE_EXHAUSTED) this.#parts.punish('message_too_large', why);
        else if (end.code === status.INTERNAL || end.code === status.UNIMPLEMENTED)
          this.#parts.punish('message_malformed', why);
      }
      send(end);
    };
  }
}
