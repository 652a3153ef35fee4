import { expect, test } from 'vitest';
import { writeWav } from '../../src/audio/wav.ts';
import { loadBackground } from './load-background.ts';

const load = (response: () => Response) =>
  loadBackground('https://sounds.example/rain.wav', 'public', new AbortController().signal, async () =>
    response(),
  );

test('a sound of any rate is brought to Discord’s', async () => {
  const second = new Int16Array(24_000).fill(5000);
  const samples = await load(() => new Response(writeWav(second, 24_000)));
  expect(samples.length).toBeGreaterThan(47_500);
  expect(samples.length).toBeLessThan(48_500);
  expect(samples[24_000]).toBeGreaterThan(4900);
});

test('what cannot be played says why', async () => {
  await expect(load(() => new Response('no', { status: 404 }))).rejects.toThrow(/rain\.wav answered 404/);
  await expect(load(() => new Response('an mp3, perhaps'))).rejects.toThrow(/WAV/);
  await expect(load(() => new Response(writeWav(new Int16Array(0), 8000)))).rejects.toThrow(/no sound/);
  await expect(load(() => new Response(new Uint8Array(25 * 1024 * 1024)))).rejects.toThrow(
    /larger than 24 MiB/,
  );
});

test('a long one is kept in part', async () => {
  const samples = await load(() => new Response(writeWav(new Int16Array(8000 * 130).fill(100), 8000)));
  expect(samples.length / 48_000).toBeLessThanOrEqual(120);
});
