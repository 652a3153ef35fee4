import { GatewayDispatchEvents as Event, type GatewayDispatchPayload } from 'discord-api-types/v10';
import { describe, expect, test } from 'vitest';
import { GuildCache } from './guild-cache.ts';

const GUILD = '100000000000000010';
const CHANNEL = '100000000000000011';
const BOT = '100000000000000012';
const SAM = '100000000000000013';

/** Dispatches are far larger than what the cache reads of them. */
function dispatch(t: string, d: object): GatewayDispatchPayload {
  const payload: unknown = { op: 0, s: 1, t, d };
  return payload as GatewayDispatchPayload;
}

function user(id: string, username: string, bot = false) {
  return { id, username, global_name: null, bot };
}

function voiceState(userId: string, channelId: string | null, name = 'sam') {
  return dispatch(Event.VoiceStateUpdate, {
    guild_id: GUILD,
    channel_id: channelId,
    user_id: userId,
    session_id: `session-${userId}`,
    self_mute: false,
    self_deaf: false,
    mute: false,
    deaf: false,
    suppress: false,
    member: { user: user(userId, name, userId === BOT), nick: null, roles: [] },
  });
}

function filled(): GuildCache {
  const cache = new GuildCache();
  cache.reset(BOT, [GUILD]);
  cache.apply(
    dispatch(Event.GuildCreate, {
      id: GUILD,
      name: 'Guild',
      owner_id: '1',
      roles: [{ id: GUILD, permissions: '1024' }],
      channels: [{ id: CHANNEL, name: 'Table', type: 2, user_limit: 5, permission_overwrites: [] }],
      members: [{ user: user(BOT, 'bot', true), nick: null, roles: ['7'] }],
      voice_states: [],
    }),
  );
  return cache;
}

describe('GuildCache', () => {
  test('knows what somebody in voice may do, while they are there', () => {
    const cache = filled();
    expect(cache.memberPermissions(GUILD, SAM)).toBeUndefined();
    cache.apply(voiceState(SAM, CHANNEL));
    const before = cache.memberPermissions(GUILD, SAM) ?? 0n;
    cache.apply(dispatch(Event.GuildRoleCreate, { guild_id: GUILD, role: { id: '55', permissions: '32' } }));
    cache.apply(
      dispatch(Event.GuildMemberUpdate, { guild_id: GUILD, user: user(SAM, 'sam'), roles: ['55'] }),
    );
    expect(cache.memberPermissions(GUILD, SAM)).toBe(before | 32n);
  });

  test('knows who is in a channel, by the name that the guild shows', () => {
    const cache = filled();
    cache.apply(voiceState(BOT, CHANNEL, 'bot'));
    cache.apply(voiceState(SAM, CHANNEL));
    expect(cache.membersOf(GUILD, CHANNEL)).toEqual([
      { userId: BOT, displayName: 'bot', bot: true, roles: [] },
      { userId: SAM, displayName: 'sam', bot: false, roles: [] },
    ]);
  });

  test('forgets who leaves', () => {
    const cache = filled();
    cache.apply(voiceState(SAM, CHANNEL));
    cache.apply(voiceState(SAM, null));
    expect(cache.membersOf(GUILD, CHANNEL)).toEqual([]);
    expect(cache.get(GUILD)?.members.size).toBe(0);
  });

  test("keeps the bot's own roles and permissions current", () => {
    const cache = filled();
    const guild = cache.get(GUILD);
    const channel = guild?.channels.get(CHANNEL);
    if (guild === undefined || channel === undefined) throw new Error('not cached');
    expect(cache.botPermissions(guild, channel)).toBe(1024n);
    cache.apply(dispatch(Event.GuildRoleCreate, { guild_id: GUILD, role: { id: '8', permissions: '2048' } }));
    cache.apply(
      dispatch(Event.GuildMemberUpdate, { guild_id: GUILD, user: user(BOT, 'bot', true), roles: ['8'] }),
    );
    expect(cache.botPermissions(guild, channel)).toBe(1024n | 2048n);
  });

  test('a fresh session with Discord begins empty', () => {
    const cache = filled();
    cache.reset(BOT, []);
    expect(cache.size).toBe(0);
  });

  test('a fresh session of one shard leaves the guilds of the others alone', () => {
    const cache = filled();
    cache.reset(BOT, [], (id) => id !== GUILD);
    expect(cache.size).toBe(1);
  });

  test('tells a guild that the bot is not in from one that is still to come', () => {
    const cache = new GuildCache();
    expect(cache.isForeign(GUILD)).toBe(false);
    cache.reset(BOT, [GUILD]);
    expect(cache.isForeign(GUILD)).toBe(false);
    expect(cache.isForeign('5')).toBe(true);
    cache.apply(dispatch(Event.GuildDelete, { id: GUILD, unavailable: true }));
    expect(cache.isForeign(GUILD)).toBe(false);
    cache.apply(dispatch(Event.GuildDelete, { id: GUILD }));
    expect(cache.isForeign(GUILD)).toBe(true);
  });

  test('ignores what concerns guilds that it does not know', () => {
    const cache = filled();
    cache.apply(dispatch(Event.GuildRoleCreate, { guild_id: '5', role: { id: '8', permissions: '1' } }));
    expect(cache.size).toBe(1);
  });
});
