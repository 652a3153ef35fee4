import { expect, test } from 'vitest';
import { spokenVoice } from './reply.ts';

test('what the campaign leaves out of a voice is left to the provider', () => {
  const unset = { id: undefined, speed: 1, pitch: undefined };
  expect(spokenVoice({ voice: undefined })).toEqual(unset);
  expect(spokenVoice({ voice: { id: '', speed: 0, pitch: 0 } })).toEqual(unset);
  const set = { id: 'onyx', speed: 0.9, pitch: 0.7 };
  expect(spokenVoice({ voice: set })).toEqual(set);
});
