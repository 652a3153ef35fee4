/**
 * Waits for a condition without polling.
 *
 * @param subscribe calls the given function whenever the answer may have changed; returns the unsubscribe
 * @param probe returns the answer, or undefined while there is none
 * @returns the answer, or undefined after `timeoutMs`
 */
export function until<T>(
  subscribe: (check: () => void) => () => void,
  probe: () => T | undefined,
  timeoutMs: number,
): Promise<T | undefined> {
  const now = probe();
  if (now !== undefined) return Promise.resolve(now);
  return new Promise((resolve) => {
    let done = false;
    let unsubscribe: (() => void) | undefined;
    const finish = (value: T | undefined) => {
      if (done) return;
      done = true;
      clearTimeout(timer);
      unsubscribe?.();
      resolve(value);
    };
    const timer = setTimeout(() => finish(probe()), timeoutMs);
    unsubscribe = subscribe(() => {
      const value = done ? undefined : probe();
      if (value !== undefined) finish(value);
    });
    if (done) unsubscribe();
  });
}
