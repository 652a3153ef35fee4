import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import {
  GatewaySessionStore,
  noCounters,
  SessionStore,
  StoreError,
  type TranscriptSegment,
  tenantDatabaseUrl,
} from '../../../src/store/index.ts';
import { migrate } from '../../../src/store/migrate.ts';
import { type TestDatabase, testDatabase } from './database.ts';

let database: TestDatabase;
let store: SessionStore;
let uid = '';

beforeAll(async () => {
  database = await testDatabase();
  for (const schema of ['tenant_demo', 'tenant_other']) {
    await migrate({ url: database.url, schema, set: 'tenant' });
  }
  await migrate({ url: database.url, schema: 'skald', set: 'shared' });
  store = new SessionStore({ url: tenantDatabaseUrl(database.url, 'tenant_demo'), applicationName: 'test' });
});
afterAll(async () => {
  await store.close();
  await database[Symbol.asyncDispose]();
});
beforeEach(async () => {
  uid = randomUUID();
  await store.upsertSession(session(uid));
});

const session = (sessionUid: string) => ({
  uid: sessionUid,
  namespace: 'skald-demo',
  name: 'friday',
  campaign: 'village',
  guildId: '100000000000000002',
  voiceChannelId: '100000000000000003',
  startedAt: new Date('2026-01-01T20:00:00Z'),
});

const segment = (second: number, changes: Partial<TranscriptSegment> = {}): TranscriptSegment => ({
  id: randomUUID(),
  sessionUid: uid,
  startedAt: new Date(Date.UTC(2026, 0, 1, 20, 1, second)),
  endedAt: new Date(Date.UTC(2026, 0, 1, 20, 1, second + 2)),
  speakerKind: 'player',
  speakerId: '100000000000000009',
  speakerName: 'Ann',
  text: `words of second ${second}`,
  ...changes,
});

test('a segment comes back as it was written', async () => {
  const written = segment(1, {
    language: 'en',
    addressedNpc: 'Greta',
    interrupted: true,
    correlationId: 'turn-1',
    buildSha: 'abc',
    models: ['stt:x', 'llm:y'],
    configRevision: 'r1',
  });
  expect(await store.appendSegment(written)).toBe(true);
  expect(await store.readTranscript(uid)).toEqual([{ ...written, erased: false }]);
});

test('a segment that is appended twice is there once, as it was first', async () => {
  const first = segment(1);
  expect(await store.appendSegment(first)).toBe(true);
  expect(await store.appendSegment({ ...first, text: 'other words' })).toBe(false);
  expect((await store.readTranscript(uid)).map((row) => row.text)).toEqual(['words of second 1']);
});

test('a transcript is in the order of speech, whatever the order of arrival; or only its end', async () => {
  for (const second of [5, 1, 3]) await store.appendSegment(segment(second));
  const texts = (rows: readonly TranscriptSegment[]) => rows.map((row) => row.text.at(-1));
  expect(texts(await store.readTranscript(uid))).toEqual(['1', '3', '5']);
  expect(texts(await store.readTranscript(uid, { last: 2 }))).toEqual(['3', '5']);
});

test('segments of one moment are in the order of arrival', async () => {
  for (const text of ['a', 'b', 'c']) await store.appendSegment(segment(1, { text }));
  expect((await store.readTranscript(uid)).map((row) => row.text)).toEqual(['a', 'b', 'c']);
});

test('counters add up over records and writers', async () => {
  expect(await store.readCounters(uid)).toEqual(noCounters);
  await store.addCounters({
    id: randomUUID(),
    sessionUid: uid,
    utterances: 1,
    sttSeconds: 1.5,
    spendUSD: 0.25,
  });
  await store.addCounters({ id: randomUUID(), sessionUid: uid, utterances: 1, replies: 1, llmTokens: 100 });
  expect(await store.readCounters(uid)).toEqual({
    ...noCounters,
    utterances: 2,
    replies: 1,
    sttSeconds: 1.5,
    llmTokens: 100,
    spendUSD: 0.25,
  });
});

