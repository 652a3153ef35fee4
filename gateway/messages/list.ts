/** Lists of names in a sentence. */
export interface ListWords {
  readonly and: string;
  readonly more: (count: number) => string;
}

export const english: ListWords = { and: 'and', more: (count) => `${count} more` };
export const german: ListWords = { and: 'und', more: (count) => `${count} weitere` };

/** Most names that are spelt out. */
const MOST = 10;

/** `a`, `b` and `c` */
export function quoted(names: readonly string[], words: ListWords): string {
  const shown = names.slice(0, MOST).map((name) => `\`${name}\``);
  const rest = names.length - shown.length;
  if (rest > 0) shown.push(words.more(rest));
  const last = shown.pop() ?? '';
  return shown.length === 0 ? last : `${shown.join(', ')} ${words.and} ${last}`;
}
