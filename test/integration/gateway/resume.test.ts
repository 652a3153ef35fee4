import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import type { Gateway } from '../../../gateway/gateway.ts';
import { WorkerReport, WorkerState } from '../../../src/rpc/generated/skald/v1/gateway.ts';
import { migrate } from '../../../src/store/migrate.ts';
import type { InteractionHandle, PersonHandle } from '../../discord/api.ts';
import { type TestDatabase, testDatabase } from '../store/database.ts';
import type { Inbox } from './inbox.ts';
import { eventually, Scene } from './scene.ts';
import { Workers } from './workers.ts';

let database: TestDatabase;
let scene: Scene;
let gateway: Gateway;
let workers: Workers;
let gameMaster: PersonHandle;

beforeAll(async () => {
  database = await testDatabase();
  await migrate({ url: database.url, schema: 'skald', set: 'shared' });
  scene = await Scene.create({ kubeconfig: inject('kubeconfig'), databaseUrl: database.url });
  gateway = await scene.startGateway();
  workers = new Workers(scene);
  gameMaster = await scene.discord.person({
    guildId: scene.guildId,
    name: 'Gandalf',
    roles: [scene.gameMasterRole],
  });
});

afterAll(async () => {
  await scene?.close();
  await database?.[Symbol.asyncDispose]();
});

afterEach(async () => {
  await workers?.clear();
});

async function count(kind: 'gatewayIdentify' | 'gatewayResumed'): Promise<number> {
  return (await scene.discord.events()).filter((event) => event.kind === kind).length;
}

/** A worker in the channel, as its reports say. */
async function listening(): Promise<{ readonly name: string; readonly job: string; readonly inbox: Inbox }> {
  const { name, job } = await workers.provisioned();
  const inbox = await workers.attached(gateway, job);
  workers.join(inbox);
  await inbox.next('voiceServerUpdate');
  report(inbox, true);
  await eventually('the status says so', async () => (await scene.session(name)).status?.voice?.connected);
  return { name, job, inbox };
}

function report(inbox: Inbox, voiceConnected: boolean): void {
  const value = WorkerReport.create({ state: WorkerState.RUNNING, voiceConnected });
  inbox.stream.send({ $case: 'report', value });
}

/** The next process of the same gateway. @param between what happens while there is none */
async function restart(between: () => Promise<void> = async () => {}): Promise<void> {
  await scene.stopGateway(gateway);
  await between();
  gateway = await scene.startGateway();
}

describe('the next process of a gateway', () => {
  test('resumes: nobody identifies, the bot stays in voice, and who is connected is left alone', async () => {
    const { job } = await listening();
    const identified = await count('gatewayIdentify');
    const resumed = await count('gatewayResumed');
    const [before] = await scene.discord.voiceStates(scene.guildId);
    await restart();
    expect(await count('gatewayIdentify')).toBe(identified);
    expect(await count('gatewayResumed')).toBe(resumed + 1);
    expect(await scene.discord.voiceStates(scene.guildId)).toEqual([before]);
    const again = await workers.attached(gateway, job);
    report(again, true);
    await answered(again);
    expect(again.cases).not.toContain('rejoinVoice');
    expect(again.cases).not.toContain('voiceServerUpdate');
    // A move of the voice server reaches it as ever.
    await scene.discord.inject({
      kind: 'moveVoiceServer',
      guildId: scene.guildId,
      userId: scene.applicationId,
    });
    await again.next('voiceServerUpdate');
  });

  test('asks a worker to join again that lost its voice connection meanwhile', async () => {
    const { job } = await listening();
    await restart();
    const again = await workers.attached(gateway, job);
    report(again, false);
    // Before or after Configure, which waits for what the database says.
    await eventually('it is asked to join again', () => again.cases.includes('rejoinVoice'));
  });

  test('is told what happened in between, and nothing twice', async () => {
    const { job } = await listening();
    let channelId = '';
    await restart(async () => {
      channelId = await scene.discord.addChannel(scene.guildId, { type: 'voice', name: 'Cellar' });
      await scene.discord.moveMember(scene.guildId, scene.applicationId, channelId);
    });
    const again = await workers.attached(gateway, job);
    report(again, true);
    await answered(again);
    const members = again.received.flatMap((message) =>
      message.$case === 'channelMembers' ? [message.value.members.map(({ userId }) => userId)] : [],
    );
    expect(members).toEqual([[scene.applicationId]]);
    // It knows the new channel: it would refuse one that it does not.
    workers.join(again, channelId);
    expect((await again.next('voiceStateUpdate')).channelId).toBe(channelId);
    await scene.discord.moveMember(scene.guildId, scene.applicationId, scene.voiceChannelId);
  });

  test('passes on to a worker what it needs after a move that nobody could tell it', async () => {
    const { job } = await listening();
    const channelId = await scene.discord.addChannel(scene.guildId, { type: 'voice', name: 'Attic' });
    await restart(() => scene.discord.moveMember(scene.guildId, scene.applicationId, channelId));
    const again = await workers.attached(gateway, job);
    report(again, false);
    expect((await again.next('voiceStateUpdate')).channelId).toBe(channelId);
    await again.next('voiceServerUpdate');
    expect(again.cases).not.toContain('rejoinVoice');
  });

  test('answers a command that came while there was none', async () => {
    const asked: Promise<InteractionHandle>[] = [];
    await restart(async () => void asked.push(status()));
    await (await asked[0])?.waitForReply();
  });

  test('leaves alone a command that Discord has given up', async () => {
    // The person waits as long as Discord does.
    await restart(async () => void (await status()));
    await eventually('it is dropped', () => scene.log.includes('too old to be answered'));
  });

  test('begins anew when Discord has forgotten the session, and the worker joins again', async () => {
    const { job } = await listening();
    const identified = await count('gatewayIdentify');
    await restart(async () => {
      await scene.discord.inject({
        kind: 'invalidateSession',
        applicationId: scene.applicationId,
        resumable: false,
      });
    });
    expect(await count('gatewayIdentify')).toBe(identified + 1);
    const again = await workers.attached(gateway, job);
    // Before or after Configure, which waits for what the database says.
    await eventually('it is asked to join again', () => again.cases.includes('rejoinVoice'));
  });

  test('finds nothing of a bot that was given up', async () => {
    await eventually('it is kept', async () => (await kept()) === 1);
    await scene.assign(undefined);
    await eventually('it is forgotten', async () => (await kept()) === 0);
    await scene.assign('skald-gateway-0');
    await scene.connected(gateway);
  });

  test('is another slot, and goes on with the session all the same', async () => {
    const resumed = await count('gatewayResumed');
    const other = await scene.startGateway({ slot: 3, connected: false });
    await scene.assign('skald-gateway-3');
    await scene.connected(other);
    expect(await count('gatewayResumed')).toBe(resumed + 1);
    await scene.assign('skald-gateway-0');
    await scene.connected(gateway);
    expect(await count('gatewayResumed')).toBe(resumed + 2);
  });
});

async function kept(): Promise<number> {
  const [row] = await database.admin('SELECT count(*)::int AS n FROM skald.gateway_sessions');
  return Number(row?.n);
}

/** Waits until the gateway has handled all that the worker has sent: it answers in order. */
async function answered(inbox: Inbox): Promise<void> {
  workers.join(inbox, '100000000000009999');
  await inbox.next('voiceRefused');
}

function status() {
  return scene.discord.command(gameMaster.userId, scene.guildId, scene.textChannelId, 'session status', {});
}
