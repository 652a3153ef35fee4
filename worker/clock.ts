/**
 * Monotonic milliseconds since an arbitrary point, the same point in every thread of the process:
 * `performance.now()` counts from each thread's own start, so times from two threads do not compare.
 */
export function monotonicMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1000 + nanoseconds / 1e6;
}
