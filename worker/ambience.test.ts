import { expect, test, vi } from 'vitest';
import { AddressReach } from '../src/rpc/generated/skald/v1/gateway.ts';
import { Ambience } from './ambience.ts';

function setUp(answers: Record<string, () => Promise<Int16Array>>) {
  const lay = vi.fn();
  const health = vi.fn();
  const load = vi.fn(
    async (url: string) => (await answers[url]?.()) ?? Promise.reject(new Error('no such file')),
  );
  return { ambience: new Ambience({ lay, health, load }), lay, health, load };
}

const sound = async () => new Int16Array(10).fill(1000);
const rain = (volume = 0.3) => ({
  url: 'https://sounds.example/rain.wav',
  volume,
  reach: AddressReach.PRIVATE,
});

test('it is fetched once, whatever else of the campaign changes', async () => {
  const { ambience, lay, load } = setUp({ [rain().url]: sound });
  ambience.configure(rain());
  ambience.configure(rain());
  await vi.waitFor(() => expect(lay).toHaveBeenCalledTimes(1));
  ambience.configure(rain(0.8));
  expect(lay).toHaveBeenCalledTimes(2);
  expect(load).toHaveBeenCalledTimes(1);
  expect(load).toHaveBeenCalledWith(rain().url, 'private', expect.anything());
});

test('it stops when the campaign has none any more', async () => {
  const { ambience, lay } = setUp({ [rain().url]: sound });
  ambience.configure(rain());
  await vi.waitFor(() => expect(lay).toHaveBeenCalledTimes(1));
  ambience.configure(undefined);
  expect(lay).toHaveBeenLastCalledWith(undefined);
});

test('what cannot be had is said, and said to be over', async () => {
  const { ambience, lay, health } = setUp({ [rain().url]: sound });
  ambience.configure({ ...rain(), url: 'https://sounds.example/storm.wav' });
  await vi.waitFor(() => expect(health).toHaveBeenCalledWith(expect.stringContaining('no such file')));
  expect(lay).not.toHaveBeenCalled();
  ambience.configure(rain());
  await vi.waitFor(() => expect(health).toHaveBeenLastCalledWith(undefined));
});

test('a sound that comes when another is wanted is not played', async () => {
  const late = Promise.withResolvers<Int16Array>();
  const { ambience, lay, health } = setUp({ [rain().url]: () => late.promise });
  ambience.configure(rain());
  ambience.close();
  late.resolve(await sound());
  await late.promise;
  await Promise.resolve();
  expect(lay).toHaveBeenCalledExactlyOnceWith(undefined);
  expect(health).not.toHaveBeenCalledWith(expect.any(String));
});
