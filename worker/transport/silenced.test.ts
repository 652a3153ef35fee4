import { expect, test } from 'vitest';
import { silencedBy } from './silenced.ts';

const free = { channelId: '1', mute: false, deaf: false, suppress: false };

test('a bot that nobody touched is heard and hears', () => {
  expect(silencedBy(free)).toEqual({ muted: undefined, deafened: undefined });
});

test.each([
  [{ mute: true }, /muted the bot/, undefined],
  [{ suppress: true }, /may not speak/, undefined],
  [{ deaf: true }, undefined, /deafened the bot/],
  [{ mute: true, deaf: true, suppress: true }, /muted the bot/, /deafened the bot/],
])('%o is said', (change, muted, deafened) => {
  const silenced = silencedBy({ ...free, ...change });
  if (muted === undefined) expect(silenced.muted).toBeUndefined();
  else expect(silenced.muted).toMatch(muted);
  if (deafened === undefined) expect(silenced.deafened).toBeUndefined();
  else expect(silenced.deafened).toMatch(deafened);
});

test('what was taken in a channel that it is not in any more does not matter', () => {
  expect(silencedBy({ ...free, channelId: undefined, mute: true }).muted).toBeUndefined();
});
