/** A timer for a moment that may be further away than Node's own timers reach (24.8 days). */

const LONGEST_MS = 2 ** 31 - 1;

/** Calls once when it is that late, never at once. @returns what cancels it */
export function atTime(time: Date, callback: () => void): () => void {
  let timer: NodeJS.Timeout;
  const arm = (): void => {
    const leftMs = time.getTime() - Date.now();
    timer = setTimeout(leftMs > LONGEST_MS ? arm : callback, Math.min(LONGEST_MS, Math.max(0, leftMs)));
    timer.unref();
  };
  arm();
  return () => clearTimeout(timer);
}
