import { describe, expect, it } from 'vitest';
import { pronunciations, toArpabet } from './phonemes.ts';

describe('toArpabet', () => {
  // Left: espeak-ng 1.51 en-us. Right: the CMU dictionary's entry for the same word, without stress.
  it.each([
    ['bɹˈuːnoʊ', 'B R UW N OW'],
    ['bˈɑːɹt', 'B AA R T'],
    ['tʃˈɑːɹlz', 'CH AA R L Z'],
    ['dʒˈɔːɹdʒ', 'JH AO R JH'],
    ['wˈɔːltɚ', 'W AO L T ER'],
    ['ˈɪŋɡɹɪd', 'IH NG G R IH D'],
    ['θˈoːɹ', 'TH AO R'],
    ['ʃˈɜːɹli', 'SH ER L IY'],
    ['mˈaɪkəl', 'M AY K AH L'],
  ])('writes %s as %s', (ipa, phones) => {
    expect(toArpabet(ipa)).toBe(phones);
  });

  it('refuses a sound that English does not have, rather than leaving it out', () => {
    expect(toArpabet('ǃxoː')).toBeUndefined();
    expect(toArpabet('')).toBeUndefined();
  });
});

describe('pronunciations', () => {
  it('offers weak vowels too, and each pronunciation once', () => {
    expect(pronunciations(['ᵻlˈoʊɪn', 'ᵻlˈoʊɪn'])).toEqual(['IH L OW IH N', 'AH L OW AH N']);
  });

  it('leaves stressed vowels and diphthongs alone', () => {
    expect(pronunciations(['ˈɪŋɡɹᵻd'])).toContain('IH NG G R AH D');
    expect(pronunciations(['mˈaɪk'])).toEqual(['M AY K']);
  });
});
