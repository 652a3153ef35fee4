// `limits.concurrentSessions` under races: the places are Leases, and the API server decides.
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { campaigns, namespaced, tenants, voiceSessions } from '../../../controller/resources.ts';
import { CLAIM_SELECTOR, ClaimRegistry } from '../../../controller/voicesession/claims.ts';
import { holdsPlace } from '../../../controller/voicesession/places.ts';
import { claimLeaseName, type VoiceSession } from '../../../src/api/index.ts';
import { Informers, type Live, leases, systemClock } from '../../../src/kube/index.ts';
import { silentLogger } from '../../../src/telemetry/log.ts';
import { snowflake, unique, World } from './world.ts';

const RACERS = Array.from({ length: 20 }, (_, n) => n);
const PLACES = 3;

let world: World;
beforeAll(async () => {
  world = await World.create({ kubeconfig: inject('kubeconfig') });
  await world.start();
});
afterAll(() => world[Symbol.asyncDispose]());

const guildOf = (n: number): string => String(100_000_000_000_000_001n + BigInt(n));

/** A tenant with a guild and a campaign for each racer, so that nothing but the places is contended. */
async function arena(concurrentSessions: number) {
  const name = unique('race');
  const namespace = `skald-${name}`;
  await world.tenant(name, {
    guilds: RACERS.map(guildOf),
    limits: {
      concurrentSessions,
      maxSessionSeconds: 3600,
      idleTimeoutSeconds: 60,
      admissionTimeoutSeconds: 600,
    },
  });
  await world.ready(tenants, { name });
  await Promise.all(RACERS.map((n) => world.campaign(namespace, `c-${n}`)));
  await Promise.all(RACERS.map((n) => world.ready(campaigns, { namespace, name: `c-${n}` })));
  return { name, namespace };
}

const racer = (namespace: string, n: number) =>
  world.session(namespace, `s-${n}`, { campaignRef: { name: `c-${n}` }, guildId: guildOf(n) });

