import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { freePorts } from '../../../hack/process/free-port.ts';
import { GuardedProcess } from '../../../hack/process/guarded.ts';
import { warmJobName } from '../../../src/api/index.ts';
import { WorkerReport, WorkerState } from '../../../src/rpc/generated/skald/v1/gateway.ts';
import { Inbox } from '../gateway/inbox.ts';
import { eventually, Scene } from '../gateway/scene.ts';
import type { Done, Orders } from './attacker.ts';
import { Neighbour } from './neighbour.ts';

// A tenant's workers flood the gateway in every way they can; another tenant's worker goes on as before. The gateway and
// the flood are programs of their own, which do not outlive the test: a gateway that was left over would take the next
// tests' bots.

const SECONDS = 12;
/** Of one question of the neighbour’s worker and its answer during the flood, on a machine that the flood shares, milliseconds. */
const MOST_P99_MS = 1_500;
/** The gateway's memory may grow by so much, MiB. */
const MOST_GROWTH_MIB = 128;

let scene: Scene;
let neighbour: Neighbour;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skald-flood-'));
  scene = await Scene.create({ kubeconfig: inject('kubeconfig'), databaseUrl: inject('databaseUrl') });
  neighbour = await Neighbour.create(scene);
});

afterAll(async () => {
  await neighbour?.close();
  await scene?.close();
  await rm(folder, { recursive: true, force: true });
});

test('a tenant that floods the gateway slows no other tenant down, and does not fill its memory', async () => {
  const [port = 0, healthPort = 0] = await freePorts(2);
  const logFile = join(folder, 'gateway.log');
  const gateway = await program('gateway', '../../../cli/skald.ts', ['gateway'], {
    logFile,
    environment: { ...(await scene.gatewayEnvironment(port)), SKALD_HEALTH_PORT: String(healthPort) },
  });
  try {
    const job = await neighbour.provisioned('parlour');
    const identity = await scene.workerIdentity(job, neighbour.namespace);
    const inbox = await eventually(
      'the neighbour’s worker is served',
      async () => {
        const attempt = new Inbox(await scene.dial({ port }, { identity }));
        return await attempt.next('configure').then(
          () => attempt,
          () => undefined,
        );
      },
      40_000,
    );
    const quiet = await latencies(inbox, 3_000);
    const before = await memoryOf(gateway.pid);
    const identities = await Promise.all(
      Array.from({ length: 14 }, (_, index) => scene.workerIdentity(warmJobName(`flood${index}`))),
    );
    const flood = attack({ port, seconds: SECONDS, identities });
    const peak = peakOf(gateway.pid, SECONDS * 1000);
    const during = await latencies(inbox, SECONDS * 1000);
    const [did, most] = await Promise.all([flood, peak]);
    const metrics = await (await fetch(`http://127.0.0.1:${healthPort}/metrics`)).text();
    const limited = [...metrics.matchAll(/^skald_gateway_limited_total\{reason="(\w+)".*\} (\d+)$/gm)];
    const summary = {
      quietP99Ms: percentile(quiet, 0.99),
      p50Ms: percentile(during, 0.5),
      p99Ms: percentile(during, 0.99),
      samples: during.length,
      memoryMiB: [before, most],
      limited: Object.fromEntries(limited.map(([, reason, count]) => [reason, Number(count)])),
      did,
      logLines: (await readFile(logFile, 'utf8'))
        .split('\n')
        .filter((line) => line.includes('Beyond a limit')).length,
    };
    process.stdout.write(`flood: ${JSON.stringify(summary)}\n`);

    // It was a flood.
    expect(did.bytes).toBeGreaterThan(5_000_000);
    expect(did.streams).toBeGreaterThan(100);
    expect(summary.samples).toBeGreaterThan(15);
    expect(summary.p99Ms).toBeLessThan(MOST_P99_MS);
    expect(most - before).toBeLessThan(MOST_GROWTH_MIB);
    gateway.check();
    for (const reason of ['message_rate', 'byte_rate', 'message_malformed', 'stream_limit', 'penalty'])
      expect(summary.limited[reason], reason).toBeGreaterThan(0);
    expect(summary.logLines).toBeLessThan(200);
    // And afterwards it is as it was.
    inbox.stream.send({
      $case: 'report',
      value: WorkerReport.create({ state: WorkerState.RUNNING, voiceConnected: true }),
    });
    await eventually(
      'the neighbour’s state is written',
      async () => (await neighbour.session('parlour')).status?.voice?.connected === true,
    );
    expect(inbox.cases).not.toContain('stop');
  } finally {
    await gateway.stop('SIGTERM');
  }
}, 180_000);

/** How long an answer takes: a join into a channel that is not the session's is refused by the gateway itself. */
async function latencies(inbox: Inbox, milliseconds: number): Promise<number[]> {
  const taken: number[] = [];
  const end = performance.now() + milliseconds;
  while (performance.now() < end) {
    const asked = performance.now();
    inbox.stream.send({
      $case: 'voiceStateRequest',
      value: { guildId: neighbour.guildId, channelId: '1', selfMute: false, selfDeaf: false },
    });
    // Fails when the stream has ended, or nothing comes.
    await inbox.next('voiceRefused', 20_000);
    taken.push(performance.now() - asked);
    await sleep(300);
  }
  return taken;
}

async function attack(orders: Orders): Promise<Done> {
  const ordersFile = join(folder, 'orders.json');
  await writeFile(ordersFile, JSON.stringify(orders), { mode: 0o600 });
  const logFile = join(folder, 'flood.log');
  const flood = await program('flood', './attacker.ts', [ordersFile], { logFile });
  await sleep(orders.seconds * 1000);
  await flood.stop();
  const last = (await readFile(logFile, 'utf8')).split('\n').findLast((line) => line.endsWith('}'));
  if (last === undefined) throw new Error('the flood never began');
  return JSON.parse(last);
}

function program(
  name: string,
  file: string,
  args: readonly string[],
  options: { readonly logFile: string; readonly environment?: NodeJS.ProcessEnv },
): Promise<GuardedProcess> {
  const path = fileURLToPath(new URL(file, import.meta.url));
  return GuardedProcess.start(name, { program: process.execPath, arguments: [path, ...args], ...options });
}

async function peakOf(pid: number | undefined, milliseconds: number): Promise<number> {
  let most = 0;
  const end = performance.now() + milliseconds;
  while (performance.now() < end) {
    most = Math.max(most, await memoryOf(pid));
    await sleep(200);
  }
  return most;
}

/** Resident, MiB. */
async function memoryOf(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Math.round(Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024);
}

function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  return Math.round((sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN) * 10) / 10;
}
