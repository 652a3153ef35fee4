// /entity and /search as a game master uses them: the simulator, a real API server, the tenant's schema in a real
// PostgreSQL under the rights that commands have, and a worker's stream that is told of every change.
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import type { Gateway } from '../../../gateway/gateway.ts';
import { COMMAND_DATABASE_SECRET } from '../../../src/api/index.ts';
import { secrets } from '../../../src/kube/index.ts';
import { WorkerReport, WorkerState } from '../../../src/rpc/generated/skald/v1/gateway.ts';
import { SessionStore, tenantDatabaseUrl } from '../../../src/store/index.ts';
import { DatabaseAdministration } from '../../../src/store/roles/administration.ts';
import type { InteractionHandle, PersonHandle } from '../../discord/api.ts';
import { type AdministeredDatabase, administeredDatabase } from '../store/database.ts';
import { segment, session as sessionRow } from '../store/session-rows.ts';
import { type DatabaseDoor, databaseDoor } from './database-door.ts';
import type { Inbox } from './inbox.ts';
import { eventually, Scene } from './scene.ts';
import { Workers } from './workers.ts';

let scene: Scene;
let database: AdministeredDatabase;
let gateway: Gateway;
let gameMaster: PersonHandle;
let door: DatabaseDoor;
let schema = '';
let worker: Inbox;
let sessionName = '';

beforeAll(async () => {
  scene = await Scene.create({ kubeconfig: inject('kubeconfig'), databaseUrl: inject('databaseUrl') });
  database = await administeredDatabase();
  const administration = new DatabaseAdministration({ url: database.administratorUrl });
  const tenant = await administration.ensureTenant(scene.tenantName, undefined);
  schema = tenant.schema;
  door = await databaseDoor(await administration.issue(tenant.command.stem, 'a'));
  await scene.client.apply(
    secrets,
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: COMMAND_DATABASE_SECRET, namespace: scene.namespace },
      data: { url: Buffer.from(door.url).toString('base64') },
    },
    { fieldManager: 'test' },
  );
  await scene.changeCampaign('night', {
    entities: [{ name: 'The mill', kind: 'place', description: 'It grinds.' }],
  });
  await scene.approveCampaign('night');
  gameMaster = await scene.discord.person({
    guildId: scene.guildId,
    name: 'Gandalf',
    roles: [scene.gameMasterRole],
  });
  gateway = await scene.startGateway();
  await eventually('commands are registered', async () => {
    const commands = await scene.discord.commands(scene.applicationId);
    return commands[scene.guildId]?.includes('entity') && commands[scene.guildId]?.includes('search');
  });
  const workers = new Workers(scene);
  const provisioned = await workers.provisioned();
  sessionName = provisioned.name;
  worker = await workers.attached(gateway, provisioned.job);
});

afterAll(async () => {
  await scene?.close();
  await door?.[Symbol.asyncDispose]();
  await database?.[Symbol.asyncDispose]();
});

const use = (
  command: string,
  options: Parameters<typeof scene.discord.command>[4] = {},
  who: PersonHandle = gameMaster,
) => scene.discord.command(who.userId, scene.guildId, scene.textChannelId, command, options);

const choices = (command: string, name: string, value: string) =>
  scene.discord.autocomplete(gameMaster.userId, scene.guildId, scene.textChannelId, command, { name, value });

/** Waits until the worker is told what is as wanted: `name [scopes]` of each. Other things are told meanwhile, too. */
async function told(wanted: (entities: readonly string[]) => boolean): Promise<readonly string[]> {
  for (;;) {
    const { session } = await worker.next('configure');
    const entities = (session?.campaign?.entities ?? []).map(
      ({ name, knowledge }) => `${name} [${knowledge.join()}]`,
    );
    if (wanted(entities)) return entities;
  }
}

const has =
  (entity: string) =>
  (entities: readonly string[]): boolean =>
    entities.includes(entity);

async function write(form: InteractionHandle, fields: Record<string, string>): Promise<string> {
  const submitted = await scene.discord.submitModal(gameMaster.userId, form.id, fields);
  return (await submitted.waitForReply(/\S/)).text;
}