/** Polls, and never sees more than the limit. */
async function settled(namespace: string, limit: number, done: (all: Live<VoiceSession>[]) => boolean) {
  for (const end = Date.now() + 40_000; ; ) {
    const all = await world.admin.listAll(voiceSessions, { namespace });
    const running = all.filter(holdsPlace);
    expect(running.length).toBeLessThanOrEqual(limit);
    if (done(all)) return all;
    if (Date.now() > end) throw new Error(`not settled: ${JSON.stringify(all.map(({ status }) => status))}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const decided = (all: Live<VoiceSession>[]) =>
  all.every(({ status }) => status?.phase === 'Provisioning' || status?.reason === 'QuotaExceeded');

test('of 20 sessions at once 3 get a place, also when the operator is replaced meanwhile; the others wait', async () => {
  const { namespace, name } = await arena(PLACES);
  await Promise.all([...RACERS.map((n) => racer(namespace, n)), world.restart()]);
  const all = await settled(namespace, PLACES, decided);
  expect(all.filter(({ status }) => status?.phase === 'Provisioning')).toHaveLength(PLACES);
  const claims = await world.claims();
  const places = claims.filter(({ metadata }) => metadata.name.startsWith(`claim-${namespace}.slot.`));
  expect(places.map(({ metadata }) => metadata.name.slice(-1)).sort()).toEqual(['0', '1', '2']);

  // Each place that becomes free goes to the session that has waited longest.
  const byAge = all
    .filter(({ status }) => status?.phase === 'Pending')
    .sort(
      (a, b) =>
        Date.parse(a.metadata.creationTimestamp ?? '') - Date.parse(b.metadata.creationTimestamp ?? '') ||
        (a.metadata.name < b.metadata.name ? -1 : 1),
    )
    .map(({ metadata }) => metadata.name);
  let holder = all.find(({ status }) => status?.phase === 'Provisioning')?.metadata.name ?? '';
  for (const next of byAge.slice(0, 2)) {
    await world.stopSession(namespace, holder);
    await world.phase(namespace, next, 'Provisioning');
    holder = next;
  }
  await settled(namespace, PLACES, (now) => now.filter(holdsPlace).length === PLACES);

  // Who waited first may give up: the next in line does not wait for it.
  const [first = '', second = ''] = byAge.slice(2);
  await world.stopSession(namespace, first);
  await world.phase(namespace, first, 'Ended');
  await world.stopSession(namespace, holder);
  await world.phase(namespace, second, 'Provisioning');
  // Nobody else gets in meanwhile.
  await settled(namespace, PLACES, decidedOrOver);
  await world.until(tenants, { name }, (one) => one?.status?.usage?.activeSessions === PLACES);
});

const decidedOrOver = (all: Live<VoiceSession>[]) =>
  decided(all.filter(({ status }) => status?.phase !== 'Ended'));

test('a limit that is lowered below those that run lets nobody in until enough have left', async () => {
  const { namespace, name } = await arena(4);
  for (const n of [0, 1, 2, 3]) {
    await racer(namespace, n);
    await world.phase(namespace, `s-${n}`, 'Provisioning');
  }
  await world.admin.patch(tenants, { name }, { merge: { spec: { limits: { concurrentSessions: 2 } } } });
  await racer(namespace, 4);
  for (const n of [0, 1]) {
    const waiting = await world.phase(namespace, 's-4', 'Pending');
    expect(waiting.status?.reason).toBe('QuotaExceeded');
    await world.stopSession(namespace, `s-${n}`);
    await world.phase(namespace, `s-${n}`, 'Ended');
  }
  expect((await world.phase(namespace, 's-4', 'Pending')).status?.reason).toBe('QuotaExceeded');
  await world.stopSession(namespace, 's-2');
  await world.phase(namespace, 's-4', 'Provisioning');
});

test('sessions that began before there was a limit count', async () => {
  const { namespace, name } = await arena(4);
  await world.admin.patch(tenants, { name }, { merge: { spec: { limits: { concurrentSessions: null } } } });
  await world.until(tenants, { name }, (one) => one?.status?.observedGeneration === one?.metadata.generation);
  await racer(namespace, 0);
  await world.phase(namespace, 's-0', 'Provisioning');
  await world.admin.patch(tenants, { name }, { merge: { spec: { limits: { concurrentSessions: 2 } } } });
  await racer(namespace, 1);
  await world.phase(namespace, 's-1', 'Provisioning');
  await racer(namespace, 2);
  expect((await world.phase(namespace, 's-2', 'Pending')).status?.reason).toBe('QuotaExceeded');
});

test('a session that waits for its campaign does not take and give back its guild meanwhile', async () => {
  const { namespace, name } = await arena(10);
  const { applicationId } = (await world.admin.get(tenants, { name })).spec.discord;
  await racer(namespace, 0);
  await world.phase(namespace, 's-0', 'Provisioning');
  await world.session(namespace, 'waits', { campaignRef: { name: 'c-0' }, guildId: guildOf(1) });
  expect((await world.phase(namespace, 'waits', 'Pending')).status?.reason).toBe('CampaignBusy');
  const selection = { namespace: world.systemNamespace, labelSelector: CLAIM_SELECTOR };
  const { resourceVersion } = await world.admin.list(leases, selection);
  // Claims that come and go wake whoever waits.
  for (const n of [2, 3, 4]) {
    await racer(namespace, n);
    await world.phase(namespace, `s-${n}`, 'Provisioning');
    await world.stopSession(namespace, `s-${n}`);
    await world.phase(namespace, `s-${n}`, 'Ended');
  }
  const seen: string[] = [];
  const last = claimLeaseName(applicationId, guildOf(4));
  for await (const event of world.admin.watch(leases, { ...selection, resourceVersion })) {
    if (event.type !== 'ADDED' && event.type !== 'DELETED') continue;
    seen.push(event.object.metadata.name);
    if (event.type === 'DELETED' && event.object.metadata.name === last) break;
  }
  expect(seen).toContain(claimLeaseName(applicationId, guildOf(2)));
  expect(seen).not.toContain(claimLeaseName(applicationId, guildOf(1)));
});

test('two operators that both believe to lead give 3 places to 3 sessions', async () => {
  const { namespace } = await arena(PLACES);
  await world.stop();
  const stopped = new AbortController();
  const { signal } = stopped;
  const registry = async () => {
    const informers = new Informers({ client: world.admin });
    const claims = new ClaimRegistry({
      client: world.admin,
      clock: systemClock,
      log: silentLogger(),
      systemNamespace: world.systemNamespace,
      leases: informers.get(leases, { namespace: world.systemNamespace, labelSelector: CLAIM_SELECTOR }),
      sessions: informers.get(voiceSessions, { namespace }),
    });
    informers.start(signal);
    await informers.whenSynced(signal);
    return { claims, informers };
  };
  const both = await Promise.all([registry(), registry()]);
  try {
    const sessions = await Promise.all(RACERS.map((n) => racer(namespace, n)));
    const applicationId = snowflake();
    const take = (session: Live<VoiceSession>, which: number) =>
      both[which % 2]?.claims.take(
        namespaced(session),
        applicationId,
        { limit: PLACES, running: [] },
        signal,
      );
    const results = await Promise.all(sessions.map(take));
    expect(results.filter((claims) => claims?.state === 'held')).toHaveLength(PLACES);
    // Asked again, also of the other one, each keeps what it has and nobody else gets in.
    const again = await Promise.all(sessions.map((session, n) => take(session, n + 1)));
    expect(again.map((claims) => claims?.state)).toEqual(results.map((claims) => claims?.state));
    const held = (await world.claims()).filter(({ metadata }) =>
      metadata.name.includes(`${namespace}.slot.`),
    );
    expect(held).toHaveLength(PLACES);

    await Promise.all(
      sessions.map((session) => both[0]?.claims.release(namespaced(session), applicationId, signal)),
    );
  } finally {
    stopped.abort();
    await Promise.all(both.map(({ informers }) => informers.stopped()));
    await world.start();
  }
});
