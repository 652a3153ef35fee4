import { expect, test } from 'vitest';
import type { CachedGuild } from './guild-cache.ts';
import { GuildCache } from './guild-cache.ts';
import { decodeSnapshot, encodeSnapshot } from './guild-snapshot.ts';

const guild: CachedGuild = {
  id: '1',
  name: 'The Prancing Pony',
  ownerId: '2',
  locale: 'de',
  botRoles: ['3'],
  roles: new Map([['3', (1n << 52n) | 1n]]),
  channels: new Map([
    [
      '4',
      {
        id: '4',
        name: 'Table',
        type: 2,
        userLimit: 0,
        overwrites: [{ id: '3', type: 0, allow: 1n, deny: 2n }],
      },
    ],
  ]),
  members: new Map([['5', { userId: '5', displayName: 'Sam', bot: false, roles: ['7'] }]]),
  voiceStates: new Map([
    [
      '5',
      {
        userId: '5',
        channelId: '4',
        sessionId: 's',
        selfMute: true,
        selfDeaf: false,
        mute: false,
        deaf: false,
        suppress: false,
      },
    ],
  ]),
};
const snapshot = { botUserId: '9', guilds: [guild], pending: ['7'] };

test('what is encoded comes back', () => {
  expect(decodeSnapshot(encodeSnapshot(snapshot, 129), 129)).toEqual(snapshot);
});

test.each([
  ['with other intents', encodeSnapshot(snapshot, 1)],
  ['of another format', encodeSnapshot(snapshot, 129).replace(/"version":\d+/, '"version":0')],
  ['cut short', encodeSnapshot(snapshot, 129).slice(0, -1)],
  ['that nobody wrote', ''],
])('a snapshot %s is none', (_, text) => {
  expect(decodeSnapshot(text, 129)).toBeUndefined();
});

test('a cache that is restored is the one that was kept, shard by shard', () => {
  const cache = new GuildCache();
  cache.restore(snapshot);
  expect(cache.snapshot(() => true)).toEqual(snapshot);
  expect(cache.snapshot((id) => id === '7')).toEqual({ ...snapshot, guilds: [] });
  expect([cache.isForeign('7'), cache.isForeign('8')]).toEqual([false, true]);
});
