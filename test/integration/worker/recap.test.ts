// A worker as its pod runs it, in mode Recap: a transcript in PostgreSQL, a vendor's language model, a gateway that speaks
// the contract. It joins no channel.
import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, inject, it } from 'vitest';
import type { SessionConfiguration } from '../../../src/rpc/generated/skald/v1/gateway.ts';
import {
  Database,
  RecapStore,
  SessionStore,
  TranscriptReader,
  tenantDatabaseUrl,
} from '../../../src/store/index.ts';
import { migrate } from '../../../src/store/migrate.ts';
import { Scene } from './scene.ts';

let scene: Scene;
let database: Database;

afterEach(async () => {
  await scene.close();
  await database.close();
});

/** A session of the evening before last, with so many utterances, and the worker that shall summarise it. */
async function recapOf(utterances: number, configuration: Partial<SessionConfiguration> = {}) {
  const schema = `recap_${randomUUID().replaceAll('-', '').slice(0, 12)}`;
  const url = tenantDatabaseUrl(inject('databaseUrl'), schema);
  await migrate({ url: inject('databaseUrl'), schema, set: 'tenant' });
  database = new Database({ url, applicationName: 'test' });
  scene = await Scene.create({
    databaseUrl: url,
    configuration: { recapOf: 'thursday', name: 'thursday-recap', ...configuration },
  });
  const uid = randomUUID();
  const store = new SessionStore({ url, applicationName: 'test' });
  await store.upsertSession({
    uid,
    namespace: 'skald-demo',
    name: 'thursday',
    campaign: 'village',
    guildId: scene.guildId,
    startedAt: new Date('2030-01-01T20:00:00Z'),
  });
  await store.close();
  await database.query(
    'write a transcript',
    `INSERT INTO transcript_segments (id, session_uid, started_at, ended_at, speaker_kind, speaker_id, speaker_name, text)
     SELECT gen_random_uuid(), $1, $2::timestamptz + i * interval '1 s', $2::timestamptz + i * interval '1 s',
            'player', '7', 'Alice', 'We cross the ford and look for the silver stag, once more: ' || i
     FROM generate_series(1, $3::int) AS i`,
    [uid, '2030-01-01T20:00:00Z', utterances],
  );
  return { uid };
}

async function addLine(uid: string): Promise<void> {
  await database.query(
    'write a line',
    `INSERT INTO transcript_segments (id, session_uid, started_at, ended_at, speaker_kind, speaker_id, speaker_name, text)
     VALUES (gen_random_uuid(), $1, now(), now(), 'player', '7', 'Alice', 'Hello.')`,
    [uid],
  );
}

const chats = () => scene.providers.requests.filter(({ endpoint }) => endpoint === 'chat');

/** What the worker asks for in the end. The gateway says Stop, and the process ends as the pod does. */
async function ended(worker: ReturnType<Scene['worker']>) {
  const request = await scene.gateway.until(
    'a request to stop',
    () => scene.gateway.stopRequests.at(-1),
    40_000,
  );
  scene.gateway.send({ $case: 'stop', value: request });
  expect(await worker.exit).toBe(0);
  return await worker.result();
}

describe('a worker in mode Recap', () => {
  it('summarises a long transcript piece by piece, writes the recap, and is in no channel', async () => {
    const { uid } = await recapOf(1200);
    // Of many requests the first fail.
    scene.providers.setFaults({ chat: { status: 503, times: 2 } });
    const result = await ended(scene.worker());
    expect(result).toMatchObject({ endReason: 'Completed', transcriptRef: `recaps/${uid}`, utterances: 0 });
    expect(result.llmTokens).toBeGreaterThan(1000);
    expect(result.spendUSD).toBeGreaterThan(0);

    const { revision } = await new TranscriptReader(database).revision(uid);
    const key = { sessionUid: uid, revision, language: 'en', model: 'double' };
    const recap = await new RecapStore(database).find(key);
    expect(recap).toMatchObject({ segments: 1200, text: chats().at(-1)?.text });
    const asked = chats().map(({ body }) => JSON.stringify(body));
    expect(asked.length).toBeGreaterThan(4);
    expect(asked.some((body) => body.includes('once more: 1200'))).toBe(true);
    expect(asked.some((body) => body.includes('"tools"'))).toBe(false);

    const states = scene.gateway.reports.map(({ state }) => state);
    expect(states).toEqual(expect.arrayContaining(['WORKER_STATE_RUNNING', 'WORKER_STATE_STOPPED']));
    expect(scene.gateway.reports.some(({ voiceConnected }) => voiceConnected)).toBe(false);
    expect(await scene.simulator.voiceStates(scene.guildId)).toEqual([]);
    // What it used is in the ledger, under its own name, and it is no evening at the table.
    const own = scene.gateway.configuration.sessionUid;
    const rows = await database.query('read', 'SELECT mode, end_reason FROM sessions WHERE uid = $1', [own]);
    expect(rows).toEqual([{ mode: 'Recap', end_reason: 'Completed' }]);
    const counted = await database.query(
      'read',
      'SELECT llm_tokens::int AS n FROM session_counters WHERE session_uid = $1',
      [own],
    );
    expect(counted).toEqual([{ n: result.llmTokens }]);
    expect((await new TranscriptReader(database).sessions({}, 9)).map(({ name }) => name)).toEqual([
      'thursday',
    ]);

    // The words are the same: nobody is asked again.
    scene.gateway.stopRequests.length = 0;
    const before = chats().length;
    expect(await ended(scene.worker())).toMatchObject({ endReason: 'Completed' });
    expect(chats()).toHaveLength(before);

    // One more word is another transcript; but this recap has spent what a session may.
    await addLine(uid);
    scene.gateway.configuration = { ...scene.gateway.configuration, spendHardUsd: 0.001 };
    scene.gateway.stopRequests.length = 0;
    expect(await ended(scene.worker())).toMatchObject({ endReason: 'SpendCap' });
    expect(chats()).toHaveLength(before);
  });

  it('says why there is none: no transcript, another server’s, a model that is away', async () => {
    const { uid } = await recapOf(0);
    const next = async () => {
      scene.gateway.stopRequests.length = 0;
      return await ended(scene.worker());
    };
    expect(await next()).toMatchObject({
      endReason: 'NothingToRecap',
      message: 'Nothing of what was said in thursday was written down.',
    });
    await addLine(uid);
    scene.providers.setFaults({ chat: { status: 401 } });
    const away = await next();
    expect(away).toMatchObject({ endReason: 'WorkerFailed' });
    expect(away.message).toMatch(/^The language model wrote no recap: llm: .* answered 401/);
    scene.providers.setFaults({});
    await database.query('move it', "UPDATE sessions SET guild_id = '999999999999999999' WHERE uid = $1", [
      uid,
    ]);
    expect(await next()).toMatchObject({
      endReason: 'NothingToRecap',
      message: 'There is no transcript of a session thursday on this Discord server.',
    });
  });
});
