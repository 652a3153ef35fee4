// A tenant's places: `limits.concurrentSessions` of them, numbered from 0, each a Lease that one session can create.
// The Leases alone decide a race; which of them may be tried follows from those that are taken already. Pure.

/**
 * The places below the result may be tried. Fewer than `limit` while sessions have a place beyond a limit that was
 * lowered, or have none because they started before there was a limit.
 *
 * It is the largest R with R + (places taken at R and beyond) + `unplaced` <= limit. Whoever takes a place below it
 * leaves at most `limit` sessions, and so do all who do it at the same time, also with a view that lacks the newest
 * claims: of two views that differ, the taken places beyond the smaller R that remain are in both.
 *
 * @param taken the numbers of the places that are held
 * @param unplaced sessions that run without a place
 */
export function placesToTry(limit: number, taken: readonly number[], unplaced: number): number {
  const room = limit - unplaced;
  const places = [...new Set(taken)];
  // From above: no R between the answer and this one can be the answer, because beyond(R) only grows downwards.
  for (let range = room; range > 0; ) {
    const beyond = places.filter((place) => place >= range).length;
    if (range + beyond <= room) return range;
    range = room - beyond;
  }
  return 0;
}
