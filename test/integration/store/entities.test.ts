import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Database } from '../../../src/store/database.ts';
import { EntityStore, SessionStore, TranscriptSearch, tenantDatabaseUrl } from '../../../src/store/index.ts';
import { migrate } from '../../../src/store/migrate.ts';
import { DatabaseAdministration } from '../../../src/store/roles/administration.ts';
import { SEARCH, SEARCH_LANGUAGES } from '../../../src/store/transcript-search.ts';
import { administeredDatabase, type TestDatabase, testDatabase } from './database.ts';
import { session as rowOf, segment } from './session-rows.ts';

const GUILD = '100000000000000002';

let database: TestDatabase;
let pool: Database;
let entities: EntityStore;
let search: TranscriptSearch;
let sessions: SessionStore;

beforeAll(async () => {
  database = await testDatabase();
  await migrate({ url: database.url, schema: 'tenant_demo', set: 'tenant' });
  const options = { url: tenantDatabaseUrl(database.url, 'tenant_demo'), applicationName: 'test' };
  pool = new Database(options);
  entities = new EntityStore(pool);
  search = new TranscriptSearch(pool);
  sessions = new SessionStore(options);
});

afterAll(async () => {
  await pool.close();
  await sessions.close();
  await database[Symbol.asyncDispose]();
});

const entity = (name: string, description = `About ${name}.`) => ({
  name,
  kind: 'place',
  description,
  knowledge: ['npc:Greta'],
});

describe('entities', () => {
  test('come back as they were written; written again they stay as they are', async () => {
    const both = [entity('Mill'), entity('Ford')];
    expect(await entities.put('a', both)).toEqual(
      new Map([
        ['mill', 'added'],
        ['ford', 'added'],
      ]),
    );
    const version = await entities.version('a');
    expect(await entities.put('a', both)).toEqual(
      new Map([
        ['mill', 'unchanged'],
        ['ford', 'unchanged'],
      ]),
    );
    expect(await entities.version('a')).toBe(version);
    expect(await entities.list('a')).toEqual([
      { ...entity('Ford'), hidden: false },
      { ...entity('Mill'), hidden: false },
    ]);
    expect(await entities.list('b')).toEqual([]);
  });

  test('one with the same name in other letters is changed', async () => {
    await entities.put('c', [entity('Old  Mill')]);
    const version = await entities.version('c');
    expect(await entities.put('c', [entity('OLD mill', 'Burnt down.'), entity('New mill')])).toEqual(
      new Map([
        ['old mill', 'updated'],
        ['new mill', 'added'],
      ]),
    );
    expect(await entities.version('c')).not.toBe(version);
    expect((await entities.list('c')).map(({ name, description }) => [name, description])).toEqual([
      ['New mill', 'About New mill.'],
      ['OLD mill', 'Burnt down.'],
    ]);
  });

  test('all are written, or none', async () => {
    await expect(entities.put('d', [entity('Good'), entity('Bad', 'x'.repeat(2049))])).rejects.toThrow(
      /could not|check/i,
    );
    expect(await entities.list('d')).toEqual([]);
  });

  test('hidden, seen again, removed: each is another version', async () => {
    await entities.hide('e', 'Mill');
    const hidden = await entities.version('e');
    expect(await entities.list('e')).toMatchObject([{ name: 'Mill', hidden: true, description: '' }]);
    expect(await entities.put('e', [entity('mill')])).toEqual(new Map([['mill', 'updated']]));
    expect(await entities.list('e')).toMatchObject([{ name: 'mill', hidden: false }]);
    expect(await entities.version('e')).not.toBe(hidden);
    expect(await entities.remove('e', 'MILL')).toBe(true);
    expect(await entities.remove('e', 'MILL')).toBe(false);
    expect(await entities.list('e')).toEqual([]);
  });
});

