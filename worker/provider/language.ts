/** A BCP 47 tag as vendors write languages. */

/** ISO 639-1 where there is one: `de-AT` is `de`; empty for none. */
export function primaryLanguage(tag: string): string {
  return tag.split('-')[0]?.toLowerCase() ?? '';
}

/** Upper case for regions, lower case for languages, a capital for scripts: `EN-us` is `en-US`, `zh-hant` is `zh-Hant`. */
export function canonicalLanguage(tag: string): string {
  try {
    return Intl.getCanonicalLocales(tag)[0] ?? '';
  } catch {
    return primaryLanguage(tag);
  }
}
