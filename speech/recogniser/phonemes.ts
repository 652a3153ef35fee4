/**
 * The recogniser's phones are those of the CMU Pronouncing Dictionary (ARPAbet without stress); espeak-ng writes the
 * International Phonetic Alphabet. Longest match first: `tʃ` is one phone, not `t` and `ʃ`.
 *
 * Sources: the CMU dictionary's phone set; espeak-ng's `phsource/ph_english*` for what its English voices emit.
 */
const PHONES: Readonly<Record<string, string>> = {
  // vowels
  aɪɚ: 'AY ER',
  aɪə: 'AY AH',
  aɪ: 'AY',
  aʊ: 'AW',
  ɔɪ: 'OY',
  eɪ: 'EY',
  oʊ: 'OW',
  əʊ: 'OW',
  eə: 'EH',
  iə: 'IY AH',
  ɪə: 'IH',
  ʊə: 'UH',
  əl: 'AH L',
  n̩: 'AH N',
  l̩: 'AH L',
  ɜ: 'ER',
  ɝ: 'ER',
  ɚ: 'ER',
  ɐ: 'AH',
  ə: 'AH',
  ʌ: 'AH',
  æ: 'AE',
  a: 'AE',
  ɑ: 'AA',
  ɒ: 'AA',
  ɔ: 'AO',
  o: 'AO',
  ɛ: 'EH',
  e: 'EH',
  ɪ: 'IH',
  ᵻ: 'IH',
  i: 'IY',
  ʊ: 'UH',
  u: 'UW',
  y: 'UW',
  ø: 'ER',
  œ: 'ER',
  // consonants
  tʃ: 'CH',
  dʒ: 'JH',
  ŋ: 'NG',
  θ: 'TH',
  ð: 'DH',
  ʃ: 'SH',
  ʒ: 'ZH',
  ɹ: 'R',
  r: 'R',
  ʁ: 'R',
  ɾ: 'T',
  ʔ: 'T',
  x: 'K',
  ç: 'HH',
  ɬ: 'L',
  ɫ: 'L',
  ɲ: 'N Y',
  ɡ: 'G',
  g: 'G',
  b: 'B',
  d: 'D',
  f: 'F',
  h: 'HH',
  j: 'Y',
  k: 'K',
  l: 'L',
  m: 'M',
  n: 'N',
  p: 'P',
  s: 'S',
  t: 'T',
  v: 'V',
  w: 'W',
  z: 'Z',
};

const LONGEST = Math.max(...Object.keys(PHONES).map((symbol) => symbol.length));

/** Stress, length, ties and word boundaries: the recogniser's phones know none of them. */
const IGNORED = /[ˈˌːˑ‿.\s_]|\u0361/u;

/** Fewer phones are a sound, more a sentence: neither is a name. */
const SHORTEST_WORD = 2;
const LONGEST_WORD = 32;

/** ARPAbet phones for an IPA transcription, or `undefined` when a symbol has no counterpart in English. */
export function toArpabet(ipa: string): string | undefined {
  const phones: string[] = [];
  const text = ipa.normalize('NFC');
  for (let at = 0; at < text.length; ) {
    if (IGNORED.test(text.charAt(at))) {
      at++;
      continue;
    }
    const symbol = longestSymbolAt(text, at);
    if (symbol === undefined) return undefined;
    phones.push(...(PHONES[symbol] ?? '').split(' '));
    at += symbol.length;
  }
  const word = withoutDoubles(phones);
  return word.length < SHORTEST_WORD || word.length > LONGEST_WORD ? undefined : word.join(' ');
}

/**
 * The ways in which a name is likely to be spoken: each transcription, and each with its unstressed short vowels
 * weakened (`Elowen` as "ELOW-in" and "ELOW-un"), because people differ most there. Without duplicates.
 */
export function pronunciations(transcriptions: readonly string[]): string[] {
  const found = new Set<string>();
  for (const ipa of transcriptions) {
    for (const variant of [ipa, weakened(ipa)]) {
      const phones = toArpabet(variant);
      if (phones !== undefined) found.add(phones);
    }
  }
  return [...found];
}

function weakened(ipa: string): string {
  // A vowel directly after a stress mark is stressed and stays; so do the diphthongs aɪ, eɪ, ɔɪ and ɪə.
  return ipa.replace(/(?<![ˈˌaeɔ])[ɪᵻ](?![əː])/gu, 'ə');
}

function longestSymbolAt(text: string, at: number): string | undefined {
  for (let length = LONGEST; length > 0; length--) {
    const symbol = text.slice(at, at + length);
    if (symbol.length === length && symbol in PHONES) return symbol;
  }
  return undefined;
}

/** espeak writes `ɜːɹ` and `ɚɹ` where English has one phone: `ER R` becomes `ER`, and no phone follows itself. */
function withoutDoubles(phones: readonly string[]): string[] {
  return phones.filter((phone, index) => {
    const before = phones[index - 1];
    return phone !== before && !(phone === 'R' && before === 'ER');
  });
}
