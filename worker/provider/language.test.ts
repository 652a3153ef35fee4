import { describe, expect, it } from 'vitest';
import { canonicalLanguage, primaryLanguage } from './language.ts';

describe('a language', () => {
  it.each([
    ['de-AT', 'de', 'de-AT'],
    ['EN-us', 'en', 'en-US'],
    ['zh-hant', 'zh', 'zh-Hant'],
    ['fil', 'fil', 'fil'],
    ['', '', ''],
    // No tag at all.
    ['de_AT', 'de_at', 'de_at'],
  ])('%j is %j, and in full %j', (tag, primary, whole) => {
    expect([primaryLanguage(tag), canonicalLanguage(tag)]).toEqual([primary, whole]);
  });
});
