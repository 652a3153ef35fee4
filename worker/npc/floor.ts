/**
 * One floor: whoever speaks speaks alone, the others wait their turn.
 *
 * Replies wait in order of priority (what the game master asks for goes first), then of arrival. What is on
 * the floor ends by itself, is cut (barge-in, mute), or is asked to finish its sentence (the session ends).
 */
import { monotonicMs } from '../clock.ts';

/**
 * Why a request will not be heard: its speaker was muted, too many wait, it has waited too long, everyone was told to
 * stop, or the session ends.
 */
export type DropReason = 'Muted' | 'TooMany' | 'Stale' | 'Stopped' | 'Ending';

export interface FloorRequest {
  readonly speaker: string;
  readonly priority: 'gameMaster' | 'reply';
  /** Speaks. Settles when the floor is free again; `cut` aborts it. Must not throw. */
  readonly run: (signal: AbortSignal) => Promise<void>;
  /** Stops after the sentence that is being spoken. */
  readonly finish: () => void;
  /** Told when the request is dropped without having run. */
  readonly dropped: (reason: DropReason) => void;
}

/** More than this is not a conversation any more; the oldest replies are stale by then. */
const MOST_WAITING = 6;
/** An answer that has waited so long answers a question that the table has left behind, milliseconds. */
const STALE_MS = 20_000;

interface Waiting {
  readonly request: FloorRequest;
  readonly since: number;
}

export class Floor {
  private readonly now: () => number;
  private waiting: Waiting[] = [];
  private active: { request: FloorRequest; abort: AbortController } | undefined;
  private idle = Promise.withResolvers<void>();
  private closed = false;

  /** @param now milliseconds */
  constructor(now: () => number = monotonicMs) {
    this.now = now;
  }

  get busy(): boolean {
    return this.active !== undefined;
  }

  ask(request: FloorRequest): void {
    if (this.closed) {
      request.dropped('Ending');
      return;
    }
    const before = this.waiting.findIndex(
      ({ request: other }) => request.priority === 'gameMaster' && other.priority === 'reply',
    );
    const entry = { request, since: this.now() };
    this.waiting.splice(before === -1 ? this.waiting.length : before, 0, entry);
    if (this.waiting.length > MOST_WAITING) {
      const oldest = this.waiting.findIndex(({ request: other }) => other.priority === 'reply');
      for (const left of this.waiting.splice(Math.max(0, oldest), 1)) left.request.dropped('TooMany');
    }
    this.next();
  }

  /** Silences who speaks, at once. */
  cut(reason: Error): void {
    this.active?.abort.abort(reason);
  }

  /** Silences who speaks, at once, and drops whatever waits. */
  stop(reason: Error): void {
    for (const { request } of this.waiting.splice(0)) request.dropped('Stopped');
    this.cut(reason);
  }

  /** These say nothing more: who speaks is cut, at once, and what waits for them is dropped. */
  silence(speakers: ReadonlySet<string>): void {
    const silenced = this.waiting.filter(({ request }) => speakers.has(request.speaker));
    this.waiting = this.waiting.filter(({ request }) => !speakers.has(request.speaker));
    for (const { request } of silenced) request.dropped('Muted');
    if (this.active !== undefined && speakers.has(this.active.request.speaker)) this.cut(new Error('muted'));
  }

  /** Takes nothing more, lets who speaks finish the sentence, at most `graceMs`. */
  async close(graceMs: number): Promise<void> {
    this.closed = true;
    for (const { request } of this.waiting.splice(0)) request.dropped('Ending');
    const { active } = this;
    if (active === undefined) return;
    active.request.finish();
    const timer = setTimeout(() => active.abort.abort(new Error('the session is ending')), graceMs);
    await this.idle.promise;
    clearTimeout(timer);
  }

  private next(): void {
    if (this.active !== undefined) return;
    const next = this.waiting.shift();
    if (next === undefined) return;
    const { request, since } = next;
    if (request.priority === 'reply' && this.now() - since > STALE_MS) {
      request.dropped('Stale');
      this.next();
      return;
    }
    const abort = new AbortController();
    this.active = { request, abort };
    void request
      .run(abort.signal)
      .catch(() => {})
      .then(() => {
        this.active = undefined;
        this.idle.resolve();
        this.idle = Promise.withResolvers<void>();
        this.next();
      });
  }
}
