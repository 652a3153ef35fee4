// What people may ask for of what is stored of them, with the rights of a tenant's commands. That something is erased is
// looked up in a dump of everything that the schema has.
import { createHash, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { Database, FeedbackStore, PrivacyStore, SessionStore } from '../../../src/store/index.ts';
import { DatabaseAdministration } from '../../../src/store/roles/administration.ts';
import { type AdministeredDatabase, administeredDatabase } from './database.ts';
import { segment, session } from './session-rows.ts';

const NAME = 'Zwetlana (GM)';
const SECRET = 'quicksilver orchard';

let database: AdministeredDatabase;
let worker: SessionStore;
let commands: Database;
let store: PrivacyStore;
let schema = '';
let userId = '';
let friday = '';
let sunday = '';

beforeAll(async () => {
  database = await administeredDatabase();
  const administration = new DatabaseAdministration({ url: database.administratorUrl });
  const tenant = await administration.ensureTenant('privacy', undefined);
  schema = tenant.schema;
  const issue = (stem: string) => administration.issue(stem, 'a');
  worker = new SessionStore({ url: await issue(tenant.worker.stem), applicationName: 'test' });
  commands = new Database({ url: await issue(tenant.command.stem), applicationName: 'test' });
  store = new PrivacyStore(commands);
});
afterAll(async () => {
  await worker.close();
  await commands.close();
  await database[Symbol.asyncDispose]();
});

/** Two sessions with her, her words and what was said about her, and one without her. */
beforeEach(async () => {
  await database.admin(`TRUNCATE ${schema}.sessions CASCADE`);
  userId = `1${Math.floor(Math.random() * 1e15)}`.padEnd(18, '0');
  const mine = { speakerKind: 'player' as const, speakerId: userId, speakerName: NAME };
  [friday, sunday] = [randomUUID(), randomUUID()];
  for (const uid of [friday, sunday]) {
    await worker.upsertSession(session(uid));
    await worker.appendSegment({ ...segment(uid), ...mine, text: `I hide the ${SECRET}.`, language: 'en' });
    await worker.appendSegment({ ...segment(uid), text: `zwetlana (gm), welcome! Zwetlanas are rare.` });
  }
  await worker.appendSegment({
    ...segment(friday),
    ...mine,
    speakerId: '2',
    speakerName: 'Ben',
    text: 'Hello.',
  });
  await database.admin(
    `INSERT INTO ${schema}.recaps (session_uid, revision, language, model, text, segments)
     VALUES ($1, 'r', 'en', 'm', $2, 3)`,
    [friday, `${NAME} hid the ${SECRET}.`],
  );
  const ratings = { voice: 5, understanding: 4, character: 3, speed: 2 };
  await new FeedbackStore(commands).save({ sessionUid: friday, userId, ratings, comment: SECRET });
});

/** Every value of every table, view and materialized view of the schema. */
async function dump(): Promise<string> {
  const tables = await database.admin(
    `SELECT quote_ident(table_name) AS name FROM information_schema.tables WHERE table_schema = $1`,
    [schema],
  );
  expect(tables.length).toBeGreaterThan(8);
  const rows = await Promise.all(
    tables.map(({ name }) => database.admin(`SELECT to_jsonb(t)::text AS row FROM ${schema}.${name} AS t`)),
  );
  return rows
    .flat()
    .map(({ row }) => String(row))
    .join('\n');
}

test('what was said, who said it, and what was made of it is in no table any more; that somebody spoke is', async () => {
  const before = await dump();
  for (const word of [userId, NAME, SECRET]) expect(before.toLowerCase()).toContain(word.toLowerCase());
  expect(await store.erase(userId)).toEqual({ segments: 2, sessions: 2 });
  const after = (await dump()).toLowerCase();
  // The words as the search index has them, too.
  for (const word of [userId, NAME, 'zwetlana (', SECRET, 'quicksilv'])
    expect(after).not.toContain(word.toLowerCase());
  const rows = await worker.readTranscript(friday);
  expect(
    rows.map(({ speakerKind, speakerName, text, erased }) => [speakerKind, speakerName, text, erased]),
  ).toEqual([
    ['player', '', '', true],
    ['npc', 'Greta', '…, welcome! Zwetlanas are rare.', false],
    ['player', 'Ben', 'Hello.', false],
  ]);
  expect(await store.overview(userId)).toMatchObject({ segments: 0, sessions: 0, feedback: 0 });
  // Nothing is left to do, and nobody else's is touched.
  expect(await store.erase(userId)).toEqual({ segments: 0, sessions: 0 });
  expect(await store.overview('2')).toMatchObject({ sessions: expect.any(Number) });
});

test('the audit says when and how much, and of whom only to who has the id', async () => {
  await store.erase(userId);
  const rows = await database.admin(
    `SELECT * FROM ${schema}.privacy_audit WHERE action = 'erase' AND segments = 2`,
  );
  const ofHer = rows.filter(
    ({ salt, subject }) => createHash('sha256').update(`${salt}${userId}`).digest('hex') === subject,
  );
  expect(ofHer).toHaveLength(1);
  expect(JSON.stringify(rows)).not.toContain(userId);
});

test('what is stored of a person is counted and shown, hers alone', async () => {
  const overview = await store.overview(userId);
  expect(overview).toMatchObject({ segments: 2, sessions: 2, feedback: 1, optedOutAt: undefined });
  expect(overview.firstAt).toEqual(new Date('2026-01-01T20:00:01Z'));
  expect((await store.words(userId)).map(({ session: name, text }) => [name, text])).toEqual([
    ['friday', `I hide the ${SECRET}.`],
    ['friday', `I hide the ${SECRET}.`],
  ]);
  expect(await store.overview('404')).toMatchObject({ segments: 0, firstAt: undefined });
});

test('an opt-out is kept until it is taken back', async () => {
  expect(await store.optOut(userId)).toBe(true);
  expect(await store.optOut(userId)).toBe(false);
  expect(await store.optOuts()).toContain(userId);
  expect((await store.overview(userId)).optedOutAt).toBeInstanceOf(Date);
  expect(await store.optIn(userId)).toBe(true);
  expect(await store.optIn(userId)).toBe(false);
  expect(await store.optOuts()).not.toContain(userId);
});

test('a tenant’s commands can erase words and neither remove segments, nor read or change the audit', async () => {
  const refused = (sql: string) =>
    expect(commands.query('try', sql), sql).rejects.toMatchObject({ code: '42501' });
  await refused('DELETE FROM transcript_segments');
  await refused('UPDATE transcript_segments SET session_uid = session_uid');
  await refused('UPDATE transcript_segments SET started_at = now()');
  // What it may change it cannot rewrite.
  await refused("UPDATE transcript_segments SET text = 'I confess.'");
  await refused("UPDATE transcript_segments SET speaker_name = 'Ann'");
  await refused('UPDATE transcript_segments SET erased_at = now()');
  await refused('SELECT * FROM privacy_audit');
  await refused('DELETE FROM privacy_audit');
  await refused("UPDATE privacy_audit SET action = 'show'");
});

test('what is older than a tenant keeps is removed, with the recaps of that age; the rest and the sessions stay', async () => {
  const administration = new DatabaseAdministration({ url: database.administratorUrl });
  const at = new Date(Date.now() - 86_400_000);
  await worker.appendSegment({ ...segment(friday), startedAt: at, endedAt: at, text: 'Of yesterday.' });
  expect(await administration.removeTranscripts(schema, 2)).toBe(5);
  expect((await worker.readTranscript(friday)).map(({ text }) => text)).toEqual(['Of yesterday.']);
  expect(await database.admin(`SELECT FROM ${schema}.sessions`)).toHaveLength(2);
  expect(await administration.removeTranscripts(schema, 2)).toBe(0);
});
