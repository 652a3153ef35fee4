// A small operator in a process of its own: as long as it leads, it writes its term into objects, each in another way.
// Started by leader-election.test.ts, which kills, stops and cuts it off.
import {
  Applier,
  Client,
  type ConfigMap,
  configMaps,
  isAlreadyExists,
  isConflict,
  isInvalid,
  isNotFound,
  LeadershipLostError,
  type Live,
  type Logger,
  leases,
  loadConfig,
  Manager,
} from '../../../src/kube/index.ts';
import { type FromWriter, isWriterSettings, type Way, ways } from './writers.ts';

const settings: unknown = JSON.parse(process.env.WRITER ?? 'null');
if (!isWriterSettings(settings)) throw new Error('started without its settings');
const { kubeconfig, server, ca, namespace, identity } = settings;

const direct = await loadConfig({ kubeconfig });
const client = new Client({
  config: {
    server: new URL(server),
    namespace: undefined,
    proxyUrl: undefined,
    credentials: async () => {
      const { headers, tls } = await direct.credentials();
      return { headers, tls: { ...tls, ca } };
    },
    invalidate: () => direct.invalidate(),
  },
});
const show = (level: string) => (fields: object, message: string) =>
  void process.stderr.write(`${identity} ${level}: ${message} ${JSON.stringify(fields)}\n`);
const log: Logger = {
  debug: () => {},
  info: show('info'),
  warn: show('warn'),
  error: show('error'),
  child: () => log,
};
const manager = new Manager({
  client,
  ...(process.env.SKALD_TEST_LOG ? { log } : {}),
  fieldManager: 'writer',
  leaderElection: { namespace, name: 'lock', identity },
});
const cache = manager.informers.get(configMaps, { namespace });
const applier = new Applier({ client: manager.client, fieldManager: 'writer' });

function say(message: FromWriter): void {
  process.send?.(message);
}

/** Each of them carries what it relied on. */
const writeIn: Record<
  Way,
  (live: Live<ConfigMap>, data: Record<string, string>, signal: AbortSignal) => Promise<unknown>
> = {
  update: (live, data, signal) => manager.client.update(configMaps, { ...live, data }, { signal }),
  apply: ({ metadata: { name } }, data, signal) =>
    applier.apply(
      configMaps,
      { metadata: { namespace, name }, data },
      { live: cache.get({ namespace, name }), signal },
    ),
  merge: ({ metadata: { name, uid, resourceVersion } }, data, signal) =>
    manager.client.patch(
      configMaps,
      { namespace, name },
      { merge: { metadata: { uid, resourceVersion }, data } },
      { signal },
    ),
  json: ({ metadata: { name, uid, resourceVersion } }, data, signal) =>
    manager.client.patch(
      configMaps,
      { namespace, name },
      {
        json: [
          { op: 'test', path: '/metadata/uid', value: uid },
          { op: 'test', path: '/metadata/resourceVersion', value: resourceVersion },
          { op: 'add', path: '/data', value: data },
        ],
      },
      { signal },
    ),
  remake: async ({ metadata: { name, uid } }, data, signal) => {
    await manager.client.delete(configMaps, { namespace, name }, { uid, signal });
    await manager.client.create(configMaps, { metadata: { namespace, name }, data }, { signal });
  },
};

async function write(way: Way, term: string, signal: AbortSignal): Promise<void> {
  const key = { namespace, name: way };
  let wrote = false;
  for (let count = 0; !signal.aborted; count += 1) {
    const live = cache.get(key);
    const data = { holder: identity, term, count: `${count}` };
    try {
      // Whoever ended between the two steps of `remake` left none.
      if (live) await writeIn[way](live, data, signal);
      else await manager.client.create(configMaps, { metadata: key, data }, { signal });
      if (!wrote) say({ type: 'wrote', way });
      wrote = true;
    } catch (error) {
      if (signal.aborted || error instanceof LeadershipLostError) return;
      // The cache lags behind the last write, or somebody else wrote: look again.
      const late = isConflict(error) || isInvalid(error) || isAlreadyExists(error) || isNotFound(error);
      if (!late) say({ type: 'failed', message: String(error) });
    }
    await manager.clock.sleep(25, signal).catch(() => {});
  }
}

manager.addRunnable(
  'writer',
  async (signal) => {
    const lease = await client.get(leases, { namespace, name: 'lock' }, { signal });
    const term = `${lease.spec?.leaseTransitions}`;
    say({ type: 'leads', term });
    await Promise.all(ways.map((way) => write(way, term, signal)));
    say({ type: 'stopped', term });
  },
  { leaderOnly: true },
);

const stop = new AbortController();
process.once('SIGTERM', () => stop.abort());
const orphaned = () => process.exit(1);
process.once('disconnect', orphaned);
const ready = setInterval(() => {
  if (!manager.ready().ok) return;
  clearInterval(ready);
  say({ type: 'ready' });
}, 10);
await manager.run(stop.signal);
client.close();
process.off('disconnect', orphaned);
process.disconnect?.();