test('what is written in the form reaches the running session within 2 s, for whom it is', async () => {
  const form = await use('entity add');
  expect(JSON.stringify(form.modal)).toContain('For The Long Night');
  const said = await write(form, {
    name: 'The duke’s plan',
    kind: 'plot',
    description: 'He wants the mill.',
    audience: 'bart',
  });
  const submitted = performance.now();
  expect(said).toMatch(/is written down\. Who knows: Bart\..*from now on/);
  expect(await told(has('The duke’s plan [npc:Bart]'))).toEqual([
    'The duke’s plan [npc:Bart]',
    'The mill []',
  ]);
  expect(performance.now() - submitted).toBeLessThan(2_000);

  const secret = await use('entity add');
  expect(
    await write(secret, {
      name: 'The heir',
      kind: '',
      description: 'Is Bart.',
      audience: 'Game master only',
    }),
  ).toMatch(/Who knows: game master only/);
  expect(await choices('entity add', 'name', 'duk')).toEqual([
    { name: 'The duke’s plan', value: 'The duke’s plan' },
  ]);
  const edit = await use('entity add', { name: 'The duke’s plan' });
  expect(JSON.stringify(edit.modal)).toContain('He wants the mill.');
  expect(await write(edit, { name: 'The duke’s scheme' })).toContain('**The duke’s scheme** is written down');
  expect(await told(has('The duke’s scheme [npc:Bart]'))).toEqual([
    'The duke’s scheme [npc:Bart]',
    'The mill []',
  ]);
});

test('a form that is refused loses nothing', async () => {
  const form = await use('entity add');
  const submitted = await scene.discord.submitModal(gameMaster.userId, form.id, {
    name: 'Rumour',
    kind: '',
    description: 'A very long story.',
    audience: 'Sauron',
  });
  const reply = await submitted.waitForReply('I do not know who `Sauron` is');
  expect(reply.text).toContain('`Bart`');
  expect(JSON.stringify(reply)).toContain('A very long story.');
});

test('a file is imported with a report; again, it changes nothing; a broken one changes nothing', async () => {
  const fixtures = new URL('../../../src/entities/fixtures/', import.meta.url);
  const content = await readFile(new URL('adventure-v13.json', fixtures), 'utf8');
  const file = { filename: 'adventure.json', content };
  const first = await (await use('entity import', { file })).waitForReply('new');
  expect(first.text).toContain('4 new, 0 changed, 0 as before, 2 skipped');
  expect(first.text).toMatch(/Line \d+: Nameless guard: skipped, it has no description/);
  await told(has('Brother Aldous []'));
  const again = await (await use('entity import', { file })).waitForReply('new');
  expect(again.text).toContain('0 new, 0 changed, 4 as before, 2 skipped');
  expect(await choices('entity import', 'known-by', 'ba')).toEqual([{ name: 'Bart', value: 'npc:Bart' }]);

  const many = Array.from(
    { length: 60 },
    (_, index) => `- name: Hut ${index}\n  kind: hut\n  description: Small.\n`,
  ).join('');
  const options = { file: { filename: 'huts.yaml', content: many }, 'known-by': 'npc:Bart' };
  const report = await (await use('entity import', options)).waitForReply('60 new');
  expect(report.message.attachments).toMatchObject([{ filename: 'report.txt' }]);
  await told((entities) => entities.filter((one) => /^Hut \d+ \[npc:Bart\]$/.test(one)).length === 60);

  const broken = { filename: 'broken.yaml', content: '- name: New\n  description: x\n- name: "Bad\n' };
  const refused = await (await use('entity import', { file: broken })).waitForReply('cannot read');
  expect(refused.text).toMatch(/nothing was changed\. Line 3, column/);
  const rows = await database.admin(`SELECT name FROM ${schema}.entities WHERE name IN ('New', 'Bad')`);
  expect(rows).toEqual([]);
});

test('a list a page at a time, of one kind', async () => {
  const list = await use('entity list', { kind: 'hut' });
  const reply = await list.waitForReply(/Page 1 of 6 · 60 in all/);
  expect(JSON.stringify(reply)).toContain('🔒 Bart');
  const [, next] = buttons(reply.message);
  const turned = await scene.discord.component(
    gameMaster.userId,
    { channelId: scene.textChannelId, messageId: reply.message.id },
    next ?? '',
  );
  expect(turned.acknowledgement).toBe('update');
  await list.waitForReply(/Page 2 of 6/);
});

