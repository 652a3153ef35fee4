// Transcripts as those see them who read them, and recaps, in a schema as migrations make it.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  Database,
  RecapStore,
  SessionStore,
  TranscriptReader,
  type TranscriptSegment,
  tenantDatabaseUrl,
} from '../../../src/store/index.ts';
import { migrate } from '../../../src/store/migrate.ts';
import { type TestDatabase, testDatabase } from './database.ts';
import { segment, session } from './session-rows.ts';

let server: TestDatabase;
let database: Database;
let sessions: SessionStore;
let reader: TranscriptReader;

beforeAll(async () => {
  server = await testDatabase();
  await migrate({ url: server.url, schema: 'readers', set: 'tenant' });
  const url = tenantDatabaseUrl(server.url, 'readers');
  database = new Database({ url, applicationName: 'test' });
  sessions = new SessionStore({ url, applicationName: 'test' });
  reader = new TranscriptReader(database);
});
afterAll(async () => {
  await sessions.close();
  await database.close();
  await server[Symbol.asyncDispose]();
});

/** A session with so many utterances, three of which begin at one moment. */
async function evening(utterances: number, change: Partial<ReturnType<typeof session>> = {}) {
  const uid = randomUUID();
  await sessions.upsertSession({ ...session(uid), ...change });
  await database.query(
    'write a transcript',
    `INSERT INTO transcript_segments (id, session_uid, started_at, ended_at, speaker_kind, speaker_id, speaker_name, text)
     SELECT gen_random_uuid(), $1, t, t, 'player', '7', 'Alice', i::text
     FROM generate_series(1, $2::int) AS i, LATERAL (SELECT timestamptz '2026-01-01' + i / 3 * interval '1.000001 s') AS x(t)`,
    [uid, utterances],
  );
  return uid;
}

async function read(uid: string, pageSize?: number): Promise<TranscriptSegment[]> {
  const segments: TranscriptSegment[] = [];
  for await (const one of reader.segments(uid, pageSize === undefined ? {} : { pageSize }))
    segments.push(one);
  return segments;
}

describe('a transcript', () => {
  test('is read page by page, each segment once and in order, wherever a page ends', async () => {
    const uid = await evening(50);
    const wanted = Array.from({ length: 50 }, (_, index) => String(index + 1));
    for (const pageSize of [1, 2, 7, 50, 51]) {
      expect((await read(uid, pageSize)).map(({ text }) => text)).toEqual(wanted);
    }
  });

  test('of 20,000 segments is never in memory as a whole', async () => {
    const uid = await evening(20_000);
    let pages = 0;
    let count = 0;
    const attempt = <T>(page: () => Promise<T>): Promise<T> => {
      pages++;
      return page();
    };
    for await (const _ of reader.segments(uid, { attempt })) count++;
    expect([count, pages]).toEqual([20_000, 41]);
  });

  test('has another revision when a segment is added, or its words are erased', async () => {
    const uid = await evening(3);
    const first = await reader.revision(uid);
    expect(first.segments).toBe(3);
    expect(await reader.revision(uid)).toEqual(first);
    await sessions.appendSegment(segment(uid));
    const second = await reader.revision(uid);
    await database.query(
      'erase',
      "UPDATE transcript_segments SET text = '', speaker_id = '', speaker_name = '', erased_at = now() WHERE session_uid = $1 AND text = '2'",
      [uid],
    );
    const third = await reader.revision(uid);
    expect(new Set([first, second, third].map(({ revision }) => revision)).size).toBe(3);
    expect(await reader.revision(randomUUID())).toMatchObject({ segments: 0 });
  });
});

describe('sessions', () => {
  test('are listed when something was said in them, the latest first, and recaps are none', async () => {
    const guildId = '100000000000000077';
    const early = await evening(1, { guildId, name: 'early', startedAt: new Date('2026-02-01T20:00:00Z') });
    const late = await evening(1, { guildId, name: 'late', startedAt: new Date('2026-02-08T20:00:00Z') });
    await evening(0, { guildId, name: 'silent' });
    await evening(1, { name: 'elsewhere' });
    await sessions.upsertSession({ ...session(randomUUID()), guildId, name: 'late-recap', mode: 'Recap' });
    expect((await reader.sessions({ guildId }, 10)).map(({ uid }) => uid)).toEqual([late, early]);
    expect(await reader.sessions({ guildId }, 1)).toHaveLength(1);
    expect(await reader.session('late-recap', { guildId })).toBeUndefined();
  });

  test('are found by name, the latest of two; not those of another server', async () => {
    const guildId = '100000000000000078';
    await evening(1, { guildId, name: 'again', startedAt: new Date('2026-03-01T20:00:00Z') });
    const uid = await evening(1, { guildId, name: 'again', startedAt: new Date('2026-03-08T20:00:00Z') });
    expect(await reader.session('again', { guildId })).toMatchObject({
      uid,
      namespace: 'skald-demo',
      endedAt: undefined,
    });
    expect(await reader.session('again', { guildId: '1' })).toBeUndefined();
  });
});

describe('recaps', () => {
  test('are kept for one revision, language and model; the first stays; they go with their session', async () => {
    const recaps = new RecapStore(database);
    const sessionUid = await evening(2);
    const key = { sessionUid, revision: '2.2.2', language: 'de', model: 'm' };
    expect(await recaps.find(key)).toBeUndefined();
    await recaps.save({ ...key, text: 'Es war einmal.', segments: 2 });
    await recaps.save({ ...key, text: 'Noch einmal.', segments: 2 });
    expect(await recaps.find(key)).toMatchObject({ text: 'Es war einmal.', segments: 2 });
    for (const other of [{ revision: '3.3.3' }, { language: 'en' }, { model: 'n' }]) {
      expect(await recaps.find({ ...key, ...other })).toBeUndefined();
    }
    await recaps.save({ ...key, revision: '3.3.3', text: 'Später.', segments: 3 });
    expect(await recaps.latest(sessionUid, 'de')).toMatchObject({ text: 'Später.' });
    expect(await recaps.latest(sessionUid, 'en')).toBeUndefined();
    await database.query('forget', 'DELETE FROM sessions WHERE uid = $1', [sessionUid]);
    expect(await recaps.latest(sessionUid, 'de')).toBeUndefined();
  });
});