test('commands keep them, workers do not see them, and nobody sees another tenant’s', async () => {
  await using own = await administeredDatabase();
  const administration = new DatabaseAdministration({ url: own.administratorUrl });
  const { command, worker } = await administration.ensureTenant('one', undefined);
  const other = await administration.ensureTenant('two', undefined);
  const refusal = async (url: string, sql: string): Promise<unknown> =>
    own.as(url, sql).then(
      () => 'done',
      (error: { code?: string }) => error.code,
    );
  const commands = await administration.issue(command.stem, 'a');
  const kept = new Database({ url: commands, applicationName: 'test' });
  try {
    const store = new EntityStore(kept);
    await store.put('a', [entity('Mill')]);
    await store.put('a', [entity('Mill', 'Burnt.')]);
    await store.hide('a', 'Mill');
    expect(await store.remove('a', 'Mill')).toBe(true);
  } finally {
    await kept.close();
  }
  for (const sql of [
    'TRUNCATE entities',
    'ALTER TABLE entities ADD x int',
    `SELECT FROM ${other.schema}.entities`,
  ]) {
    expect(`${sql}: ${await refusal(commands, sql)}`).toBe(`${sql}: 42501`);
  }
  const workers = await administration.issue(worker.stem, 'a');
  for (const sql of ['SELECT FROM entities', 'INSERT INTO entities DEFAULT VALUES', 'DELETE FROM entities']) {
    expect(`${sql}: ${await refusal(workers, sql)}`).toBe(`${sql}: 42501`);
  }
});

