/** Work that starts when it is due, whether or not what started before has ended: load that does not wait for answers. */
import { setTimeout as delay } from 'node:timers/promises';

export interface Pace {
  /** Starts per second. */
  readonly rate: number;
  /** How many in all. */
  readonly count: number;
  readonly signal: AbortSignal;
}

/**
 * Calls `start` with each number at its time. A harness that wakes late starts all that is due, and each is told when
 * it was due, so that the delay is not lost from what is measured.
 *
 * @returns When every call has settled. Rejects with the first failure, or the signal's reason.
 */
export async function atPace(
  { rate, count, signal }: Pace,
  start: (number: number, dueAt: number) => Promise<void>,
): Promise<void> {
  const began = performance.now();
  const under: Promise<void>[] = [];
  let failure: { readonly error: unknown } | undefined;
  for (let number = 0; number < count && !failure; ) {
    signal.throwIfAborted();
    const dueAt = began + (number * 1000) / rate;
    const early = dueAt - performance.now();
    if (early > 0) {
      await delay(early, undefined, { signal });
      continue;
    }
    under.push(
      start(number, dueAt).catch((error: unknown) => {
        failure ??= { error };
      }),
    );
    number += 1;
  }
  await Promise.all(under);
  if (failure) throw failure.error;
}

/** Calls `work` with every number below `count`, `width` at a time. */
export async function inParallel(
  count: number,
  width: number,
  work: (number: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  await Promise.all(
    Array.from({ length: Math.min(width, count) }, async () => {
      while (next < count) {
        const number = next;
        next += 1;
        await work(number);
      }
    }),
  );
}
