// What commands keep and read in a tenant's schema, with the rights of a tenant's commands.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CampaignStore, Database, FeedbackStore, SessionStore } from '../../../src/store/index.ts';
import { DatabaseAdministration } from '../../../src/store/roles/administration.ts';
import { type AdministeredDatabase, administeredDatabase } from './database.ts';
import { session } from './session-rows.ts';

const GUILD = '100000000000000002';
const ratings = { voice: 5, understanding: 4, character: 3, speed: 2 };

let database: AdministeredDatabase;
let worker: SessionStore;
let commands: Database;
let schema = '';

beforeAll(async () => {
  database = await administeredDatabase();
  const administration = new DatabaseAdministration({ url: database.administratorUrl });
  const tenant = await administration.ensureTenant('stores', undefined);
  schema = tenant.schema;
  const issue = (stem: string) => administration.issue(stem, 'a');
  worker = new SessionStore({ url: await issue(tenant.worker.stem), applicationName: 'test' });
  commands = new Database({ url: await issue(tenant.command.stem), applicationName: 'test' });
});
afterAll(async () => {
  await worker.close();
  await commands.close();
  await database[Symbol.asyncDispose]();
});

test('feedback: one row for each person and session, and the last one counts', async () => {
  const store = new FeedbackStore(commands);
  const sessionUid = randomUUID();
  const feedback = { sessionUid, userId: '7', ratings, comment: 'Lovely.', correlationId: 'c1' };
  expect(await store.save(feedback)).toBe('unknown');
  await worker.upsertSession(session(sessionUid));
  expect(await store.save(feedback)).toBe('added');
  expect(await store.save({ ...feedback, userId: '8' })).toBe('added');
  const better = { ...ratings, speed: 5 };
  expect(await store.save({ sessionUid, userId: '7', ratings: better, correlationId: 'c2' })).toBe(
    'replaced',
  );
  const rows = await database.admin(
    `SELECT * FROM ${schema}.feedback WHERE session_uid = $1 ORDER BY user_id`,
    [sessionUid],
  );
  expect(rows).toMatchObject([
    {
      user_id: '7',
      voice_rating: 5,
      understanding_rating: 4,
      character_rating: 3,
      speed_rating: 5,
      comment: null,
      correlation_id: 'c2',
    },
    { user_id: '8', speed_rating: 2, comment: 'Lovely.', correlation_id: 'c1' },
  ]);
  await expect(store.save({ ...feedback, ratings: { ...ratings, voice: 6 } })).rejects.toThrow(
    'voice_rating',
  );
  // It goes with the session.
  await database.admin(`DELETE FROM ${schema}.sessions WHERE uid = $1`, [sessionUid]);
  expect(await database.admin(`SELECT FROM ${schema}.feedback WHERE session_uid = $1`, [sessionUid])).toEqual(
    [],
  );
});

test('the campaign that a server has loaded', async () => {
  const store = new CampaignStore(commands);
  expect(await store.loaded(GUILD)).toBeUndefined();
  await store.load(GUILD, 'village', '7');
  await store.load(GUILD, 'castle', '8');
  await store.load('100000000000000099', 'village', '7');
  expect(await store.loaded(GUILD)).toBe('castle');
  expect(
    await database.admin(`SELECT loaded_by FROM ${schema}.loaded_campaigns WHERE guild_id = $1`, [GUILD]),
  ).toEqual([{ loaded_by: '8' }]);
});

test('what was played of a campaign: sessions in voice channels, and hours of those that ended', async () => {
  const store = new CampaignStore(commands);
  expect(await store.history('tower')).toEqual({ sessions: 0, seconds: 0, last: undefined });
  const play = async (begin: string, end: string | undefined, change: object = {}) => {
    const uid = randomUUID();
    const row = { ...session(uid), campaign: 'tower', voiceChannelId: '3', startedAt: new Date(begin) };
    await worker.upsertSession({ ...row, ...change });
    if (end !== undefined) await worker.endSession(uid, new Date(end), 'Requested');
  };
  await play('2026-01-01T20:00:00Z', '2026-01-01T22:30:00Z');
  await play('2026-01-08T20:00:00Z', '2026-01-08T21:00:00Z');
  await play('2026-01-15T20:00:00Z', undefined);
  // A summary of a session is none.
  await play('2026-01-16T20:00:00Z', '2026-01-16T20:01:00Z', { voiceChannelId: '' });
  expect(await store.history('tower')).toEqual({
    sessions: 3,
    seconds: 3.5 * 3600,
    last: new Date('2026-01-15T20:00:00Z'),
  });
});

test('commands change no one’s feedback or session with theirs', async () => {
  const forbidden = [
    'UPDATE feedback SET user_id = $$1$$',
    'DELETE FROM loaded_campaigns',
    'UPDATE loaded_campaigns SET guild_id = $$1$$',
  ];
  for (const sql of forbidden) await expect(commands.query('try', sql)).rejects.toThrow('permission denied');
  await expect(database.as(await workerUrl(), 'SELECT FROM feedback')).rejects.toThrow('permission denied');
});

async function workerUrl(): Promise<string> {
  const administration = new DatabaseAdministration({ url: database.administratorUrl });
  const { worker: roles } = await administration.ensureTenant('stores', undefined);
  return await administration.issue(roles.stem, 'b');
}
