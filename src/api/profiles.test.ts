import { expect, test } from 'vitest';
import { sidecarNames, sidecarUrl } from './profiles.ts';

test.each([
  ['cloud', [undefined, undefined, undefined]],
  ['offline', ['http://127.0.0.1:8090/v1', undefined, 'http://127.0.0.1:8090/v1']],
  ['whisper-native', ['http://127.0.0.1:8091/v1', undefined, undefined]],
  ['local-llm', ['http://127.0.0.1:8091/v1', 'http://127.0.0.1:8092/v1', undefined]],
  ['one of another version', [undefined, undefined, undefined]],
  ['constructor', [undefined, undefined, undefined]],
])('profile %s has stt, llm and tts at %j', (profile, urls) => {
  expect([sidecarUrl(profile, 'stt'), sidecarUrl(profile, 'llm'), sidecarUrl(profile, 'tts')]).toEqual(urls);
});

test('a sidecar that plays two roles is one container', () => {
  expect(sidecarNames('offline')).toEqual(['speech']);
  expect(sidecarNames('local-llm')).toEqual(['whisper', 'llm']);
  expect(sidecarNames('cloud')).toEqual([]);
});
