/**
 * A gateway's process is replaced while an NPC talks, by SIGTERM and by SIGKILL: what is heard is what would have been heard
 * otherwise, at the same time. Gateway and worker are programs of their own, Discord is the simulator with DAVE.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import opus from '@discordjs/opus';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { tenants } from '../../../gateway/resources.ts';
import { slotPlace } from '../../../src/api/gateway-place.ts';
import { gatewayDnsNames } from '../../../src/rpc/identity.ts';
import { migrate } from '../../../src/store/migrate.ts';
import type { PersonHandle, TalkSpurt } from '../../discord/api.ts';
import { trust } from '../../discord/testing.ts';
import { ProviderDouble } from '../../providers/double.ts';
import { type TestDatabase, testDatabase } from '../store/database.ts';
import { programConnected } from './program.ts';
import { eventually, Scene } from './scene.ts';

/** One sentence of about sixteen seconds. An idle machine has replaced the gateway twice before its end. */
const TEXT =
  'The old bridge over the river fell in the night of the great storm and nobody from the valley has crossed the water since then except for the ferryman and his grey dog who both say that something large and very old lies under the stones and counts the boats';
const JOB = 'evening-job';
/** 48 kHz, stereo, 16 bit. */
const BYTES_PER_MS = 48 * 2 * 2;
/** Of the left channel every fourth sample is looked at: 12 a millisecond. */
const SAMPLES_PER_MS = 12;
/** So much is compared at a time, milliseconds: a few syllables. */
const WINDOW_MS = 400;
/** How far apart the same sound is looked for, milliseconds. */
const MOST_SHIFT_MS = 40;
/** A frame that is missing, or said twice, moves everything behind it by 20 ms. */
const FRAME_MS = 20;

let database: TestDatabase;
let scene: Scene;
let gameMaster: PersonHandle;
let port: number;
let directory: string;
let providers: ProviderDouble;
let gateway: ChildProcess;
let worker: ChildProcess;
const running = new Set<ChildProcess>();

beforeAll(async () => {
  database = await testDatabase();
  await migrate({ url: database.url, schema: 'skald', set: 'shared' });
  scene = await Scene.create({ kubeconfig: inject('kubeconfig'), databaseUrl: database.url });
  trust(scene.discord);
  providers = new ProviderDouble();
  await providers.start();
  directory = await mkdtemp(join(tmpdir(), 'skald-restart-test-'));
  const provider = { kind: 'openai', model: 'double', baseURL: providers.baseURL };
  await scene.client.patch(
    tenants,
    { name: scene.tenantName },
    { merge: { spec: { providers: { stt: provider, llm: provider, tts: provider } } } },
  );
  gameMaster = await scene.discord.person({
    guildId: scene.guildId,
    name: 'Gandalf',
    roles: [scene.gameMasterRole],
  });
  port = await freePort();
  gateway = await startGateway();
  await gameMaster.joinVoice(scene.voiceChannelId);
  await scene.createSession('evening');
  await scene.operatorStatus('evening', { phase: 'Provisioning', worker: { jobName: JOB } });
  worker = await startWorker();
  await eventually(
    'the worker listens',
    async () => (await scene.session('evening')).status?.voice?.state === 'Listening',
    60_000,
  );
  // What the operator would say of a session whose worker listens.
  await scene.operatorStatus('evening', { phase: 'Active', worker: { jobName: JOB } });
  const commands = () => scene.discord.commands(scene.applicationId);
  await eventually('commands are registered', async () => (await commands())[scene.guildId]?.includes('npc'));
}, 120_000);

afterAll(async () => {
  const ended = [...running].map((child) => once(child, 'exit'));
  for (const child of running) child.kill('SIGKILL');
  await Promise.all(ended);
  await providers?.stop();
  await scene?.close();
  await database?.[Symbol.asyncDispose]();
  if (directory !== undefined) await rm(directory, { recursive: true, force: true });
});

