/** 5,000 live sessions whose spec changes all the time: does the runtime keep up, and does its queue stay short? */
import { setTimeout as delay } from 'node:timers/promises';
import { freePorts } from '../../hack/process/free-port.ts';
import type { ContenderProcess } from './contender-process.ts';
import { type Contender, createBacklog, finished, start } from './measure.ts';
import { atPace } from './pace.ts';
import { QueueSampler } from './queue-sampler.ts';
import type { Server } from './server.ts';
import { nameOf, sessions } from './sessions.ts';
import { percentile } from './statistics.ts';
import { StatusWatch } from './status-watch.ts';

export interface LiveResult {
  readonly n: number;
  readonly minutes: number;
  /** Writes per second of the backlog: three for each object. */
  readonly writesPerSecond: number;
  /** 30 % of that. */
  readonly changesPerSecond: number;
  /** From the moment at which a change was due to a status that shows it or a later one, seen by the harness. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** The contender's own workqueue_depth, sampled: see queue-sampler.ts. */
  readonly deepestQueue: number;
  readonly deepestQueueAtEnd: number;
  readonly cpuShare: number;
  readonly peakRssMB: number;
}

export interface LiveSettings {
  readonly contender: Contender;
  readonly n: number;
  readonly minutes: number;
  readonly workers: number;
  readonly cores: readonly number[];
  readonly signal: AbortSignal;
}

/** Of the write rate that the same run measured. */
const changeShare = 0.3;
/** Secret, Job, status. */
const writesPerObject = 3;
const patienceMs = 30_000;

/** @throws when the contender ends by itself or leaves a change without a status. */
export async function measureLive(server: Server, settings: LiveSettings): Promise<LiveResult> {
  const { n, minutes, signal } = settings;
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
    const [port = 0] = await freePorts(1);
    process = start(server, withMetrics(settings, port), objects);
    const backlog = finished(n, { watch, process, signal });
    backlog.catch(() => {});
    const readyAt = await process.event('ready', signal);
    const writesPerSecond = (writesPerObject * n) / (((await backlog) - readyAt) / 1000);
    const changesPerSecond = changeShare * writesPerSecond;

    const queue = new QueueSampler(`http://127.0.0.1:${port}/metrics`);
    const before = await process.usage();
    const count = Math.round(changesPerSecond * minutes * 60);
    const latencies = await change(server, process, watch, { n, count, rate: changesPerSecond, signal });
    const after = await process.usage();
    const depths = await queue.stop();
    return {
      n,
      minutes,
      writesPerSecond,
      changesPerSecond,
      p50Ms: percentile(latencies, 0.5),
      p99Ms: percentile(latencies, 0.99),
      maxMs: Math.max(0, percentile(latencies, 1)),
      deepestQueue: percentile(depths, 1),
      deepestQueueAtEnd: percentile(depths.slice(-Math.ceil(depths.length / 5)), 1),
      cpuShare: (after.cpuMs - before.cpuMs) / (minutes * 60_000),
      peakRssMB: after.peakRssMB,
    };
  } finally {
    await process?.stop();
    await watch?.stop();
  }
}

/** Raises the revision of one session after another, in turns, and returns how long each change took to show. */
async function change(
  { client, namespace }: Server,
  process: ContenderProcess,
  watch: StatusWatch,
  { n, count, rate, signal }: { n: number; count: number; rate: number; signal: AbortSignal },
): Promise<number[]> {
  const open = new Map<string, { revision: number; dueAt: number }[]>();
  const latencies: number[] = [];
  const off = watch.onStatus(({ name, revision, at }) => {
    const changes = open.get(name);
    while (changes?.[0] !== undefined && changes[0].revision <= revision) {
      latencies.push(at - changes[0].dueAt);
      changes.shift();
    }
  });
  try {
    await atPace({ rate, count, signal }, async (number, dueAt) => {
      if (!process.running) throw process.failure();
      const name = nameOf('backlog', number % n);
      const revision = 2 + Math.floor(number / n);
      const changes = open.get(name) ?? [];
      changes.push({ revision, dueAt });
      open.set(name, changes);
      await client.patch(sessions, { namespace, name }, { merge: { spec: { revision } } }, { signal });
    });
    const deadline = performance.now() + patienceMs;
    while (latencies.length < count) {
      await delay(20, undefined, { signal });
      watch.check();
      if (!process.running) throw process.failure();
      if (performance.now() > deadline) {
        throw new Error(`${count - latencies.length} of ${count} changes were never reconciled`);
      }
    }
    return latencies;
  } finally {
    off();
  }
}

function withMetrics(settings: LiveSettings, port: number): LiveSettings {
  const { contender } = settings;
  const args = [...contender.launch.args, '--metrics-port', String(port)];
  return { ...settings, contender: { ...contender, launch: { ...contender.launch, args } } };
}
