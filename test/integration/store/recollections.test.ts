// What an NPC may remember of earlier sessions, in a schema as migrations make it.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  Database,
  PrivacyStore,
  RecapStore,
  type RecollectionRequest,
  SessionStore,
  type TranscriptSegment,
  tenantDatabaseUrl,
} from '../../../src/store/index.ts';
import { migrate } from '../../../src/store/migrate.ts';
import { type TestDatabase, testDatabase } from './database.ts';
import { segment, session } from './session-rows.ts';

let server: TestDatabase;
let database: Database;
let sessions: SessionStore;

beforeAll(async () => {
  server = await testDatabase();
  await migrate({ url: server.url, schema: 'minds', set: 'tenant' });
  const url = tenantDatabaseUrl(server.url, 'minds');
  database = new Database({ url, applicationName: 'test' });
  sessions = new SessionStore({ url, applicationName: 'test' });
});
afterAll(async () => {
  await sessions.close();
  await database.close();
  await server[Symbol.asyncDispose]();
});

type Line = Pick<TranscriptSegment, 'speakerId' | 'text'> & { readonly turn?: string };
const npcs = new Set(['Greta', 'Bruno']);

/** A session in which these lines were said, a second apart. */
async function evening(
  campaign: string,
  lines: readonly Line[],
  change: Partial<Parameters<SessionStore['upsertSession']>[0]> & { readonly language?: string } = {},
): Promise<string> {
  const uid = randomUUID();
  const { language = 'en', ...row } = change;
  await sessions.upsertSession({ ...session(uid), campaign, npcs: [...npcs], ...row });
  for (const [index, { speakerId, text, turn }] of lines.entries()) {
    const at = new Date(Date.UTC(2026, 0, 1, 20, 0, index));
    await sessions.appendSegment({
      ...segment(uid),
      startedAt: at,
      endedAt: at,
      speakerKind: npcs.has(speakerId) ? 'npc' : 'player',
      speakerId,
      speakerName: npcs.has(speakerId) ? speakerId : `Player ${speakerId}`,
      text,
      language,
      correlationId: turn,
    });
  }
  return uid;
}

async function remembered(
  campaign: string,
  words: string,
  change: Partial<RecollectionRequest> = {},
): Promise<{ readonly exchanges: string[][]; readonly recaps: readonly string[] }> {
  const { exchanges, recaps } = await sessions.recollect({
    ...{ npc: 'Greta', namespace: 'skald-demo', campaign, guildId: '100000000000000002' },
    ...{ sessionUid: randomUUID(), language: 'en', words: words.split(' '), optedOut: [] },
    ...change,
  });
  return {
    exchanges: exchanges.map((lines) => lines.map(({ speaker, text }) => `${speaker}: ${text}`)),
    recaps,
  };
}

test('what fits best comes first, a question with its answer, in any form of its words', async () => {
  const campaign = randomUUID();
  await evening(campaign, [
    { speakerId: '1', text: 'Greta, where is the silver key?', turn: 'a' },
    { speakerId: 'Greta', text: 'Under the third barrel.', turn: 'a' },
    { speakerId: '2', text: 'Nice weather.' },
    { speakerId: '2', text: 'My keys are gone.' },
  ]);
  expect((await remembered(campaign, 'silver keys')).exchanges).toEqual([
    ['Player 1: Greta, where is the silver key?', 'Greta: Under the third barrel.'],
    ['Player 2: My keys are gone.'],
  ]);
});

test('only who was in the room remembers: of the cast, or heard speaking in it', async () => {
  const campaign = randomUUID();
  const line = { speakerId: '1', text: 'The vault is below the mill.' };
  await evening(campaign, [line], { npcs: ['Greta'] });
  await evening(campaign, [line, { speakerId: 'Bruno', text: 'Is it?' }], { npcs: [] });
  const count = async (npc: string) => (await remembered(campaign, 'vault', { npc })).exchanges.length;
  expect(await Promise.all(['Greta', 'Bruno', 'Odo'].map(count))).toEqual([1, 1, 0]);
});