test('what each provider was used for is the bill of a session; a record that is written again counts once', async () => {
  const stt = { role: 'stt', kind: 'openai', model: 'whisper-1' } as const;
  const llm = { role: 'llm', kind: 'openai', model: 'small' } as const;
  const heard = (sttSeconds: number) => ({
    ...{ id: randomUUID(), sessionUid: uid, utterances: 1, sttSeconds },
    ...{ spendUSD: sttSeconds / 4, provider: stt },
  });
  const first = heard(2);
  for (const record of [first, first, heard(1)]) await store.addCounters(record);
  const answered = { id: randomUUID(), sessionUid: uid, llmTokens: 100, spendUSD: 0.5 };
  await store.addCounters({ ...answered, provider: llm });
  await store.addCounters({ ...answered, id: randomUUID(), provider: { ...llm, model: 'large' } });
  await store.addCounters({ id: randomUUID(), sessionUid: uid, bargeIns: 1 });
  const bill = await database.admin(
    `SELECT provider_role AS role, provider_model AS model, units, spend_usd FROM tenant_demo.provider_usage
     WHERE session_uid = $1 ORDER BY role, model`,
    [uid],
  );
  expect(bill).toEqual([
    { role: 'llm', model: 'large', units: 100, spend_usd: 0.5 },
    { role: 'llm', model: 'small', units: 100, spend_usd: 0.5 },
    { role: 'stt', model: 'whisper-1', units: 3, spend_usd: 0.75 },
  ]);
  expect(await store.readCounters(uid)).toMatchObject({ utterances: 2, llmTokens: 200, spendUSD: 1.75 });
});

test('a record that is written again after an answer that never came counts once', async () => {
  const record = { id: randomUUID(), sessionUid: uid, utterances: 1, ttsCharacters: 40 };
  await Promise.all([store.addCounters(record), store.addCounters(record)]);
  await store.addCounters(record);
  expect(await store.readCounters(uid)).toEqual({ ...noCounters, utterances: 1, ttsCharacters: 40 });
});

test('records that arrive at the same time are all counted', async () => {
  await Promise.all(
    Array.from({ length: 20 }, () => store.addCounters({ id: randomUUID(), sessionUid: uid, replies: 1 })),
  );
  expect((await store.readCounters(uid)).replies).toBe(20);
});

test('a worker that takes over keeps the start of the session; the first end counts', async () => {
  await store.upsertSession({ ...session(uid), startedAt: new Date('2026-01-01T21:00:00Z') });
  await store.endSession(uid, new Date('2026-01-01T22:00:00Z'), 'Idle');
  await store.endSession(uid, new Date('2026-01-01T23:00:00Z'), 'Requested');
  const [row] = await database.admin('SELECT * FROM tenant_demo.sessions WHERE uid = $1', [uid]);
  expect(row).toMatchObject({
    started_at: new Date('2026-01-01T20:00:00Z'),
    ended_at: new Date('2026-01-01T22:00:00Z'),
    end_reason: 'Idle',
  });
});

test('a store sees the schema of its URL and no other', async () => {
  const other = new SessionStore({
    url: tenantDatabaseUrl(database.url, 'tenant_other'),
    applicationName: 'test',
  });
  try {
    await store.appendSegment(segment(1));
    expect(await other.readTranscript(uid)).toEqual([]);
    // The session is not known there: nothing is written across.
    await expect(other.appendSegment(segment(2))).rejects.toMatchObject({ code: '23503', temporary: false });
  } finally {
    await other.close();
  }
});

test('a store that lost all its connections opens others', async () => {
  await store.readCounters(uid);
  await database.admin(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'test'",
  );
  const counters = await store.readCounters(uid).catch(() => store.readCounters(uid));
  expect(counters).toEqual(noCounters);
});

test('a wrong password, a missing server and a broken URL are errors without the password', async () => {
  const url = new URL(database.url);
  url.password = 'hunter22';
  const nobody = new URL('postgres://skald:hunter22@127.0.0.1:1/skald');
  for (const [bad, code] of [
    [url, '28P01'],
    [nobody, 'ECONNREFUSED'],
  ] as const) {
    const broken = new SessionStore({ url: bad.href, applicationName: 'test' });
    const error = await broken.readCounters(uid).catch((thrown: unknown) => thrown);
    await broken.close();
    if (!(error instanceof StoreError)) throw error;
    expect(error.code).toBe(code);
    expect(`${error.message}${error.stack}${JSON.stringify(error)}${String(error.cause)}`).not.toContain(
      'hunter22',
    );
  }
});

test("a bot's Discord session is kept, replaced and forgotten", async () => {
  const gateway = new GatewaySessionStore({ url: database.url, applicationName: 'test' });
  const bot = '100000000000000001';
  const first = {
    shardId: 0,
    shardCount: 1,
    sessionId: 's1',
    resumeURL: 'wss://r',
    sequence: 7,
    snapshot: 'guilds',
  };
  try {
    expect(await gateway.read(bot, 0)).toBeUndefined();
    await gateway.write(bot, first);
    await gateway.write(bot, { ...first, sequence: 9, snapshot: undefined });
    expect(await gateway.read(bot, 0)).toEqual({ ...first, sequence: 9 });
    await gateway.write(bot, { ...first, sequence: 11, snapshot: 'others' });
    expect(await gateway.read(bot, 0)).toEqual({ ...first, sequence: 11, snapshot: 'others' });
    await gateway.forget(bot, 0);
    expect(await gateway.read(bot, 0)).toBeUndefined();
  } finally {
    await gateway.close();
  }
});
