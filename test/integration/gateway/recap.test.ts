// `/session recap` and `/session voice-recap` from Discord: the gateway under its own rights in Kubernetes and in PostgreSQL;
// what the operator and the workers do is done by the test.
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest';
import type { Gateway } from '../../../gateway/gateway.ts';
import { COMMAND_DATABASE_SECRET, type VoiceSessionStatus } from '../../../src/api/index.ts';
import { secrets } from '../../../src/kube/index.ts';
import {
  Database,
  RecapStore,
  SessionStore,
  TranscriptReader,
  tenantDatabaseUrl,
} from '../../../src/store/index.ts';
import { DatabaseAdministration } from '../../../src/store/roles/administration.ts';
import type { InteractionHandle, PersonHandle } from '../../discord/api.ts';
import { type AdministeredDatabase, administeredDatabase } from '../store/database.ts';
import { session as row, segment } from '../store/session-rows.ts';
import { eventually, Scene } from './scene.ts';
import { Workers } from './workers.ts';

let server: AdministeredDatabase;
let database: Database;
let sessions: SessionStore;
let scene: Scene;
let gateway: Gateway;
let workers: Workers;
let gandalf: PersonHandle;

beforeAll(async () => {
  server = await administeredDatabase();
  const administration = new DatabaseAdministration({ url: server.administratorUrl });
  const { schema, command } = await administration.ensureTenant('recaps', undefined);
  scene = await Scene.create({ kubeconfig: inject('kubeconfig'), databaseUrl: inject('databaseUrl') });
  const { namespace, guildId } = scene;
  const url = Buffer.from(await administration.issue(command.stem, 'a')).toString('base64');
  await scene.client.apply(
    secrets,
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: COMMAND_DATABASE_SECRET, namespace },
      data: { url },
    },
    { fieldManager: 'test' },
  );
  const owner = tenantDatabaseUrl(server.administratorUrl, schema);
  database = new Database({ url: owner, applicationName: 'test' });
  sessions = new SessionStore({ url: owner, applicationName: 'test' });
  gandalf = await scene.discord.person({ guildId, name: 'Gandalf', roles: [scene.gameMasterRole] });
  gateway = await scene.startGateway();
  workers = new Workers(scene);
  await eventually('commands are registered', async () =>
    (await scene.discord.commands(scene.applicationId))[guildId]?.includes('session'),
  );
  await eventually('the gateway has the DSN', async () => {
    const reply = await (await use('recap')).waitForReply(/./);
    return !JSON.stringify(reply).includes('cannot look into my records');
  });
});
afterAll(async () => {
  await scene?.close();
  await sessions?.close();
  await database?.close();
  await server?.[Symbol.asyncDispose]();
});
afterEach(async () => {
  await workers.clear();
  await database.query('forget', 'DELETE FROM sessions');
});

const use = (command: string, options: Record<string, string> = {}): Promise<InteractionHandle> =>
  scene.discord.command(gandalf.userId, scene.guildId, scene.textChannelId, `session ${command}`, options);

/** An evening with one utterance, as its worker left it. */
async function evening(name: string, change: Partial<ReturnType<typeof row>> = {}): Promise<string> {
  const uid = change.uid ?? randomUUID();
  const { namespace, guildId } = scene;
  await sessions.upsertSession({ ...row(uid), namespace, guildId, campaign: 'night', name, ...change });
  await sessions.appendSegment(segment(uid));
  return uid;
}

async function write(sessionUid: string, text: string): Promise<void> {
  const { revision, segments } = await new TranscriptReader(database).revision(sessionUid);
  const key = { sessionUid, revision, language: 'en', model: 'gpt-4o-mini' };
  await new RecapStore(database).save({ ...key, text, segments });
}

/** The recap that was asked for last. */
const requested = (...before: readonly string[]) =>
  eventually('a recap is asked for', async () =>
    (await recaps()).find(({ metadata }) => !before.includes(metadata.name)),
  );

const recaps = async () => (await scene.sessions()).filter(({ spec }) => spec.mode === 'Recap');

/** The operator's part: every phase from here to the end. */
async function ends(name: string, endReason: VoiceSessionStatus['endReason'], reason: string): Promise<void> {
  const failed = endReason !== 'Completed';
  for (const phase of ['Pending', 'Provisioning', 'Connecting', 'Active', 'Draining'] as const) {
    await scene.operatorStatus(name, { phase });
  }
  await scene.operatorStatus(name, {
    phase: failed ? 'Failed' : 'Ended',
    endReason,
    reason,
  } as VoiceSessionStatus);
}

const said = (reply: unknown) => JSON.stringify(reply);

