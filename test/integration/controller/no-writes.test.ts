// A new operator looks at everything that there is, finds it as it should be, and writes nothing.
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { campaigns, tenants, voiceSessions } from '../../../controller/resources.ts';
import { loadConfig, type Metrics, noMetrics, type Resource } from '../../../src/kube/index.ts';
import { FaultProxy } from '../../conformance/proxy/fault-proxy.ts';
import { unique, World } from './world.ts';

const CAMPAIGNS = 40;
const ENDED = 950;
const RUNNING = 10;

let world: World;
let proxy: FaultProxy;

beforeAll(async () => {
  const kubeconfig = inject('kubeconfig');
  world = await World.create({ kubeconfig });
  proxy = await FaultProxy.start(await loadConfig({ kubeconfig }));
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
  await proxy.close();
});

const guildOf = (n: number): string => String(100_000_000_000_000_001n + BigInt(n));
const campaignOf = (n: number): string => `c-${n % CAMPAIGNS}`;

/** Counts reconciles, and knows whether the controllers are idle. */
function watchControllers() {
  const reconciled = new Map<string, number>();
  const busy = new Map<string, number>();
  const gauge = (name: string, label: string) => ({
    set: (value: number, labels?: Readonly<Record<string, string>>) =>
      void busy.set(`${name} ${labels?.[label]}`, value),
    inc: (labels?: Readonly<Record<string, string>>) => {
      const id = `${name} ${labels?.[label]}`;
      busy.set(id, (busy.get(id) ?? 0) + 1);
    },
    dec: (labels?: Readonly<Record<string, string>>) => {
      const id = `${name} ${labels?.[label]}`;
      busy.set(id, (busy.get(id) ?? 0) - 1);
    },
    reset: () => {},
  });
  const metrics: Metrics = {
    ...noMetrics,
    counter: (definition) =>
      definition.name === 'controller_runtime_reconcile_total'
        ? {
            inc: ({ controller = '' } = {}) =>
              void reconciled.set(controller, (reconciled.get(controller) ?? 0) + 1),
          }
        : noMetrics.counter(definition),
    gauge: (definition) => {
      if (definition.name === 'workqueue_depth') return gauge('queued', 'name');
      if (definition.name === 'controller_runtime_active_workers') return gauge('active', 'controller');
      return noMetrics.gauge(definition);
    },
  };
  const done = (): boolean =>
    (reconciled.get('voicesession') ?? 0) >= ENDED + RUNNING &&
    (reconciled.get('campaign') ?? 0) >= CAMPAIGNS &&
    (reconciled.get('tenant') ?? 0) >= 1 &&
    [...busy.values()].every((value) => value === 0);
  return { metrics, done, state: () => JSON.stringify([[...reconciled], [...busy]]) };
}

/**
 * Runs an operator until it has reconciled everything, and returns what it wrote to this tenant or to its own
 * namespace. Other test files leave Tenants of their own on the server, in states that nobody ends there.
 */
async function runOnce(tenant: string): Promise<string[]> {
  const controllers = watchControllers();
  proxy.clear();
  await world.start((config) => proxy.through(config), controllers.metrics);
  const end = Date.now() + 60_000;
  while (!controllers.done()) {
    if (Date.now() > end) throw new Error(`not everything was reconciled: ${controllers.state()}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await world.stop();
  const ownLease = `/leases/skald-controller`;
  return proxy.requests
    .filter(({ method, path }) => method !== 'GET' && !path.includes(ownLease) && !path.endsWith('/leases'))
    .filter(({ path }) => path.includes(tenant) || path.includes(`/${world.systemNamespace}/`))
    .map(({ method, path }) => `${method} ${path}`);
}

async function inParallel(count: number, work: (n: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: 24 }, lane));
}

/** A session that ended, as the operator leaves one. */
async function ended(namespace: string, n: number): Promise<void> {
  const name = `ended-${n}`;
  await world.admin.create(plain, session(namespace, name, n));
  const at = '2025-01-01T00:00:00Z';
  const status = {
    phase: 'Ended',
    reason: 'Requested',
    endReason: 'Requested',
    observedGeneration: 1,
    startedAt: at,
    endedAt: at,
  };
  await world.admin.patch(plain, { namespace, name }, { merge: { status } }, { subresource: 'status' });
}

const plain: Resource = voiceSessions;
const session = (namespace: string, name: string, n: number): object => ({
  metadata: { namespace, name },
  spec: {
    campaignRef: { name: campaignOf(n) },
    guildId: guildOf(n % RUNNING),
    voiceChannelId: '200000000000000001',
  },
});

/** Lists and watches of this resource since the last run began. */
const watched = (plural: string): URL[] =>
  proxy.requests
    .map(({ path }) => new URL(path, 'http://server'))
    .filter(({ pathname, searchParams }) => pathname.endsWith(`/${plural}`) && searchParams.has('watch'));

async function withoutUsage(name: string): Promise<object> {
  const { usage: _, ...status } = (await world.admin.get(tenants, { name })).status ?? {};
  return status;
}

test('a restart over a thousand objects makes no write', { timeout: 180_000 }, async () => {
  const name = unique('still');
  const namespace = `skald-${name}`;
  await world.start();
  await world.tenant(name, { guilds: Array.from({ length: RUNNING }, (_, n) => guildOf(n)) });
  await world.ready(tenants, { name });
  await Promise.all(Array.from({ length: CAMPAIGNS }, (_, n) => world.campaign(namespace, campaignOf(n))));
  await Promise.all(
    Array.from({ length: CAMPAIGNS }, (_, n) => world.ready(campaigns, { namespace, name: campaignOf(n) })),
  );
  await Promise.all(
    Array.from({ length: RUNNING }, (_, n) =>
      world.active(namespace, `running-${n}`, { campaignRef: { name: campaignOf(n) }, guildId: guildOf(n) }),
    ),
  );
  await world.stop();
  await inParallel(ENDED, (n) => ended(namespace, n));
  // The first one counts the sessions in the statuses of campaigns and tenant.
  await runOnce(name);
  const before = await withoutUsage(name);
  const writes = await runOnce(name);
  // The usage of sessions that run grows with time, without any change: it is all that may be written.
  expect(writes.filter((write) => !write.includes(`/tenants/${name}/status`))).toEqual([]);
  expect(writes.length).toBeLessThanOrEqual(1);
  expect(await withoutUsage(name)).toEqual(before);
  // What is cached of pods and Secrets, at most: those that are Skald's, and the bot token's metadata by its one name.
  expect(watched('pods').length).toBeGreaterThan(0);
  for (const { searchParams } of [...watched('pods'), ...watched('secrets')]) {
    const [labels, fields] = [
      searchParams.get('labelSelector') ?? '',
      searchParams.get('fieldSelector') ?? '',
    ];
    expect(`${labels} ${fields}`).toMatch(
      /app\.kubernetes\.io\/managed-by=skald|^ metadata\.name=skald-bot-token$/,
    );
  }
});
