// "Did you mean": the names that are nearest to one that does not exist.
import { editDistance } from '../src/text/similarity.ts';

/** At most three of `known`, nearest first: a third of the letters may differ, or one name begins with the other. */
export function nearest(wanted: string, known: readonly string[]): string[] {
  const lower = wanted.toLowerCase();
  const scored = [...new Set(known)].flatMap((name) => {
    const other = name.toLowerCase();
    const distance = editDistance(lower, other);
    const starts = lower.length >= 3 && (other.startsWith(lower) || lower.startsWith(other));
    const near = distance <= Math.max(1, Math.floor(Math.max(lower.length, other.length) / 3));
    return near || starts ? [{ name, score: starts ? Math.min(distance, 1) : distance }] : [];
  });
  return scored
    .sort((a, b) => a.score - b.score || (a.name < b.name ? -1 : 1))
    .slice(0, 3)
    .map(({ name }) => name);
}

/** `Did you mean a, b or c?`, or nothing. */
export function didYouMean(names: readonly string[]): string {
  if (names.length === 0) return '';
  const last = names.at(-1) ?? '';
  return ` Did you mean ${names.length === 1 ? last : `${names.slice(0, -1).join(', ')} or ${last}`}?`;
}