test('two who ask share one recap, which is shown to both, and at once to whoever asks later', async () => {
  await evening('monday', { startedAt: new Date('2026-01-01T20:00:00Z') });
  const uid = await evening('thursday', { startedAt: new Date('2026-01-04T20:00:00Z') });
  const [first, second] = await Promise.all([use('recap'), use('recap')]);
  await first.waitForReply('I am writing the recap of `thursday`');
  await second.waitForReply('I am writing the recap of `thursday`');
  const request = await requested();
  expect(request.spec).toMatchObject({
    recapOf: 'thursday',
    campaignRef: { name: 'night' },
    guildId: scene.guildId,
    requestedBy: { userId: gandalf.userId },
  });
  expect(request.metadata.name).toMatch(/^thursday-recap-[0-9a-f]{8}$/);

  // A table on the same server does not notice it.
  expect(said(await (await use('status')).waitForReply(/./))).toContain('No session runs');
  await write(uid, `Once there was a bridge. ${'And it fell. '.repeat(400)}`);
  expect(await recaps()).toHaveLength(1);
  await ends(request.metadata.name, 'Completed', 'Completed');
  const shown = await first.waitForReply('What happened in The Long Night');
  expect(said(shown)).toContain('Once there was a bridge.');
  await second.waitForReply('What happened in The Long Night');

  const later = await use('recap', { session: 'thursday' });
  await later.waitForReply('What happened in The Long Night');
  expect(await recaps()).toHaveLength(1);
});

test('says why there is none, each time in a sentence', async () => {
  await (await use('recap')).waitForReply('There is no transcript of any session');
  await evening('monday');
  await (await use('recap', { session: 'never' })).waitForReply('no transcript of a session `never`');
  const elsewhere = await evening('secret', { guildId: '999999999999999999' });
  await write(elsewhere, 'Nobody here may read this.');
  await (await use('recap', { session: 'secret' })).waitForReply('no transcript of a session `secret`');

  const busy = await use('recap');
  await busy.waitForReply('I am writing');
  const { metadata } = await requested();
  await ends(metadata.name, 'Rejected', 'RecapsBusy');
  await busy.waitForReply('Other recaps are being written');
  // What failed may be tried again.
  const again = await use('recap');
  await again.waitForReply('I am writing');
  const another = await requested(metadata.name);
  await ends(another.metadata.name, 'WorkerFailed', 'WorkerFailed');
  await again.waitForReply('the language model or the database failed');
});

test('the sessions of this server are offered, the last first', async () => {
  await evening('monday', { startedAt: new Date('2026-01-01T20:00:00Z') });
  await evening('thursday', { startedAt: new Date('2026-01-04T20:00:00Z') });
  await evening('elsewhere', { guildId: '999999999999999999' });
  const typing = (value: string) =>
    scene.discord.autocomplete(gandalf.userId, scene.guildId, scene.textChannelId, 'session recap', {
      name: 'session',
      value,
    });
  expect((await typing('')).map(({ value }) => value)).toEqual(['thursday', 'monday']);
  expect(await typing('mon')).toEqual([{ name: '2026-01-01 · The Long Night (monday)', value: 'monday' }]);
});

test('a recap is told in the channel, piece by piece, until somebody speaks up; without a table nobody tells it', async () => {
  const uid = await evening('monday');
  const text = Array.from({ length: 60 }, (_, index) => `This is sentence ${index}.`).join(' ');
  await write(uid, text);
  await (await use('voice-recap')).waitForReply('No session runs');

  const { name, job } = await workers.provisioned();
  await evening('tonight', { uid: (await scene.session(name)).metadata.uid, startedAt: new Date() });
  const inbox = await workers.attached(gateway, job);
  await eventually('the gateway knows the session', async () =>
    said(await (await use('voice-recap')).waitForReply(/./)).includes('still on its way'),
  );
  await scene.operatorStatus(name, { phase: 'Connecting', worker: { jobName: job } });
  await scene.operatorStatus(name, { phase: 'Active', worker: { jobName: job } });
  const telling = await eventually('the table plays', async () => {
    const handle = await use('voice-recap');
    return said(await handle.waitForReply(/./)).includes('still on its way') ? undefined : handle;
  });
  await telling.waitForReply('**Bart** tells what happened in `monday`');
  const heard: string[] = [];
  for (let piece = 0; piece < 2; piece++) {
    const spoken = await inbox.next('speak');
    expect(spoken.npc).toBe('Bart');
    expect(spoken.text.length).toBeLessThanOrEqual(500);
    heard.push(spoken.text);
    const reason = piece === 0 ? '' : 'Interrupted';
    const value = { correlationId: spoken.correlationId, error: reason, reason };
    inbox.stream.send({ $case: 'speakResult', value });
  }
  await telling.waitForReply('was interrupted');
  expect(text.startsWith(heard.join(' '))).toBe(true);
});
