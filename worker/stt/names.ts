/** The names that a recogniser is told, within the vendor's limits: the first ones count, because the cast comes first. */
export interface NameLimits {
  readonly most: number;
  /** Of one name. */
  readonly mostCharacters: number;
  /** Of one name. */
  readonly mostWords: number;
  /** Of all of them together. */
  readonly mostInAll: number;
}

/** What some vendors refuse in a name. */
const MARKS = /[<>{}[\]\\]/g;

export function namesWithin(names: readonly string[], limits: NameLimits): string[] {
  const told = new Set<string>();
  let characters = 0;
  for (const given of names) {
    const name = given.replaceAll(MARKS, ' ').replaceAll(/\s+/g, ' ').trim();
    const long = name.length > limits.mostCharacters || name.split(' ').length > limits.mostWords;
    if (name === '' || long || told.has(name)) continue;
    if (told.size === limits.most || characters + name.length > limits.mostInAll) break;
    told.add(name);
    characters += name.length;
  }
  return [...told];
}
