import { describe, expect, it } from 'vitest';
import { colognePhonetics } from './cologne-phonetics.ts';
import { doubleMetaphone } from './double-metaphone.ts';

describe('Double Metaphone', () => {
  it.each([
    ['Smith', ['SM0', 'XMT']],
    ['Schmidt', ['XMT', 'SMT']],
    ['Thomas', ['TMS', 'TMS']],
    ['Knight', ['NT', 'NT']],
    ['Catherine', ['K0RN', 'KTRN']],
    ['Jose', ['HS', 'HS']],
    ['Xavier', ['SF', 'SFR']],
    ['laugh', ['LF', 'LF']],
    ['Wright', ['RT', 'RT']],
    ['Cabrillo', ['KPRL', 'KPRL']],
  ])('codes %s', (word, codes) => {
    expect(doubleMetaphone(word)).toEqual(codes);
  });

  it.each([
    ['Gundren', 'Gundrin'],
    ['Katherine', 'Catherine'],
    ['Sildar', 'Cildar'],
    ['Philippa', 'Filipa'],
    ['Grimjaw', 'Grimjaw'],
    ['Mirabel', 'Mirabelle'],
  ])('hears %s and %s as one', (a, b) => {
    expect(doubleMetaphone(a)[0]).toBe(doubleMetaphone(b)[0]);
  });

  it('hears different names as different', () => {
    expect(doubleMetaphone('Grimjaw')[0]).not.toBe(doubleMetaphone('Gundren')[0]);
  });
});

describe('Cologne phonetics', () => {
  it.each([
    ['Müller-Lüdenscheidt', '65752682'],
    ['Wikipedia', '3412'],
    ['Breschnew', '17863'],
    ['Heinz', '068'],
    ['Celsius', '85868'.replace('6', '')],
    ['Xaver', '4837'],
  ])('codes %s', (word, code) => {
    expect(colognePhonetics(word)).toBe(code);
  });

  it.each([
    ['Meier', 'Mayr'],
    ['Fischer', 'Vischer'],
    ['Schmidt', 'Schmitt'],
  ])('hears %s and %s as one', (a, b) => {
    expect(colognePhonetics(a)).toBe(colognePhonetics(b));
  });
});
