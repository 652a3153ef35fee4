/**
 * Texts that the NPCs of one session were asked to say: each is sent over the worker's stream, and answered with what
 * became of it.
 */
import { randomUUID } from 'node:crypto';
import type { Speak, SpeakResult } from '../../src/rpc/generated/skald/v1/gateway.ts';

/** Longest wait for a worker's answer, milliseconds: others may have to finish first, and it reads the text aloud. */
export const SPEAK_TIMEOUT_MS = 180_000;

const WORKER_REASONS = [
  'UnknownNpc',
  'Muted',
  'Interrupted',
  'NoVoice',
  'TooMany',
  'Ending',
  'Failed',
] as const;

/**
 * Of the worker: gateway.proto, SpeakResult. Of the gateway: `NoWorker`, none is connected, so nothing was said;
 * `NoAnswer`, it was lost or said nothing in time: whether the text was heard is not known.
 */
export type UnspokenReason = (typeof WORKER_REASONS)[number] | 'NoWorker' | 'NoAnswer';

export type SpeakOutcome =
  | { readonly spoken: true }
  /** @param detail in English, for the log */
  | { readonly spoken: false; readonly reason: UnspokenReason; readonly detail: string };

export const NO_WORKER: SpeakOutcome = {
  spoken: false,
  reason: 'NoWorker',
  detail: 'no worker is connected',
};

export interface SpeakRequest {
  /** Its name in the campaign, to the letter. */
  readonly npc: string;
  readonly text: string;
  /** What the transcript and the logs connect it with. @defaultValue a new one */
  readonly correlationId?: string | undefined;
}

export interface SpeechClock {
  setTimeout(callback: () => void, delayMs: number): { cancel(): void };
}

interface Pending {
  readonly settle: (outcome: SpeakOutcome) => void;
}

export class Speeches {
  readonly #clock: SpeechClock;
  readonly #pending = new Map<string, Pending>();

  constructor(clock: SpeechClock) {
    this.#clock = clock;
  }

  /** @param send undefined: no worker is connected. Never rejects. */
  async speak(
    request: SpeakRequest,
    send: ((message: { $case: 'speak'; value: Speak }) => void) | undefined,
  ): Promise<SpeakOutcome> {
    if (send === undefined) return NO_WORKER;
    const correlationId = this.#freeId(request.correlationId ?? randomUUID());
    const { promise, resolve } = Promise.withResolvers<SpeakOutcome>();
    const timer = this.#clock.setTimeout(
      () => this.#settle(correlationId, unspoken('NoAnswer', `no answer within ${SPEAK_TIMEOUT_MS} ms`)),
      SPEAK_TIMEOUT_MS,
    );
    this.#pending.set(correlationId, {
      settle: (outcome) => {
        timer.cancel();
        resolve(outcome);
      },
    });
    send({ $case: 'speak', value: { correlationId, npc: request.npc, text: request.text } });
    return await promise;
  }

  /** What the worker says. An answer that nobody waits for any more is ignored. */
  onResult({ correlationId, error, reason }: SpeakResult): void {
    if (error === '' && reason === '') this.#settle(correlationId, { spoken: true });
    else this.#settle(correlationId, unspoken(reasonOf(reason), error));
  }

  /** The worker is lost: what it would have answered is not known. */
  lose(detail: string): void {
    for (const id of [...this.#pending.keys()]) this.#settle(id, unspoken('NoAnswer', detail));
  }

  #settle(correlationId: string, outcome: SpeakOutcome): void {
    const pending = this.#pending.get(correlationId);
    this.#pending.delete(correlationId);
    pending?.settle(outcome);
  }

  /** Several pieces of one text share their correlation id: each after the first gets a number. */
  #freeId(id: string): string {
    if (!this.#pending.has(id)) return id;
    for (let number = 2; ; number += 1) {
      const numbered = `${id}.${number}`;
      if (!this.#pending.has(numbered)) return numbered;
    }
  }
}

function unspoken(reason: UnspokenReason, detail: string): SpeakOutcome {
  return { spoken: false, reason, detail };
}

/** A worker of another version may give none, or one that this build does not know. */
function reasonOf(reason: string): UnspokenReason {
  return WORKER_REASONS.find((known) => known === reason) ?? 'Failed';
}
