/**
 * Time as something that is passed in, so that tests of back-off, leases and idle limits turn the clock by hand
 * (see fake-clock.ts) and never sleep.
 */

export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Wall-clock time, milliseconds since the epoch. It can jump. */
  now(): number;
  /** Milliseconds that never go backwards. Its zero means nothing; only differences do. */
  monotonic(): number;
  /** Calls `callback` once, not before `delayMs` milliseconds have passed. */
  setTimeout(callback: () => void, delayMs: number): Timer;
  /** Resolves after `delayMs`; rejects with the signal's reason when that comes first. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>;
}

/** Node's timers wrap around (and fire at once) above this. */
const longestTimeoutMs = 2_147_483_647;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimeout: (callback, delayMs) => startTimer(callback, delayMs),
  sleep: (delayMs, signal) => sleepOn(systemClock, delayMs, signal),
};

function startTimer(callback: () => void, delayMs: number): Timer {
  let remaining = Math.max(0, delayMs);
  let handle: NodeJS.Timeout;
  const arm = () => {
    const step = Math.min(remaining, longestTimeoutMs);
    remaining -= step;
    handle = setTimeout(() => (remaining > 0 ? arm() : callback()), step);
  };
  arm();
  return { cancel: () => clearTimeout(handle) };
}

/** `sleep` for any clock that has `setTimeout`. */
export function sleepOn(
  clock: Pick<Clock, 'setTimeout'>,
  delayMs: number,
  signal?: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const onAbort = () => {
      timer.cancel();
      reject(signal?.reason);
    };
    const timer = clock.setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, delayMs);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
