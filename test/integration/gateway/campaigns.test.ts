// `/campaign` and `/feedback` with a real API server and the tenant's schema in a real PostgreSQL.
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest';
import type { Gateway } from '../../../gateway/gateway.ts';
import { tenants } from '../../../gateway/resources.ts';
import { COMMAND_DATABASE_SECRET } from '../../../src/api/index.ts';
import { secrets } from '../../../src/kube/index.ts';
import { type Ratings, SessionStore } from '../../../src/store/index.ts';
import { DatabaseAdministration } from '../../../src/store/roles/administration.ts';
import type { InteractionHandle, PersonHandle } from '../../discord/api.ts';
import { type AdministeredDatabase, administeredDatabase } from '../store/database.ts';
import { eventually, Scene } from './scene.ts';

let database: AdministeredDatabase;
let schema: string;
let worker: SessionStore;
let scene: Scene;
let gateway: Gateway;
let gameMaster: PersonHandle;
let player: PersonHandle;

beforeAll(async () => {
  database = await administeredDatabase();
  const administration = new DatabaseAdministration({ url: database.administratorUrl });
  scene = await Scene.create({ kubeconfig: inject('kubeconfig'), databaseUrl: inject('databaseUrl') });
  const { guildId, namespace, gameMasterRole } = scene;
  const tenant = await administration.ensureTenant(scene.tenantName, undefined);
  schema = tenant.schema;
  worker = new SessionStore({
    url: await administration.issue(tenant.worker.stem, 'a'),
    applicationName: 'test',
  });
  const url = await administration.issue(tenant.command.stem, 'a');
  await scene.client.create(secrets, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: COMMAND_DATABASE_SECRET, namespace },
    data: { url: Buffer.from(url).toString('base64') },
  });
  gameMaster = await scene.discord.person({ guildId, name: 'Gandalf', roles: [gameMasterRole] });
  player = await scene.discord.person({ guildId, name: 'Pippin' });
  await scene.createCampaign('dusk');
  // As the operator says of a tenant that works.
  const lastTransitionTime = '2026-01-01T00:00:00Z';
  const ready = { type: 'Ready', status: 'True', reason: 'Ready', message: '', lastTransitionTime };
  await scene.client.patch(
    tenants,
    { name: scene.tenantName },
    { merge: { status: { conditions: [ready] } } },
    { subresource: 'status' },
  );
  gateway = await scene.startGateway();
  await registered();
});
afterAll(async () => {
  await scene?.close();
  await worker?.close();
  await database?.[Symbol.asyncDispose]();
});
afterEach(async () => {
  await scene.deleteSessions();
  await eventually('no session is left', async () => (await scene.sessions()).length === 0);
});

async function registered(): Promise<void> {
  await eventually('commands are registered', async () => {
    const commands = await scene.discord.commands(scene.applicationId);
    return commands[scene.guildId]?.includes('campaign');
  });
}

async function use(
  command: string,
  options: Record<string, string | number> = {},
  person: PersonHandle = gameMaster,
): Promise<InteractionHandle> {
  return await scene.discord.command(person.userId, scene.guildId, scene.textChannelId, command, options);
}

/** The only session there is. */
async function theSession() {
  return await eventually('a session exists', async () => {
    const all = await scene.sessions();
    return all.length === 1 ? all[0] : undefined;
  });
}

async function operator(name: string, ...phases: ('Pending' | 'Provisioning' | 'Connecting' | 'Active')[]) {
  for (const phase of phases) await scene.operatorStatus(name, { phase });
}

test('what is loaded is what /session start takes, also after the gateway was replaced', async () => {
  const asked = await use('session start', { channel: scene.voiceChannelId });
  await asked.waitForReply('Which campaign?');
  await (await use('campaign load', { campaign: 'the long night' })).waitForReply('takes **The Long Night**');
  await (await use('campaign load', { campaign: 'dusk' })).waitForReply('takes **dusk**');
  await scene.stopGateway(gateway);
  gateway = await scene.startGateway();
  await use('session start', { channel: scene.voiceChannelId });
  expect((await theSession()).spec.campaignRef.name).toBe('dusk');
});

