// /privacy as a player uses it, without any role: the simulator, a real API server, the tenant's schema in a real PostgreSQL
// under the rights that commands have, and a worker's stream that is told.
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import type { Gateway } from '../../../gateway/gateway.ts';
import { COMMAND_DATABASE_SECRET } from '../../../src/api/index.ts';
import { secrets } from '../../../src/kube/index.ts';
import { SessionStore, tenantDatabaseUrl } from '../../../src/store/index.ts';
import { DatabaseAdministration } from '../../../src/store/roles/administration.ts';
import type { PersonHandle } from '../../discord/api.ts';
import { type AdministeredDatabase, administeredDatabase } from '../store/database.ts';
import { segment, session as sessionRow } from '../store/session-rows.ts';
import type { Inbox } from './inbox.ts';
import { eventually, Scene } from './scene.ts';
import { Workers } from './workers.ts';

const WORDS = 'I buried the crown under the old willow';

let scene: Scene;
let database: AdministeredDatabase;
let gateway: Gateway;
let player: PersonHandle;
let worker: Inbox;
let store: SessionStore;
let uid = '';

beforeAll(async () => {
  scene = await Scene.create({ kubeconfig: inject('kubeconfig'), databaseUrl: inject('databaseUrl') });
  database = await administeredDatabase();
  const administration = new DatabaseAdministration({ url: database.administratorUrl });
  const tenant = await administration.ensureTenant(scene.tenantName, undefined);
  const url = Buffer.from(await administration.issue(tenant.command.stem, 'a')).toString('base64');
  await scene.client.apply(
    secrets,
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: COMMAND_DATABASE_SECRET, namespace: scene.namespace },
      data: { url },
    },
    { fieldManager: 'test' },
  );
  player = await scene.discord.person({ guildId: scene.guildId, name: 'Pippin' });
  gateway = await scene.startGateway();
  await eventually('commands are registered', async () =>
    (await scene.discord.commands(scene.applicationId))[scene.guildId]?.includes('privacy'),
  );
  const workers = new Workers(scene);
  const { name, job } = await workers.provisioned();
  worker = await workers.attached(gateway, job);
  uid = (await scene.session(name)).metadata.uid;
  const schemaUrl = tenantDatabaseUrl(database.url, tenant.schema);
  store = new SessionStore({ url: schemaUrl, applicationName: 'test' });
  await store.upsertSession({ ...sessionRow(uid), guildId: scene.guildId });
  await store.appendSegment({
    ...segment(uid),
    speakerKind: 'player',
    speakerId: player.userId,
    speakerName: 'Pippin',
    text: WORDS,
  });
});

afterAll(async () => {
  await store?.close();
  await scene?.close();
  await database?.[Symbol.asyncDispose]();
});

const use = (command: string) =>
  scene.discord.command(player.userId, scene.guildId, scene.textChannelId, `privacy ${command}`);

test('whoever opts out is not heard within two seconds, and is heard again when they opt in', async () => {
  for (const [command, out] of [
    ['optout', true],
    ['optin', false],
  ] as const) {
    const began = performance.now();
    const reply = await use(command);
    await worker.configuredWith(
      ({ campaign }) =>
        (campaign?.players ?? []).some(
          ({ discordUserId, optOut }) => discordUserId === player.userId && optOut,
        ) === out,
    );
    const tookMs = Math.round(performance.now() - began);
    console.log(`/privacy ${command} to the worker's configuration: ${tookMs} ms`);
    expect(tookMs).toBeLessThan(2_000);
    expect((await reply.waitForReply(/heard/)).ephemeral).toBe(true);
  }
});

test('it shows what is stored, to the asker alone', async () => {
  const shown = await (await use('show')).waitForReply(/1 utterance of yours/);
  expect(shown.ephemeral).toBe(true);
  expect(shown.message.attachments).toHaveLength(1);
});

test('erasure is confirmed, awaits the worker, and leaves neither words nor name', async () => {
  const asked = await use('erase');
  const confirm = await asked.waitForReply(/cannot be undone/);
  const message = { channelId: scene.textChannelId, messageId: confirm.messageId };
  const pressed = await scene.discord.component(player.userId, message, 'privacy:erase');
  const { userId } = await worker.next('forget');
  expect(userId).toBe(player.userId);
  // The worker has not answered: what it may still write would come after.
  expect(JSON.stringify(await store.readTranscript(uid))).toContain(WORDS);
  worker.stream.send({ $case: 'forgotten', value: { userId } });
  await pressed.waitForReply(/^Erased: 1 utterance/);
  const left = await store.readTranscript(uid);
  expect(left).toHaveLength(1);
  expect(JSON.stringify(left)).not.toMatch(/willow|Pippin/);
  expect(JSON.stringify(left)).not.toContain(player.userId);
  await (await use('show')).waitForReply(/Nothing that you said is stored/);
});
