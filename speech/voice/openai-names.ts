/**
 * The voices of OpenAI's API as espeak-ng can best tell them apart: by accent, and by the variants that bend them. They
 * sound nothing like their namesakes; who names one gets an answer, and two NPCs with two names get two voices.
 */
const ESPEAK_VOICES: ReadonlyMap<string, string> = new Map([
  ['alloy', 'en-us+f4'],
  ['ash', 'en-us+m2'],
  ['ballad', 'en-gb+m1'],
  ['coral', 'en-us+f1'],
  ['echo', 'en-us+m3'],
  ['fable', 'en-gb+m5'],
  ['nova', 'en-us+f2'],
  ['onyx', 'en-us+m7'],
  ['sage', 'en-gb+f3'],
  ['shimmer', 'en-gb+f5'],
  ['verse', 'en-us+m4'],
]);

/** The names themselves. */
export const OPENAI_VOICES: readonly string[] = [...ESPEAK_VOICES.keys()];

/** A voice of OpenAI's as espeak-ng has it; any other name as it is. */
export function espeakVoice(name: string): string {
  return ESPEAK_VOICES.get(name) ?? name;
}
