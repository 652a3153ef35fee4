import { ApplicationCommandOptionType } from 'discord-api-types/v10';
import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import type { VoiceSession } from '../../../src/api/index.ts';
import { FakeClock } from '../../../src/kube/fake-clock.ts';
import type { Live } from '../../../src/kube/index.ts';
import type { Database, Ratings } from '../../../src/store/index.ts';
import { silentLogger } from '../../../src/telemetry/log.ts';
import { de } from '../../messages/de.ts';
import { en } from '../../messages/en.ts';
import { aSession } from '../../sessions/fixtures.ts';
import { type AskedBy, aHost, commandInteraction, GUILD, recordingApi } from '../fixtures.ts';
import { CommandRouter } from '../router.ts';
import { MOST_COMMENT } from './command.ts';
import { feedbackMetrics } from './metrics.ts';

const LAST = { uid: 'uid-0', campaign: 'night', started_at: new Date('2026-01-01T20:00:00Z') };
const PLAYER: AskedBy = { roles: [] };

function setup(
  change: { readonly last?: boolean; readonly added?: boolean | 'unknown'; readonly away?: boolean } = {},
  sessions: readonly Live<VoiceSession>[] = [],
) {
  const { api, calls } = recordingApi();
  const clock = new FakeClock();
  const saved: (readonly unknown[])[] = [];
  const rated: Ratings[] = [];
  const query: Database['query'] = async (_what, sql, values = []) => {
    if (sql.startsWith('SELECT')) return change.last === false ? [] : [LAST];
    saved.push(values);
    return change.added === 'unknown' ? [] : [{ added: change.added ?? true }];
  };
  const database: unknown = { query };
  const router = new CommandRouter({
    api,
    host: aHost({
      sessions: () => sessions,
      database: () => (change.away === true ? undefined : (database as Database)),
      rated: (ratings) => rated.push(ratings),
    }),
    discord: () => ({ applicationId: '1', interactions: 'gateway', guilds: [GUILD], gameMasterRole: '5' }),
    clock,
    log: silentLogger(),
  });
  const give = async (given: Record<string, string | number>, by: AskedBy = PLAYER) => {
    const options = Object.entries(given).map(([name, value]) => ({
      type:
        typeof value === 'number'
          ? ApplicationCommandOptionType.Integer
          : ApplicationCommandOptionType.String,
      name,
      value,
    }));
    await router.handle(commandInteraction('feedback', options, by));
    await clock.advance(5_000);
    return calls.flatMap((call) => ('body' in call ? [call.body] : [])).at(-1)?.content;
  };
  return { give, saved, rated, calls };
}

const ratings = { voice: 5, understanding: 4, character: 3, speed: 2 };

test('a player rates the last session, and only the player sees the answer', async () => {
  const { give, saved, rated, calls } = setup();
  expect(await give({ ...ratings, comment: ' Lovely. ' })).toBe(
    en.feedback.thanks('night', '<t:1767297600:f>'),
  );
  expect(saved).toMatchObject([['uid-0', '8', 5, 4, 3, 2, 'Lovely.', expect.any(String)]]);
  expect(rated).toEqual([ratings]);
  expect(calls[0]).toEqual({ kind: 'defer', ephemeral: true });
});

test('the session that plays is meant before the last one; one whose NPCs are not there yet is not', async () => {
  const spec = { guildId: GUILD };
  const playing = setup({}, [aSession({ spec, status: { phase: 'Active' } })]);
  await playing.give(ratings);
  expect(playing.saved[0]?.[0]).toBe('uid-1');
  const joining = setup({}, [aSession({ spec, status: { phase: 'Connecting' } })]);
  await joining.give(ratings);
  expect(joining.saved[0]?.[0]).toBe('uid-0');
});

test('a second one takes the place of the first, says so, and is not counted again', async () => {
  const { give, rated } = setup({ added: false });
  expect(await give(ratings, { ...PLAYER, locale: 'de' })).toBe(
    de.feedback.replaced('night', '<t:1767297600:f>'),
  );
  expect(rated).toEqual([]);
});

test('without a session, without the database, and with what Discord would not send', async () => {
  expect(await setup({ last: false }).give(ratings)).toBe(en.feedback.noSession);
  expect(await setup({ added: 'unknown' }).give(ratings)).toBe(en.feedback.noSession);
  expect(await setup({ away: true }).give(ratings)).toBe(en.refusal.databaseUnavailable);
  for (const wrong of [{ voice: 5 }, { ...ratings, speed: 6 }, { ...ratings, speed: 0 }]) {
    const { give, saved } = setup();
    expect(await give(wrong)).toBe(en.feedback.incomplete);
    expect(saved).toEqual([]);
  }
  const long = 'a'.repeat(MOST_COMMENT + 1);
  expect(await setup().give({ ...ratings, comment: long })).toBe(
    en.feedback.tooLong(MOST_COMMENT + 1, MOST_COMMENT),
  );
});

test('the metric has the count and the sum of each rating, and no names', async () => {
  const registry = new Registry();
  const count = feedbackMetrics(registry);
  count(ratings);
  count({ ...ratings, voice: 4 });
  const text = await registry.metrics();
  expect(text).toContain('skald_gateway_feedback_rating_sum{rating="voice"} 9');
  expect(text).toContain('skald_gateway_feedback_rating_count{rating="speed"} 2');
});