test('nobody hears that the gateway was replaced, twice', async () => {
  const { heard: undisturbed, spurts: usual } = await speech(async () => {});
  const joins = await count('opcode4');
  const { heard, spurts, tookMs } = await speech(async () => {
    for (const [index, signal] of (['SIGTERM', 'SIGKILL'] as const).entries()) {
      gateway.kill(signal);
      await once(gateway, 'exit');
      gateway = await startGateway();
      expect(await count('gatewayResumed'), signal).toBe(index + 1);
      await eventually('the worker is attached again', () => attachedTo(gateway), 20_000);
    }
  });
  console.info(
    `replaced twice in ${tookMs.toFixed(0)} ms, while ${heard.length / BYTES_PER_MS} ms were said; moved by at most ${worstShift(heard, undisturbed)} ms; longest gap ${gapOf(spurts)} ms, undisturbed ${gapOf(usual)} ms`,
  );
  for (const spurt of spurts) {
    expect(spurt).toMatchObject({ lost: 0, duplicated: 0, timestampJumps: 0, undecryptable: 0 });
  }
  expect(heard.length).toBe(undisturbed.length);
  expect(worstShift(heard, undisturbed)).toBeLessThan(FRAME_MS / 4);
  // One frame too few would be seen.
  expect(worstShift(heard.subarray(FRAME_MS * BYTES_PER_MS), undisturbed)).toBeGreaterThan(FRAME_MS / 2);
  expect(await count('gatewayIdentify')).toBe(1);
  expect(await count('opcode4')).toBe(joins);
  expect(worker.exitCode).toBeNull();
}, 180_000);

interface Speech {
  /** 48 kHz, stereo, 16 bit. */
  readonly heard: Buffer;
  /** One, where this machine kept up. */
  readonly spurts: readonly TalkSpurt[];
  /** How long what was done meanwhile took. */
  readonly tookMs: number;
}

/** Lets the NPC say the text, does something once it is to be heard, and gives what was heard. */
async function speech(meanwhile: () => Promise<void>): Promise<Speech> {
  await gameMaster.forgetHeard();
  const asked = await scene.discord.command(
    gameMaster.userId,
    scene.guildId,
    scene.textChannelId,
    'npc speak',
    { npc: 'Bart', text: TEXT },
  );
  await eventually(
    `it is to be heard (${(await asked.replies()).at(-1)?.text})`,
    async () => (await gameMaster.heard()).length > 0,
  );
  const begun = performance.now();
  await meanwhile();
  const tookMs = performance.now() - begun;
  const packets = await everything();
  const decoder = new opus.OpusEncoder(48_000, 2);
  const spurts = await gameMaster.heard();
  return { heard: Buffer.concat(packets.map((packet) => decoder.decode(packet))), spurts, tookMs };
}

/**
 * How far the same sound lies from where it should, milliseconds: of each stretch the shift at which it is most alike. The
 * encoder remembers what it encoded before, so the same samples do not come out as the same bits, nor as the same wave.
 */
function worstShift(heard: Buffer, expected: Buffer): number {
  const one = samplesOf(heard);
  const other = samplesOf(expected);
  const window = WINDOW_MS * SAMPLES_PER_MS;
  const margin = MOST_SHIFT_MS * SAMPLES_PER_MS;
  let worst = 0;
  for (let start = margin; start + window + margin < other.length; start += window) {
    let best = { alike: Number.NEGATIVE_INFINITY, shiftMs: 0 };
    for (let shiftMs = -MOST_SHIFT_MS; shiftMs <= MOST_SHIFT_MS; shiftMs++) {
      const alike = likeness(one, other, { start, window, shift: shiftMs * SAMPLES_PER_MS });
      if (alike > best.alike) best = { alike, shiftMs };
    }
    worst = Math.max(worst, Math.abs(best.shiftMs));
  }
  return worst;
}

