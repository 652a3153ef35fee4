// A gateway's way into a tenant's schema: a real API server under the gateway's own rights, a real PostgreSQL.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { TenantDatabase } from '../../../gateway/tenants/tenant-database.ts';
import { COMMAND_DATABASE_SECRET } from '../../../src/api/index.ts';
import {
  Client,
  Informers,
  isForbidden,
  loadConfig,
  namespaces,
  secrets,
  systemClock,
} from '../../../src/kube/index.ts';
import { DatabaseAdministration } from '../../../src/store/roles/administration.ts';
import { silentLogger } from '../../../src/telemetry/log.ts';
import { type AdministeredDatabase, administeredDatabase } from '../store/database.ts';
import { bindTokenRole, gatewayKubeconfig, installRights } from './rights.ts';
import { eventually } from './scene.ts';

let database: AdministeredDatabase;
let administration: DatabaseAdministration;
let folder: string;
let admin: Client;
let gateway: Client;

beforeAll(async () => {
  database = await administeredDatabase();
  administration = new DatabaseAdministration({ url: database.administratorUrl });
  folder = await mkdtemp(join(tmpdir(), 'skald-tenant-database-'));
  admin = new Client({ config: await loadConfig({ kubeconfig: inject('kubeconfig') }) });
  await installRights(admin);
  const kubeconfig = await gatewayKubeconfig(inject('kubeconfig'), folder);
  gateway = new Client({ config: await loadConfig({ kubeconfig }) });
});

afterAll(async () => {
  admin.close();
  gateway.close();
  await rm(folder, { recursive: true });
  await database[Symbol.asyncDispose]();
});

let count = 0;

/** A tenant's namespace and schema, and what follows its DSN with the gateway's rights. */
async function tenant() {
  const name = `db-${crypto.randomUUID().slice(0, 8)}-${count++}`;
  const namespace = `skald-${name}`;
  await admin.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  const { command } = await administration.ensureTenant(name, undefined);
  const end = new AbortController();
  const informers = new Informers({ client: gateway, clock: systemClock, log: silentLogger() });
  const followed = new TenantDatabase({ informers, namespace, log: silentLogger() });
  informers.start(end.signal);
  return {
    namespace,
    command,
    followed,
    /** What the operator does: a new password for one login, then the Secret. */
    issue: async (turn: 'a' | 'b'): Promise<void> => {
      const url = await administration.issue(command.stem, turn);
      await admin.apply(
        secrets,
        {
          apiVersion: 'v1',
          kind: 'Secret',
          metadata: { name: COMMAND_DATABASE_SECRET, namespace },
          data: { url: Buffer.from(url).toString('base64') },
        },
        { fieldManager: 'test' },
      );
    },
    close: async (): Promise<void> => {
      await followed.close();
      end.abort();
      await informers.stopped();
    },
  };
}

test('it is there once the Secret is and the gateway serves the tenant; nothing is connected before it is asked', async () => {
  const one = await tenant();
  try {
    await one.issue('a');
    const list = gateway.listAll(secrets, {
      namespace: one.namespace,
      fieldSelector: `metadata.name=${COMMAND_DATABASE_SECRET}`,
    });
    await expect(list).rejects.toSatisfy(isForbidden);
    expect(one.followed.current).toBeUndefined();
    await bindTokenRole(admin, one.namespace);
    const current = await eventually('the DSN is read', () => one.followed.current, 20_000);
    const connections = `SELECT FROM pg_stat_activity WHERE usename LIKE '${one.command.stem}%'`;
    expect(await database.admin(connections)).toEqual([]);
    expect(await current.query('count', 'SELECT count(*)::int AS n FROM sessions')).toEqual([{ n: 0 }]);
    expect(await database.admin(connections)).toHaveLength(1);
    // No other Secret of the namespace, by whichever verb.
    await expect(gateway.listAll(secrets, { namespace: one.namespace })).rejects.toSatisfy(isForbidden);
  } finally {
    await one.close();
  }
});

test('three changes of the password under a gateway that asks every 10 ms: none fails', async () => {
  const one = await tenant();
  await bindTokenRole(admin, one.namespace);
  await one.issue('a');
  const current = await eventually('the DSN is read', () => one.followed.current, 20_000);
  const failures: unknown[] = [];
  let answered = 0;
  const asking = setInterval(() => {
    current.query('count', 'SELECT count(*) FROM sessions').then(
      () => answered++,
      (error: unknown) => failures.push(error),
    );
  }, 10);
  try {
    for (const turn of ['b', 'a', 'b'] as const) {
      await one.issue(turn);
      const role = `${one.command.stem}_${turn}`;
      await eventually(
        `a connection of ${role}`,
        async () => {
          // As when the server restarts: what is connected has to come again.
          await database.admin(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename LIKE $1 AND usename <> $2 AND state = 'idle'",
            [`${one.command.stem}%`, role],
          );
          return (await database.admin('SELECT FROM pg_stat_activity WHERE usename = $1', [role])).length > 0;
        },
        20_000,
      );
      const before = answered;
      await eventually('more is asked', () => answered >= before + 20, 20_000);
    }
  } finally {
    clearInterval(asking);
    await one.close();
  }
  // A connection that the test has cut just as it was used is the test's doing.
  expect(failures.filter((error) => !/terminat|ended unexpectedly/i.test(String(error)))).toEqual([]);
  expect(answered).toBeGreaterThan(60);
});