test('nothing of another campaign, namespace or server, nor of a recap', async () => {
  const campaign = randomUUID();
  const line = [{ speakerId: '1', text: 'The vault is below the mill.' }];
  await evening(campaign, line, { guildId: '100000000000000099' });
  await evening(campaign, line, { namespace: 'skald-other' });
  await evening(randomUUID(), line);
  await evening(campaign, line, { mode: 'Recap' });
  expect(await remembered(campaign, 'vault')).toEqual({ exchanges: [], recaps: [] });
});

test('nothing of who opted out or had it erased, nor the answers they were given, nor recaps of it', async () => {
  const campaign = randomUUID();
  const uid = await evening(campaign, [
    { speakerId: '7', text: 'Greta, I buried the crown.', turn: 'a' },
    { speakerId: 'Greta', text: 'You buried a crown?', turn: 'a' },
    { speakerId: '8', text: 'The crown was my mother’s.', turn: 'b' },
    { speakerId: 'Greta', text: 'Then take the crown home.', turn: 'b' },
  ]);
  const text = 'Somebody buried the crown of the old queen.';
  await new RecapStore(database).save({
    ...{ sessionUid: uid, revision: '1', language: 'en', model: 'm', text, segments: 4 },
  });
  const all = await remembered(campaign, 'crown');
  expect(all.exchanges).toHaveLength(2);
  expect(all.recaps).toEqual([text]);
  const without = await remembered(campaign, 'crown', { optedOut: ['7'] });
  expect(without).toEqual({
    exchanges: [['Player 8: The crown was my mother’s.', 'Greta: Then take the crown home.']],
    recaps: [],
  });
  await new PrivacyStore(database).erase('8');
  expect(await remembered(campaign, 'crown', { optedOut: ['7'] })).toEqual({ exchanges: [], recaps: [] });
});

test('in the language of the campaign, and in one that PostgreSQL does not know', async () => {
  const campaign = randomUUID();
  await evening(campaign, [{ speakerId: '1', text: 'Die Drachen schlafen unter dem Berg.' }], {
    language: 'de-AT',
  });
  await evening(campaign, [{ speakerId: '1', text: 'Smok śpi pod górą.' }], { language: 'pl' });
  expect((await remembered(campaign, 'drache', { language: 'de' })).exchanges).toHaveLength(1);
  expect((await remembered(campaign, 'smok', { language: 'pl' })).exchanges).toHaveLength(1);
  expect((await remembered(campaign, 'und', { language: 'de' })).exchanges).toEqual([]);
});

test('among 60,000 lines, many of which have a word of it, what fits is found by the index', async () => {
  const campaign = randomUUID();
  for (let evenings = 0; evenings < 6; evenings++) {
    const uid = await evening(campaign, []);
    await database.query(
      'write a transcript',
      `INSERT INTO transcript_segments (id, session_uid, started_at, ended_at, speaker_kind, speaker_id, speaker_name, text, language, correlation_id)
       SELECT gen_random_uuid(), $1, t, t, 'player', '7', 'Alice', 'We walk the road to house ' || i || CASE i % 4 WHEN 0 THEN ' with a sword' ELSE '' END, 'en', i::text
       FROM generate_series(1, 10000) AS i, LATERAL (SELECT timestamptz '2026-01-01' + i * interval '2 s') AS x(t)`,
      [uid],
    );
  }
  await evening(campaign, [{ speakerId: '1', text: 'The sword of the lich lies in the well.' }]);
  await server.admin('ANALYZE minds.transcript_segments');
  const begun = performance.now();
  const { exchanges } = await remembered(campaign, 'sword lich');
  console.log(`remembered among 60,000 lines in ${Math.round(performance.now() - begun)} ms`);
  expect(exchanges[0]).toEqual(['Player 1: The sword of the lich lies in the well.']);
});