/** Correlation of a stretch of the one with a stretch of the other that begins `shift` samples earlier. */
function likeness(
  one: Float64Array,
  other: Float64Array,
  { start, window, shift }: { start: number; window: number; shift: number },
): number {
  let [product, energy] = [0, 1];
  for (let at = start; at < start + window; at++) {
    const sample = one[at - shift] ?? 0;
    product += sample * (other[at] ?? 0);
    energy += sample ** 2;
  }
  return product / Math.sqrt(energy);
}

function samplesOf(pcm: Buffer): Float64Array {
  const samples = new Int16Array(pcm.buffer, pcm.byteOffset, pcm.byteLength / 2);
  return Float64Array.from({ length: Math.floor(samples.length / 8) }, (_, n) => samples[n * 8] ?? 0);
}

/** Milliseconds. A machine that is busy with other things makes gaps, too; the sound shows none. */
function gapOf(spurts: readonly TalkSpurt[]): string {
  return Math.max(...spurts.map(({ longestGapMs }) => longestGapMs)).toFixed(0);
}

/** The packets, when no more have come for a while. */
async function everything(): Promise<readonly Buffer[]> {
  let packets = await gameMaster.heardPackets(scene.applicationId);
  let since = performance.now();
  return await eventually(
    'it has been said',
    async () => {
      const now = await gameMaster.heardPackets(scene.applicationId);
      if (now.length > packets.length) since = performance.now();
      packets = now;
      return performance.now() - since > 2_500 ? packets : undefined;
    },
    60_000,
  );
}

async function startGateway(): Promise<ChildProcess> {
  const child = start(fileURLToPath(new URL('../../../cli/skald.ts', import.meta.url)), ['gateway'], {
    ...(await scene.gatewayEnvironment(port)),
    PATH: process.env.PATH ?? '',
  });
  await programConnected(scene, port);
  return child;
}

async function startWorker(): Promise<ChildProcess> {
  const session = join(directory, 'session');
  const identity = await scene.workerIdentity(JOB);
  await mkdir(session);
  await writeFile(join(session, 'tls.crt'), identity.certificate);
  await writeFile(join(session, 'tls.key'), identity.privateKey);
  await writeFile(join(session, 'ca.crt'), identity.authority);
  return start(fileURLToPath(new URL('../../../worker/worker.ts', import.meta.url)), [], {
    PATH: process.env.PATH ?? '',
    NODE_EXTRA_CA_CERTS: scene.discord.addresses.caFile,
    SKALD_GATEWAY_ADDRESS: `127.0.0.1:${port}`,
    SKALD_GATEWAY_SERVER_NAME: gatewayDnsNames(slotPlace(0), 'skald-system')[0] ?? '',
    SKALD_POD_NAME: `${JOB}-x`,
    SKALD_POD_UID: 'pod-1',
    SKALD_SESSION_DIRECTORY: session,
    SKALD_TERMINATION_LOG: join(directory, 'termination'),
    SKALD_HEALTH_PORT: '0',
  });
}

const logs = new WeakMap<ChildProcess, string[]>();

function start(program: string, args: readonly string[], env: Record<string, string>): ChildProcess {
  const child = spawn(process.execPath, [program, ...args], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  running.add(child);
  child.once('exit', () => running.delete(child));
  const log: string[] = [];
  logs.set(child, log);
  child.stdout?.on('data', (chunk: Buffer) => {
    log.push(chunk.toString());
    if (process.env.SKALD_TEST_LOG !== undefined) process.stdout.write(chunk);
  });
  return child;
}

function attachedTo(child: ChildProcess): boolean {
  return logs.get(child)?.join('').includes('Worker attached') === true;
}

async function count(kind: 'opcode4' | 'gatewayIdentify' | 'gatewayResumed'): Promise<number> {
  return (await scene.discord.events()).filter((event) => event.kind === kind).length;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (typeof address !== 'object' || address === null) throw new Error('no TCP address');
  return address.port;
}