test('a switch ends the one session and starts the other in the same channel; the reply follows both', async () => {
  await use('session start', { channel: scene.voiceChannelId, campaign: 'night' });
  const first = (await theSession()).metadata.name;
  await operator(first, 'Pending', 'Provisioning', 'Connecting', 'Active');
  const handle = await eventually('the gateway knows that it plays', async () => {
    const switching = await use('campaign switch', { campaign: 'dusk' });
    const reply = await switching.waitForReply(/./);
    return reply.text.includes('is ending') ? switching : undefined;
  });
  expect((await scene.session(first)).spec.desiredState).toBe('Stopped');
  expect(await scene.sessions()).toHaveLength(1);
  await scene.operatorStatus(first, { phase: 'Draining' });
  await scene.operatorStatus(first, { phase: 'Ended', endReason: 'Requested' });
  const second = await eventually('the other is there', async () =>
    (await scene.sessions()).find(({ metadata }) => metadata.name !== first),
  );
  expect(second.spec).toMatchObject({
    campaignRef: { name: 'dusk' },
    voiceChannelId: scene.voiceChannelId,
    textChannelId: scene.textChannelId,
    requestedBy: { userId: gameMaster.userId, interactionId: handle.id },
  });
  await operator(second.metadata.name, 'Pending', 'Provisioning', 'Connecting', 'Active');
  await handle.waitForReply('listening');
});

test('a switch that the API server would refuse ends nothing', async () => {
  await use('session start', { channel: scene.voiceChannelId, campaign: 'night' });
  const first = (await theSession()).metadata.name;
  await operator(first, 'Pending', 'Provisioning', 'Connecting', 'Active');
  await scene.approveCampaign('dusk', 'False');
  await eventually('the gateway knows', async () => {
    const reply = await (await use('campaign switch', { campaign: 'dusk' })).waitForReply(/./);
    return reply.text.includes('has an error: said by the test. The session that runs goes on.');
  });
  await scene.approveCampaign('dusk');
  expect((await scene.session(first)).spec.desiredState).toBe('Running');
});

test('list and info show what there is and what was played', async () => {
  const uid = randomUUID();
  const { namespace, guildId, voiceChannelId } = scene;
  const startedAt = new Date('2026-01-01T20:00:00Z');
  await worker.upsertSession({
    uid,
    namespace,
    name: 'n',
    campaign: 'night',
    guildId,
    voiceChannelId,
    startedAt,
  });
  await worker.endSession(uid, new Date('2026-01-01T22:30:00Z'), 'Requested');
  const list = await (await use('campaign list')).waitForReply(/./);
  expect(JSON.stringify(list)).toContain('**The Long Night** (`night`): 1 character, ready');
  const info = await eventually('the database has answered', async () => {
    const shown = JSON.stringify(await (await use('campaign info', { campaign: 'night' })).waitForReply(/./));
    return shown.includes('1 session, 2.5 hours') ? shown : undefined;
  });
  expect(info).toContain('**Bart**, the innkeeper');
});

test('feedback of a player is kept with the session; a second one takes its place', async () => {
  const uid = randomUUID();
  const { namespace, guildId, voiceChannelId } = scene;
  const row = {
    uid,
    namespace,
    name: 'n',
    campaign: 'night',
    guildId,
    voiceChannelId,
    startedAt: new Date(),
  };
  await worker.upsertSession(row);
  const ratings: Ratings & Record<string, number> = { voice: 5, understanding: 4, character: 3, speed: 2 };
  const first = await use('feedback', { ...ratings, comment: 'Lovely.' }, player);
  expect((await first.waitForReply('is kept')).ephemeral).toBe(true);
  await (await use('feedback', { ...ratings, speed: 5 }, player)).waitForReply('takes the place');
  const rows = await database.admin(`SELECT * FROM ${schema}.feedback WHERE session_uid = $1`, [uid]);
  expect(rows).toMatchObject([{ user_id: player.userId, voice_rating: 5, speed_rating: 5, comment: null }]);
  expect(String(rows[0]?.correlation_id)).toMatch(/^\w+$/);
});