describe('search', () => {
  const uid = randomUUID();
  const elsewhere = randomUUID();

  const say = async (
    sessionUid: string,
    second: number,
    speakerName: string,
    text: string,
    language?: string,
  ) =>
    sessions.appendSegment({
      ...segment(sessionUid),
      startedAt: new Date(Date.UTC(2026, 0, 1, 20, 1, second)),
      endedAt: new Date(Date.UTC(2026, 0, 1, 20, 1, second)),
      speakerId: speakerName,
      speakerName,
      text,
      language,
    });

  beforeAll(async () => {
    await sessions.upsertSession({ ...rowOf(uid), guildId: GUILD });
    await sessions.upsertSession({ ...rowOf(elsewhere), name: 'elsewhere', guildId: '100000000000000003' });
    await say(uid, 1, 'Greta', 'The dragons have been flying over the mill.', 'en');
    await say(uid, 2, 'Ann_1', 'I saw one dragon. It burnt the mill!', 'en-GB');
    await say(uid, 3, 'Greta', 'Die Drachen flogen über die Häuser.', 'de');
    await say(uid, 4, 'Greta', 'Lohikäärme', 'tlh');
    await say(uid, 5, 'Ann_1', 'a\u0002b dragonfly\u0003 c');
    await say(elsewhere, 6, 'Spy', 'A dragon of another server.', 'en');
  });

  const find = async (
    query: string,
    more: { speaker?: string; session?: string; limit?: number; offset?: number } = {},
  ) => {
    const { total, hits } = await search.search({ guildId: GUILD, limit: 10, offset: 0, ...more, query });
    const texts = hits.map(({ pieces }) =>
      pieces.map(({ text, found }) => (found ? `*${text}*` : text)).join(''),
    );
    return { total, texts, hits };
  };

  test('words in all their forms, in the language that was spoken, the latest first', async () => {
    expect((await find('dragon')).texts).toEqual([
      'I saw one *dragon*. It burnt the mill!',
      'The *dragons* have been flying over the mill.',
    ]);
    expect((await find('Haus')).texts).toEqual(['Die Drachen flogen über die *Häuser*.']);
    expect((await find('lohikäärme')).texts).toEqual(['*Lohikäärme*']);
  });

  test('what tells of a hit', async () => {
    const { hits } = await find('flying');
    expect(hits).toMatchObject([
      {
        speaker: 'Greta',
        speakerKind: 'npc',
        session: 'friday',
        campaign: 'village',
        startedAt: new Date(Date.UTC(2026, 0, 1, 20, 1, 1)),
      },
    ]);
  });

  test('phrases, without, either', async () => {
    expect((await find('"the mill"')).total).toBe(2);
    expect((await find('mill -burnt')).total).toBe(1);
    expect((await find('flying or burnt')).total).toBe(2);
    expect((await find('unicorn')).total).toBe(0);
    expect((await find(`'"(& | !:*`)).total).toBe(0);
  });

  test('by speaker and by session; a name is no pattern', async () => {
    expect((await find('dragon', { speaker: 'gret' })).total).toBe(1);
    expect((await find('dragon', { speaker: 'Ann_' })).total).toBe(1);
    expect((await find('dragon', { speaker: 'A%' })).total).toBe(0);
    expect((await find('dragon', { session: 'friday' })).total).toBe(2);
    expect((await find('dragon', { session: 'village' })).total).toBe(2);
    expect((await find('dragon', { session: 'monday' })).total).toBe(0);
    expect(await search.speakers(GUILD, 'g')).toEqual(['Greta']);
    expect(await search.sessions(GUILD, 'fri')).toMatchObject([{ name: 'friday', campaign: 'village' }]);
  });

  test('page by page, with the number of all', async () => {
    expect(await find('dragon', { limit: 1, offset: 1 })).toMatchObject({
      total: 2,
      texts: [expect.stringContaining('flying')],
    });
    expect(await find('dragon', { limit: 1, offset: 9 })).toMatchObject({ total: 2, texts: [] });
  });

  test('marks that were said are none', async () => {
    expect((await find('dragonfly')).texts).toEqual(['ab *dragonfly* c']);
  });

  test('of a long speech, what is around', async () => {
    await say(
      uid,
      7,
      'Greta',
      `${'Once upon a time. '.repeat(60)}The unicorn slept. ${'And so on. '.repeat(60)}`,
      'en',
    );
    const [text = ''] = (await find('unicorns')).texts;
    expect(text).toContain('The *unicorn* slept');
    expect(text).toMatch(/^… .* …$/);
    expect(text.length).toBeLessThan(800);
  });

  test('what is erased is not found', async () => {
    await database.admin(
      `UPDATE tenant_demo.transcript_segments
       SET text = '', speaker_id = '', speaker_name = '', erased_at = now() WHERE text LIKE 'I saw%'`,
    );
    expect((await find('dragon')).total).toBe(1);
  });

  test('uses the index, and the migration knows the same languages', async () => {
    const session = randomUUID();
    await sessions.upsertSession({ ...rowOf(session), guildId: GUILD });
    await database.admin(
      `INSERT INTO tenant_demo.transcript_segments
         (id, session_uid, started_at, ended_at, speaker_kind, speaker_id, speaker_name, text, language)
       SELECT gen_random_uuid(), $1, now(), now(), 'npc', 'Greta', 'Greta', 'Utterance number ' || n, 'en'
       FROM generate_series(1, 5000) AS n`,
      [session],
    );
    await database.admin('ANALYZE tenant_demo.transcript_segments');
    const values: Readonly<Record<string, string>> = {
      $1: "'dragons'",
      $2: `'${GUILD}'`,
      $3: 'NULL',
      $4: 'NULL',
      $5: '10',
      $6: '0',
    };
    const sql = SEARCH.replaceAll(/\$\d/g, (one) => values[one] ?? '');
    const plan = await pool.query('explain', `EXPLAIN ${sql}`);
    expect(JSON.stringify(plan)).toContain('Bitmap Index Scan on transcript_segments_search');

    const migration = new URL('../../../src/store/migrations/tenant/0003_entities.sql', import.meta.url);
    const text = await readFile(migration, 'utf8');
    const known = text.matchAll(/WHEN '(\w+)' THEN to_tsvector\('pg_catalog\.(\w+)'/g);
    expect(Object.fromEntries([...known].map(([, language, config]) => [language, config]))).toEqual(
      SEARCH_LANGUAGES,
    );
  });
});
