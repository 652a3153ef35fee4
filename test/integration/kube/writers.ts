/** Starts fenced-writer.ts as processes, and keeps the history of what took effect of their writes. */
import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import {
  configMaps,
  type KubeObject,
  leases,
  type Resource,
  type WatchEvent,
} from '../../../src/kube/index.ts';
import { FaultProxy } from '../../conformance/proxy/fault-proxy.ts';
import { type Harness, until } from './harness.ts';

/** The ways in which an operator writes; each has an object of that name. */
export const ways = ['update', 'apply', 'merge', 'json', 'remake'] as const;
export type Way = (typeof ways)[number];

interface WriterSettings {
  kubeconfig: string;
  /** URL of its proxy. */
  server: string;
  /** Verifies the proxy; PEM. */
  ca: string;
  namespace: string;
  identity: string;
}

export function isWriterSettings(value: unknown): value is WriterSettings {
  return typeof value === 'object' && value !== null && 'server' in value && 'identity' in value;
}

export type FromWriter =
  | { type: 'ready' }
  | { type: 'leads' | 'stopped'; term: string }
  | { type: 'wrote'; way: Way }
  | { type: 'failed'; message: string };

export interface Writer {
  readonly proxy: FaultProxy;
  /** Everything that it said. */
  readonly said: readonly FromWriter[];
  signal(name: 'SIGTERM' | 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void;
  /** Waits until it has written in every way since it began to lead for the last time. */
  writesAll(withinMs?: number): Promise<number>;
  /** Waits until it says this. */
  says(type: FromWriter['type'], withinMs?: number): Promise<number>;
  /** Resolves with its exit code. */
  readonly ended: Promise<number | null>;
}

export async function startWriter(
  { configuration, namespace, atEnd }: Harness,
  kubeconfig: string,
  identity: string,
): Promise<Writer> {
  const proxy = await FaultProxy.start(configuration);
  const through = proxy.through(configuration);
  const { ca = '' } = (await through.credentials()).tls;
  const server = through.server.href;
  const settings: WriterSettings = { kubeconfig, server, ca, namespace, identity };
  const child: ChildProcess = fork(join(import.meta.dirname, 'fenced-writer.ts'), {
    env: { ...process.env, WRITER: JSON.stringify(settings) },
    execArgv: [],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const said: FromWriter[] = [];
  child.on('message', (message: FromWriter) => said.push(message));
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  atEnd(async () => {
    child.kill('SIGKILL');
    await ended;
    await proxy.close();
  });
  const lastTerm = (): readonly FromWriter[] =>
    said.slice(said.findLastIndex(({ type }) => type === 'leads'));
  return {
    proxy,
    said,
    ended,
    signal: (name) => void child.kill(name),
    writesAll: (withinMs = 60_000) =>
      until(
        () => {
          const now = lastTerm();
          return ways.every((way) => now.some((one) => one.type === 'wrote' && one.way === way));
        },
        { withinMs, seen: () => said },
      ),
    says: (what, withinMs = 60_000) =>
      until(() => said.some(({ type }) => type === what), { withinMs, seen: () => said }),
  };
}

type ObjectEvent<T extends KubeObject> = Exclude<WatchEvent<T>, { type: 'BOOKMARK' }>;

/** One write that took effect, or a change of the leader. In the order of the server's versions. */
export type Entry =
  | { version: number; lease: string }
  | { version: number; object: string; holder: string; term: number; removed: boolean };

/** Makes an object for each way, and follows them and the Lease from there. */
export async function keepHistory({
  direct,
  namespace,
  atEnd,
}: Harness): Promise<{ entries(): Promise<Entry[]> }> {
  for (const name of ways) {
    await direct.create(configMaps, { metadata: { namespace, name }, data: { term: '-1' } });
  }
  const stop = new AbortController();
  const entries: Entry[] = [];
  const marks = new Set<string>();
  const follow = async <T extends KubeObject>(
    resource: Resource<T>,
    take: (event: ObjectEvent<T>) => Entry,
  ) => {
    const { resourceVersion } = await direct.list(resource, { namespace });
    const run = async (): Promise<void> => {
      const { signal } = stop;
      try {
        for await (const event of direct.watch(resource, { namespace, resourceVersion, signal })) {
          if (event.type === 'BOOKMARK') continue;
          const { name } = event.object.metadata;
          if (name.startsWith('mark-')) marks.add(name);
          else entries.push(take(event));
        }
      } catch (error) {
        if (!signal.aborted) throw error;
      }
    };
    return { ended: run() };
  };
  const objects = await follow(configMaps, ({ type, object: { metadata, data } }) => ({
    version: Number(metadata.resourceVersion),
    object: metadata.name,
    holder: data?.holder ?? '',
    term: Number(data?.term),
    removed: type === 'DELETED',
  }));
  const lock = await follow(leases, ({ object: { metadata, spec } }) => ({
    version: Number(metadata.resourceVersion),
    lease: spec?.holderIdentity ?? '',
  }));
  atEnd(async () => {
    stop.abort();
    await Promise.all([objects.ended, lock.ended]);
  });
  return {
    async entries() {
      // Once these are seen, so is all that came before.
      await direct.create(configMaps, { metadata: { namespace, name: 'mark-object' } });
      await direct.create(leases, { metadata: { namespace, name: 'mark-lease' } });
      await until(() => marks.size === 2);
      return entries.sort((a, b) => a.version - b.version);
    },
  };
}

/** Writes of an earlier term that took effect on an object after a later term's. There must be none. */
export function staleWrites(entries: readonly Entry[]): Entry[] {
  const newest = new Map<string, number>();
  return entries.filter((entry) => {
    if (!('object' in entry) || entry.removed) return false;
    const before = newest.get(entry.object) ?? -1;
    newest.set(entry.object, Math.max(before, entry.term));
    return entry.term < before;
  });
}
