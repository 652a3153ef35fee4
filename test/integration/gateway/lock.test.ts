/** What the loss of a bot's lock does to the bot. Each scene has an application, and so a lock, of its own. */
import pg from 'pg';
import { afterEach, beforeEach, expect, inject, test } from 'vitest';
import { acquireBotLock } from '../../../src/store/index.ts';
import { databaseDoor } from './database-door.ts';
import { eventually, Scene } from './scene.ts';

let scene: Scene;

beforeEach(async () => {
  scene = await Scene.create({ kubeconfig: inject('kubeconfig'), databaseUrl: inject('databaseUrl') });
});

afterEach(async () => {
  await scene?.close();
});

/** The server's processes that serve the lock's connections of this bot; oldest first. */
async function backends(verb: 'pid' | 'pg_terminate_backend(pid)' = 'pid'): Promise<number[]> {
  const client = new pg.Client({ connectionString: inject('databaseUrl') });
  await client.connect();
  try {
    const { rows } = await client.query<{ pid: number }>(
      `SELECT pid, ${verb} FROM pg_locks JOIN pg_stat_activity USING (pid)
       WHERE locktype = 'advisory'
         AND (classid::bigint << 32 | objid::bigint) = hashtextextended('skald/bot/' || $1, 0)
       ORDER BY backend_start`,
      [scene.applicationId],
    );
    return rows.map(({ pid }) => pid);
  } finally {
    await client.end();
  }
}

async function count(kind: 'gatewayIdentify' | 'gatewayClosed' | 'gatewayResumed'): Promise<number> {
  return (await scene.discord.events()).filter((event) => event.kind === kind).length;
}

test('a bot whose lock was lost stays connected, and the lock is taken again', async () => {
  const gateway = await scene.startGateway();
  const [before] = await backends('pg_terminate_backend(pid)');
  expect(before).toBeDefined();
  await eventually('the loss is noticed', () => gateway.directory.scopeOf(scene.tenantName)?.lockLost);
  expect(gateway.directory.statusOf(scene.tenantName)).toMatchObject({
    connected: true,
    reason: 'Connected',
  });
  await eventually('the lock is held again', () => scene.log.includes('The lock of the bot is held again'));
  expect(gateway.directory.scopeOf(scene.tenantName)?.lockLost).toBe(false);
  const after = await backends();
  expect(after).toHaveLength(1);
  expect(after).not.toContain(before);
  // It is the gateway's: a second pod waits for it.
  const second = await scene.startGateway({ connected: false });
  await eventually('the second pod waits', () =>
    second.directory.statusOf(scene.tenantName).message.includes('Another pod holds the lock'),
  );
  expect(await count('gatewayIdentify')).toBe(1);
  expect(await count('gatewayClosed')).toBe(0);
  expect(gateway.directory.statusOf(scene.tenantName).connected).toBe(true);
});

test('a bot whose lock another holder got first disconnects, and waits for it', async () => {
  const gateway = await scene.startGateway();
  const [pid] = await backends();
  const waiting = Promise.withResolvers<void>();
  const grabbed = acquireBotLock({
    url: inject('databaseUrl'),
    applicationId: scene.applicationId,
    signal: new AbortController().signal,
    onWaiting: waiting.resolve,
  });
  await waiting.promise;
  const client = new pg.Client({ connectionString: inject('databaseUrl') });
  await client.connect();
  await client.query('SELECT pg_terminate_backend($1)', [pid]);
  await client.end();
  const other = await grabbed;
  await scene.discord.waitForEvent({ kind: 'gatewayClosed' });
  await eventually('the bot waits', () =>
    gateway.directory.statusOf(scene.tenantName).message.includes('Another pod holds the lock'),
  );
  expect(await count('gatewayIdentify')).toBe(1);
  await other.release();
  await scene.connected(gateway);
  expect(await count('gatewayIdentify')).toBe(2);
});

test('a bot without its lock resumes, but does not identify anew before it holds the lock', async () => {
  await using door = await databaseDoor(inject('databaseUrl'));
  const gateway = await scene.startGateway({ databaseUrl: door.url });
  door.shut();
  await eventually('the loss is noticed', () => gateway.directory.scopeOf(scene.tenantName)?.lockLost);
  await scene.discord.inject({ kind: 'requestReconnect', applicationId: scene.applicationId });
  await scene.discord.waitForEvent({ kind: 'gatewayResumed' });
  await scene.connected(gateway);

  await scene.discord.inject({
    kind: 'invalidateSession',
    applicationId: scene.applicationId,
    resumable: false,
  });
  await eventually('the bot waits for its lock', () =>
    gateway.directory.statusOf(scene.tenantName).message.includes('does not answer'),
  );
  expect(await count('gatewayIdentify')).toBe(1);
  door.open();
  await scene.connected(gateway);
  expect(await count('gatewayIdentify')).toBe(2);
});
