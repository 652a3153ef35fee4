/** One run: one contender, one server that was made for it, a backlog and then a steady trickle. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Live } from '../../src/kube/index.ts';
import { ContenderProcess, type Launch } from './contender-process.ts';
import { atPace, inParallel } from './pace.ts';
import { requestsBetween } from './request-count.ts';
import type { Server } from './server.ts';
import { nameOf, type Session, sessionOf, sessions } from './sessions.ts';
import { percentile } from './statistics.ts';
import { StatusWatch } from './status-watch.ts';

export interface Contender {
  readonly name: string;
  readonly launch: Launch;
  /** It lists and watches nothing, and is told what to work on. */
  readonly needsObjects: boolean;
}

export interface RunSettings {
  readonly contender: Contender;
  /** Objects of the backlog. */
  readonly n: number;
  readonly workers: number;
  readonly cores: readonly number[];
  readonly steady: { readonly rate: number; readonly seconds: number };
  readonly signal: AbortSignal;
}

export interface Measurement {
  readonly objectsPerSecond: number;
  /** From the moment at which an object's creation was due to its status, seen by the harness. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly apiRequestsPerObject: number;
  readonly cpuMsPerObject: number;
  readonly peakRssMB: number;
  /** From process start until the contender said that its caches were filled or its watches stood. */
  readonly readyMs: number;
  /** User and system time of the process until then. */
  readonly readyCpuMs: number;
  /** User and system time of the server, etcd included, during the backlog: what a contender costs others. */
  readonly serverCpuMsPerObject: number;
  /** By resource and verb, during the backlog. */
  readonly requests: Readonly<Record<string, number>>;
}

/** Work that nobody waits for ends within this, milliseconds: late events, finished requests' counters. */
const settleMs = 500;
/** Without one more status in this time, a run is given up, milliseconds. */
const stallMs = 30_000;

/** @throws when the contender ends by itself or stops making progress. */
export async function measure(server: Server, settings: RunSettings): Promise<Measurement> {
  const { n, signal } = settings;
  let watch: StatusWatch | undefined;
  let process: ContenderProcess | undefined;
  try {
    const objects = await createBacklog(server, n, signal);
    const { resourceVersion } = await server.client.list(sessions, {
      namespace: server.namespace,
      limit: 1,
      signal,
    });
    watch = await StatusWatch.start(server.configuration, server.namespace, resourceVersion);
    const before = await server.requests();
    await delay(settleMs, undefined, { signal });

    const startedAt = performance.now();
    process = start(server, settings, objects);
    const backlog = finished(n, { watch, process, signal });
    backlog.catch(() => {});
    const readyAt = await process.event('ready', signal);
    const atReady = await process.usage();
    const serverAtReady = await server.cpuMs();
    const lastAt = await backlog;
    await delay(settleMs, undefined, { signal });
    const atEnd = await process.usage();
    const serverAtEnd = await server.cpuMs();
    const requests = requestsBetween(before, await server.requests());

    const latencies = await steady(server, process, watch, settings);
    return {
      objectsPerSecond: n / ((lastAt - readyAt) / 1000),
      p50Ms: percentile(latencies, 0.5),
      p99Ms: percentile(latencies, 0.99),
      apiRequestsPerObject: sum(Object.values(requests)) / n,
      cpuMsPerObject: (atEnd.cpuMs - atReady.cpuMs) / n,
      peakRssMB: atEnd.peakRssMB,
      readyMs: readyAt - startedAt,
      readyCpuMs: atReady.cpuMs,
      serverCpuMsPerObject: (serverAtEnd - serverAtReady) / n,
      requests,
    };
  } finally {
    await process?.stop();
    await watch?.stop();
  }
}

/** Creates `n` sessions. */
export async function createBacklog(
  server: Server,
  n: number,
  signal: AbortSignal,
): Promise<readonly Live<Session>[]> {
  const objects: Live<Session>[] = [];
  await inParallel(n, 16, async (number) => {
    const wanted = sessionOf(server.namespace, nameOf('backlog', number), number);
    objects.push(await server.client.create(sessions, wanted, { signal }));
  });
  return objects;
}

/** Starts the contender on the server, and tells it the objects if it watches none. */
export function start(
  server: Server,
  { contender, workers, cores }: Pick<RunSettings, 'contender' | 'workers' | 'cores'>,
  objects: readonly Live<Session>[],
): ContenderProcess {
  const { name, launch, needsObjects } = contender;
  const args = [...launch.args, '--kubeconfig', server.kubeconfig];
  args.push('--namespace', server.namespace, '--workers', String(workers));
  const process = new ContenderProcess(name, { ...launch, args }, cores);
  if (needsObjects) for (const object of objects) process.feed(taskOf(object));
  return process;
}

/** What a contender that watches nothing has to know of an object: see peers/limit/objects.ts. */
function taskOf({ metadata, spec }: Live<Session>): string {
  const { name, uid, resourceVersion } = metadata;
  return JSON.stringify({ name, uid, resourceVersion, revision: spec.revision });
}

/** Resolves with the moment of the last of the first `n` objects' status. */
export async function finished(
  n: number,
  { watch, process, signal }: { watch: StatusWatch; process: ContenderProcess; signal: AbortSignal },
): Promise<number> {
  const seen = new Set<string>();
  let lastAt = 0;
  let movedAt = performance.now();
  const off = watch.onStatus(({ name, at }) => {
    if (seen.has(name)) return;
    seen.add(name);
    lastAt = at;
    movedAt = at;
  });
  try {
    while (seen.size < n) {
      await delay(20, undefined, { signal });
      watch.check();
      if (!process.running) throw process.failure();
      if (performance.now() - movedAt > stallMs) {
        throw new Error(`${process.name} stopped at ${seen.size} of ${n} objects for ${stallMs / 1000} s`);
      }
    }
    return lastAt;
  } finally {
    off();
  }
}

/** Creates objects at a fixed rate, whatever becomes of them, and returns how long each one's status took. */
async function steady(
  server: Server,
  process: ContenderProcess,
  watch: StatusWatch,
  { steady: { rate, seconds }, contender, signal }: RunSettings,
): Promise<number[]> {
  const dueAt = new Map<string, number>();
  const latencies: number[] = [];
  const off = watch.onStatus(({ name, at }) => {
    const due = dueAt.get(name);
    if (due === undefined) return;
    dueAt.delete(name);
    latencies.push(at - due);
  });
  try {
    const count = Math.round(rate * seconds);
    await atPace({ rate, count, signal }, async (number, due) => {
      const name = nameOf('steady', number);
      dueAt.set(name, due);
      const object = await server.client.create(sessions, sessionOf(server.namespace, name, number), {
        signal,
      });
      if (contender.needsObjects) process.feed(taskOf(object));
    });
    const deadline = performance.now() + stallMs;
    while (dueAt.size > 0) {
      await delay(20, undefined, { signal });
      watch.check();
      if (!process.running) throw process.failure();
      if (performance.now() > deadline) {
        throw new Error(`${process.name} left ${dueAt.size} of ${count} objects without a status`);
      }
    }
    return latencies;
  } finally {
    off();
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
