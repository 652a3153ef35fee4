import { describe, expect, it } from 'vitest';
import { EspeakVoices } from './espeak.ts';
import { espeakVoice, OPENAI_VOICES } from './openai-names.ts';

describe('espeakVoice', () => {
  it("has one for each of OpenAI's, no two the same, all from what every espeak-ng has", () => {
    const documented = 'alloy ash ballad coral echo fable nova onyx sage shimmer verse';
    expect(OPENAI_VOICES).toEqual(documented.split(' '));
    const voices = OPENAI_VOICES.map(espeakVoice);
    expect(new Set(voices).size).toBe(voices.length);
    // Languages and variants of the package espeak-ng-data 1.51.
    const variants = 'f1 f2 f3 f4 f5 m1 m2 m3 m4 m5 m6 m7 m8'.split(' ');
    const espeak = new EspeakVoices(['en-gb', 'en-us'], variants);
    expect(voices.filter((voice) => !espeak.has(voice))).toEqual([]);
  });

  it('leaves other names as they are', () => {
    expect(espeakVoice('en-gb+m3')).toBe('en-gb+m3');
    expect(espeakVoice('constructor')).toBe('constructor');
  });
});
