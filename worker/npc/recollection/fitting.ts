/** Those that fit one after another into `most`; one that does not leaves its room to those behind it. */
export function fitting<T>(items: readonly T[], most: number, sizeOf: (item: T) => number): T[] {
  const taken: T[] = [];
  let left = most;
  for (const item of items) {
    const size = sizeOf(item);
    if (size > left) continue;
    taken.push(item);
    left -= size;
  }
  return taken;
}
