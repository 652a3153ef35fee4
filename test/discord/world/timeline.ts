import { until } from '../until.ts';
import type { Clock } from './clock.ts';
import { ScenarioError } from './world.ts';

/**
 * What the simulator saw, in order. The kinds follow the path from a slash command to a listening bot,
 * so that the time between any two of them can be read at Discord's end.
 */
export type TimelineKind =
  | 'gatewayIdentify'
  | 'gatewayReady'
  | 'gatewayResumed'
  | 'gatewayInvalidSession'
  | 'gatewayClosed'
  | 'interactionCreated'
  | 'interactionAcknowledged'
  | 'interactionReply'
  | 'interactionRefused'
  | 'opcode4'
  | 'opcode4Ignored'
  | 'voiceStateUpdate'
  | 'voiceServerUpdate'
  | 'voiceIdentify'
  | 'voiceResumed'
  | 'voiceUdpReady'
  | 'voiceKeepalive'
  | 'voiceSessionDescription'
  | 'daveKeyPackage'
  | 'daveCommit'
  | 'daveInvalidCommit'
  | 'daveExecuted'
  | 'speaking'
  | 'firstRtp'
  | 'talkSpurt'
  | 'rtpRefused'
  | 'voiceClosed'
  | 'message'
  | 'messageEdited';

export interface TimelineEvent {
  /** Monotonic milliseconds of the simulator's clock. */
  at: number;
  kind: TimelineKind;
  userId?: string;
  guildId?: string;
  channelId?: string;
  /** Close code, transition id, command name: whatever tells this event from its neighbours. */
  detail?: string;
}

const CAPACITY = 20_000;

/** A bounded log: the oldest events are dropped first. */
export class Timeline {
  readonly #clock: Clock;
  #events: TimelineEvent[] = [];
  readonly #watchers = new Set<() => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  record(kind: TimelineKind, about: Omit<TimelineEvent, 'at' | 'kind'> = {}): void {
    this.#events.push({ at: this.#clock.now(), kind, ...about });
    if (this.#events.length > CAPACITY) this.#events = this.#events.slice(CAPACITY / 2);
    for (const watcher of [...this.#watchers]) watcher();
  }

  /** Calls back after every event until the returned function is called. */
  watch(watcher: () => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  /** The first event with these fields, past or to come. */
  async waitFor(
    match: Partial<TimelineEvent> & { afterMs?: number },
    timeoutMs: number,
  ): Promise<TimelineEvent> {
    const { afterMs = Number.NEGATIVE_INFINITY, ...fields } = match;
    const wanted = Object.entries(fields);
    const fits = (event: TimelineEvent) => {
      const values = new Map<string, unknown>(Object.entries(event));
      return event.at > afterMs && wanted.every(([key, value]) => values.get(key) === value);
    };
    const found = await until(
      (check) => this.watch(check),
      () => this.#events.find(fits),
      timeoutMs,
    );
    if (found) return found;
    throw new ScenarioError(`no event ${JSON.stringify(match)} within ${timeoutMs} ms`);
  }

  events(): TimelineEvent[] {
    return [...this.#events];
  }

  clear(): void {
    this.#events = [];
  }
}
