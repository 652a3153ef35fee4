import { writeFile } from 'node:fs/promises';
import pg from 'pg';
import { beforeAll, expect, it } from 'vitest';
import { gatherMarks, searchCluster } from '../../hack/check-secrets/dynamic/check.ts';
import type { Mark } from '../../hack/check-secrets/dynamic/marks.ts';
import { type SearchResult, summaryOf } from '../../hack/check-secrets/dynamic/search.ts';
import { defaultSentence } from '../../hack/demo/options.ts';
import { playerSays } from '../../hack/environment/player-voice.ts';
import type { VoiceSession } from '../../src/api/index.ts';
import { Stage } from './harness.ts';

// A whole session with real secrets, and a look for them everywhere but at home. The tests build
// on each other in order.

const PROVIDER_KEY = 'sk-mark-of-the-providers-key-7f3a';
const PLANTED = 'planted-mark-that-must-be-found';

let stage: Stage;
let session: VoiceSession;
let marks: Mark[];

beforeAll(async () => {
  stage = await Stage.open(40);
  const { kubectl, namespace, tenant, info } = stage;
  const key = { name: 'llm-key', key: 'token' };
  await kubectl.apply([
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: key.name, namespace },
      stringData: { token: PROVIDER_KEY },
    },
  ]);
  const llm = { kind: 'openai', model: 'skald-double', baseURL: info.chatUrl, apiKeySecretRef: key };
  const patch = JSON.stringify({ spec: { providers: { llm } } });
  await kubectl.run(['patch', 'tenant', tenant.metadata?.name ?? '', '--type=merge', '--patch', patch]);
  await stage.table.gameMaster.joinVoice(stage.table.voiceChannelId);
});

it('a session is played to its end, and while it runs no secret is anywhere but at home', async () => {
  const before = await stage.simulator.now();
  await stage.command('start');
  await stage.simulator.waitForEvent(
    { kind: 'daveExecuted', userId: stage.table.applicationId, afterMs: before },
    60_000,
  );
  const [created] = await stage.sessions();
  session = await stage.reach(created?.metadata.name ?? '', ['Active']);
  // While it runs: its certificate and DSN go with it.
  marks = await gatherMarks({ kubectl: stage.kubectl, more: { 'the bot token': stage.table.token } });
  const what = marks.map((mark) => mark.what).join('\n');
  for (const kind of [
    'skald-bot-token token',
    'llm-key token',
    'tls.key',
    'session tls.key',
    'skald-database url',
  ])
    expect(what).toContain(kind);

  const said = await stage.table.gameMaster.say(await playerSays(defaultSentence, () => {}));
  // The language model was asked, with the marked key.
  await stage.table.gameMaster.waitToHear({
    from: stage.table.applicationId,
    afterMs: said.lastVoicedAt,
    silenceMs: 1500,
    timeoutMs: 60_000,
  });
  await expectNothing();
  await stage.command('stop');
  await stage.reach(session.metadata.name ?? '', ['Ended']);
});

it('nor afterwards, when somebody has tried a wrong password', async () => {
  await wrongPassword();
  const result = await expectNothing();
  process.stdout.write(`${summaryOf(result)}\n`);
  const { SKALD_SECRETS_RESULT: file } = process.env;
  if (file !== undefined) await writeFile(file, JSON.stringify(result));
});

it('one that is planted is found', async () => {
  const { kubectl, namespace, info } = stage;
  await kubectl.apply([
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'planted', namespace },
      data: { a: Buffer.from(PLANTED).toString('base64') },
    },
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'planted', namespace },
      stringData: { a: `x${PLANTED}` },
    },
    {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: 'planted', namespace },
      involvedObject: { kind: 'Namespace', name: namespace, namespace },
      reason: 'Planted',
      message: Buffer.from(PLANTED).toString('hex'),
      type: 'Normal',
    },
  ]);
  await kubectl.run([
    'annotate',
    'voicesession',
    session.metadata.name ?? '',
    '--namespace',
    namespace,
    `planted=${PLANTED}`,
  ]);
  const client = new pg.Client({ connectionString: info.databaseUrl });
  await client.connect();
  try {
    await client.query('CREATE TABLE public.planted (it text)');
    await client.query('INSERT INTO public.planted VALUES ($1)', [JSON.stringify({ mark: PLANTED })]);
    const mark = { what: 'the planted mark', value: PLANTED, homes: new Set<string>() };
    const result = await searchCluster([mark], { kubectl, databaseUrl: info.databaseUrl });
    const places = new Set(result.hits.map(({ place }) => place));
    expect([...places].sort()).toEqual(
      ['config maps', 'database', 'events', 'other secrets', 'statuses of Skald'].sort(),
    );
  } finally {
    await client.query('DROP TABLE IF EXISTS public.planted');
    await client.end();
  }
});

async function expectNothing(): Promise<SearchResult> {
  const { kubectl, info } = stage;
  const result = await searchCluster(marks, { kubectl, databaseUrl: info.databaseUrl });
  expect(result.hits).toEqual([]);
  // It looked everywhere.
  const all = [
    'logs',
    'events',
    'metrics',
    'process arguments',
    'process environments',
    'database',
    "PostgreSQL's log",
  ];
  for (const place of all) expect(result.places[place], place).toBeGreaterThan(0);
  return result;
}

/** PostgreSQL logs who was refused. */
async function wrongPassword(): Promise<void> {
  const url = new URL(stage.info.databaseUrl);
  const right = url.password;
  url.password = `${right}-and-more`;
  const client = new pg.Client({ connectionString: url.href });
  await expect(client.connect()).rejects.toThrow('password authentication failed');
  await client.end().catch(() => {});
}