test('what the manifest has is hidden and brought back; what is kept is removed', async () => {
  expect((await (await use('entity remove', { name: 'The heir' })).waitForReply('removed')).text).toBe(
    '**The heir** is removed.',
  );
  const hidden = await (await use('entity remove', { name: 'the mill' })).waitForReply('hidden');
  expect(hidden.text).toMatch(/is in the campaign’s manifest/);
  await told((entities) => !has('The mill []')(entities));
  expect(await choices('entity remove', 'name', 'mill')).toEqual([]);
  const form = await use('entity add', { name: 'The mill' });
  const back = await write(form, {
    name: 'The mill',
    kind: 'place',
    description: 'It grinds.',
    audience: 'everyone',
  });
  expect(back).toContain('again as the campaign’s manifest has it');
  await told(has('The mill []'));
  const unknown = await (await use('entity remove', { name: 'Atlantis' })).waitForReply('Atlantis');
  expect(unknown.text).toMatch(/Nothing with the name/);
});

test('/search finds what was said on this server, and turns pages', async () => {
  const transcripts = new SessionStore({
    url: tenantDatabaseUrl(database.url, schema),
    applicationName: 'test',
  });
  try {
    const uid = randomUUID();
    const elsewhere = randomUUID();
    await transcripts.upsertSession({ ...sessionRow(uid), guildId: scene.guildId });
    await transcripts.upsertSession({ ...sessionRow(elsewhere), guildId: '100000000000009999' });
    for (let index = 0; index < 8; index += 1) {
      await transcripts.appendSegment({
        ...segment(uid),
        text: `The dragons flew ${index} times.`,
        language: 'en',
      });
    }
    await transcripts.appendSegment({ ...segment(elsewhere), text: 'A secret dragon.', language: 'en' });
  } finally {
    await transcripts.close();
  }
  const found = await use('search', { query: 'dragon' });
  const reply = await found.waitForReply(/Page 1 of 2 · 8 found/);
  expect(JSON.stringify(reply)).toContain('The **dragons** flew');
  expect(JSON.stringify(reply)).not.toContain('secret dragon');
  expect(reply.ephemeral).toBe(true);
  const [, next] = buttons(reply.message);
  await scene.discord.component(
    gameMaster.userId,
    { channelId: scene.textChannelId, messageId: reply.message.id },
    next ?? '',
  );
  await found.waitForReply(/Page 2 of 2 · 8 found/);
  expect(await choices('search', 'speaker', 'gre')).toEqual([{ name: 'Greta', value: 'Greta' }]);
  expect((await (await use('search', { query: 'unicorn' })).waitForReply('unicorn')).text).toMatch(
    /Nothing that was said/,
  );
});

test('players are refused, and are not told what there is', async () => {
  const player = await scene.discord.person({ guildId: scene.guildId, name: 'Pippin' });
  for (const [command, options] of [
    ['entity list', {}],
    ['entity add', {}],
    ['search', { query: 'dragon' }],
  ] as const) {
    const refused = await use(command, options, player);
    expect((await refused.waitForReply(/\S/)).text).toMatch(/may not use this command/);
  }
  const offered = await scene.discord.autocomplete(
    player.userId,
    scene.guildId,
    scene.textChannelId,
    'entity remove',
    { name: 'name', value: '' },
  );
  expect(offered).toEqual([]);
});

test('a gateway that starts while the database is away tells what the manifest says, and the status says so until it is back', async () => {
  door.shut();
  await scene.stopGateway(gateway);
  gateway = await scene.startGateway();
  worker = await new Workers(scene).attached(gateway, `${sessionName}-job`, { hearNobody: true });
  const known = worker.received.flatMap((message) =>
    message.$case === 'configure' ? [message.value.session?.campaign?.entities.map(({ name }) => name)] : [],
  );
  expect(new Set(known.flat())).toEqual(new Set(['The mill']));
  const report = WorkerReport.create({ state: WorkerState.RUNNING, voiceConnected: true });
  worker.stream.send({ $case: 'report', value: report });
  const reason = async () => (await scene.session(sessionName)).status?.voice?.reason;
  await eventually('the status says so', async () => (await reason()) === 'EntitiesUnavailable');
  const refused = await (await use('entity list')).waitForReply('records');
  expect(refused.text).toMatch(/cannot look into my records/);
  door.open();
  await told(has('Brother Aldous []'));
  await eventually('the status is well again', async () => (await reason()) === undefined);
});

/** Custom ids of a message's buttons. */
function buttons(message: { readonly components?: unknown }): string[] {
  return [...JSON.stringify(message.components ?? []).matchAll(/"custom_id":"([^"]+)"/g)].map(
    ([, id = '']) => id,
  );
}
