// The operator and its tenants' databases, while they live.
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { secretText } from '../../../controller/certificates/secrets.ts';
import { campaigns, type LiveTenant, tenants } from '../../../controller/resources.ts';
import { TenantDatabases } from '../../../controller/tenant/database/tenant-databases.ts';
import { findCondition, type Tenant } from '../../../src/api/index.ts';
import { events, type Live, namespaces, secrets } from '../../../src/kube/index.ts';
import { SessionStore, urlFromFile } from '../../../src/store/index.ts';
import { DatabaseAdministration } from '../../../src/store/roles/administration.ts';
import {
  condition,
  database,
  door,
  dsn,
  entry,
  eventually,
  notes,
  rolesLike,
  setTheScene,
  tenant,
  world,
} from './database-scene.ts';
import { unique } from './world.ts';

setTheScene();

test('a Tenant gets a schema, roles, and a DSN that its workers’ pods mount', async () => {
  const { name, namespace } = await tenant();
  const { schema, stem } = (await entry(name)) ?? { schema: '', stem: '' };
  expect(await condition(name)).toMatchObject({ status: 'True', message: expect.stringContaining(schema) });
  const command = `${stem}_cmd`;
  expect(await rolesLike(stem)).toEqual([
    ...[stem, `${stem}_a`, `${stem}_b`],
    ...[command, `${command}_a`, `${command}_b`],
  ]);
  const url = await dsn(namespace);
  expect(new URL(url).username).toBe(`${stem}_a`);
  expect(await database.as(url, "SELECT current_setting('search_path') AS path")).toEqual([{ path: schema }]);
  await world.campaign(namespace);
  await world.ready(campaigns, { namespace, name: 'curse' });
  await world.session(namespace, 'evening');
  const session = await world.phase(namespace, 'evening', 'Provisioning');
  const job = await world.job(namespace, session);
  expect(job.spec?.template.spec?.volumes).toContainEqual(
    expect.objectContaining({
      name: 'database',
      secret: expect.objectContaining({ secretName: 'skald-database' }),
    }),
  );
  // The DSN is in that Secret and nowhere else, and the administrator's in none.
  const own = await world.admin.get(secrets, { namespace, name: `${job.metadata.name}-session` });
  expect(Object.keys(own.data ?? {}).sort()).toEqual(['ca.crt', 'tls.crt', 'tls.key']);
  const found = await world.admin.get(tenants, { name });
  expect(JSON.stringify([job, session, found])).not.toMatch(/postgres(ql)?:/);
  expect(url).not.toContain(new URL(database.administratorUrl).password);
});

test('the gateway that serves a Tenant finds a DSN of its commands, which reads and does not write', async () => {
  const { name, namespace } = await tenant();
  const { schema, stem } = (await entry(name)) ?? { schema: '', stem: '' };
  const url = await dsn(namespace, 'skald-command-database');
  expect(new URL(url).username).toBe(`${stem}_cmd_a`);
  expect(await database.as(url, "SELECT current_setting('search_path') AS path")).toEqual([{ path: schema }]);
  expect(await database.as(url, 'SELECT FROM transcript_segments')).toEqual([]);
  await expect(database.as(url, 'DELETE FROM sessions')).rejects.toMatchObject({ code: '42501' });
  // As any Secret of the operator's: whoever removes it gets it back.
  await world.admin.delete(secrets, { namespace, name: 'skald-command-database' });
  await eventually('another', async () => {
    const secret = await world.admin.find(secrets, { namespace, name: 'skald-command-database' });
    return (
      secret !== undefined && (await world.database?.tryLogin(secretText(secret, 'url') ?? '')) === 'works'
    );
  });
});

test('the installation’s gateways get a role of their own in the system namespace', async () => {
  await eventually('the Secret', async () => {
    const key = { namespace: world.systemNamespace, name: 'skald-gateway-database' };
    return (await world.admin.find(secrets, key)) !== undefined;
  });
  const url = await dsn(world.systemNamespace, 'skald-gateway-database');
  expect(await database.as(url, 'SELECT count(*)::int AS n FROM gateway_sessions')).toEqual([{ n: 0 }]);
  await expect(database.as(url, 'CREATE TABLE skald.mine (x int)')).rejects.toMatchObject({ code: '42501' });
  await expect(database.as(url, 'SELECT FROM skald.tenants')).rejects.toMatchObject({ code: '42501' });
});

test('a gateway of a tenant’s own gets its own role, and loses it with the topology', async () => {
  const { name, namespace } = await tenant({ topology: 'dedicated' });
  const { stem } = (await entry(name)) ?? { stem: '' };
  const url = await dsn(namespace, 'skald-gateway-database');
  expect(new URL(url).username).toBe(`${stem}_gw_a`);
  await expect(database.as(url, 'SELECT FROM skald.tenants')).rejects.toMatchObject({ code: '42501' });
  await world.admin.patch(tenants, { name }, { merge: { spec: { topology: 'shared' } } });
  await eventually('the role is gone', async () => {
    return (await rolesLike(stem)).every((role) => !role.startsWith(`${stem}_gw`));
  });
  await eventually('the Secret is gone', async () => {
    return (await world.admin.find(secrets, { namespace, name: 'skald-gateway-database' })) === undefined;
  });
});

test('what somebody changes in the database is put back at the next check, and an Event says what it was', async () => {
  const { name, namespace } = await tenant();
  const { schema, stem } = (await entry(name)) ?? { schema: '', stem: '' };
  const url = await dsn(namespace);
  const works = async () => (await world.database?.tryLogin(url)) === 'works';
  // Its worker may change its own password: nobody else would get in.
  await database.as(url, `ALTER ROLE ${stem}_a PASSWORD 'mine'`);
  await eventually('the password works again', works);
  await eventually('an Event', async () =>
    (await notes(name, 'Restored')).some((note) => note.includes('password in Secret skald-database')),
  );
  await database.admin(`REVOKE USAGE ON SCHEMA ${schema} FROM ${stem}`);
  await eventually('the right is back', async () => {
    const [row] = await database.admin('SELECT has_schema_privilege($1, $2, $3) AS has', [
      stem,
      schema,
      'USAGE',
    ]);
    return row?.has === true;
  });
  // As after a restore to another server: the data is there, the roles are not.
  await database.as(
    database.administratorUrl,
    `DROP OWNED BY ${stem}; DROP ROLE ${stem}_a, ${stem}_b, ${stem}`,
  );
  await eventually(
    'the roles are back',
    async () => (await rolesLike(stem)).includes(`${stem}_a`) && (await works()),
  );
  await eventually('an Event', async () =>
    (await notes(name, 'Restored')).some((note) => note.includes(`role ${stem}_a is missing`)),
  );
  // The same password: nobody had to be told.
  expect(await dsn(namespace)).toBe(url);
  expect(JSON.stringify(await world.admin.listAll(events, {}))).not.toContain(new URL(url).password);
});

test('a Secret that somebody deletes or spoils is made again with another role’s password, at once', async () => {
  const { name, namespace } = await tenant();
  const first = await dsn(namespace);
  await world.admin.delete(secrets, { namespace, name: 'skald-database' });
  await eventually('another', async () => {
    const secret = await world.admin.find(secrets, { namespace, name: 'skald-database' });
    return secret !== undefined && secretText(secret, 'url') !== first;
  });
  // Whoever has the first one still gets in with it.
  expect(await world.database?.tryLogin(first)).toBe('works');
  const second = await dsn(namespace);
  await world.admin.patch(
    secrets,
    { namespace, name: 'skald-database' },
    { merge: { stringData: { url: 'postgres://elsewhere/' } } },
  );
  await eventually('a third', async () => ![second, 'postgres://elsewhere/'].includes(await dsn(namespace)));
  expect(await world.database?.tryLogin(await dsn(namespace))).toBe('works');
  expect(await condition(name)).toMatchObject({ status: 'True' });
});

test('a Secret or a role that is somebody else’s is left alone and named', async () => {
  const name = unique('squat');
  const namespace = `skald-${name}`;
  await world.admin.create(namespaces, {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: namespace, labels: { 'skald.dev/adopt': 'true' } },
  });
  const theirs = { url: Buffer.from('theirs').toString('base64') };
  await world.admin.create(secrets, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'skald-database', namespace },
    data: theirs,
  });
  await world.tenant(name);
  await eventually('the condition', async () => (await condition(name)).reason === 'NameTaken');
  expect((await condition(name)).message).toContain('Secret skald-database exists and is not the operator');
  expect((await world.admin.get(secrets, { namespace, name: 'skald-database' })).data).toEqual(theirs);
});

test('a schema of a newer version is a condition; older operators touch nothing', async () => {
  const { name } = await tenant();
  const { schema } = (await entry(name)) ?? { schema: '' };
  await database.admin(`INSERT INTO ${schema}.migrations (name, run_on) VALUES ('0099_later', now())`);
  await eventually('the condition', async () => (await condition(name)).reason === 'SchemaNewer');
  expect((await condition(name)).message).toContain('0099_later');
});

test('three changes of the password under a worker that writes every 20 ms: none fails', async () => {
  const { name, namespace } = await tenant();
  await world.stop();
  const folder = await mkdtemp(join(tmpdir(), 'dsn-'));
  const file = join(folder, 'url');
  let now = Date.now();
  const told: string[] = [];
  const databases = new TenantDatabases({
    client: world.admin,
    recorder: { event: (_, { reason, note }) => void told.push(`${reason}: ${note}`) },
    secrets: { state: () => 'good', record: () => {} },
    administration: new DatabaseAdministration({ url: database.administratorUrl }),
    now: () => now,
    rotationMs: 3_600_000,
    checkMs: 600_000,
  });
  const live = (await world.admin.get(tenants, { name })) as LiveTenant;
  /** What the operator does, and then the kubelet. */
  const round = async (): Promise<string> => {
    const { step } = await databases.ensure(live, AbortSignal.timeout(20_000));
    expect(step.status).toBe('True');
    const url = await dsn(namespace);
    await writeFile(`${file}.next`, url);
    await rename(`${file}.next`, file);
    return url;
  };
  const used = [await round()];
  const store = new SessionStore({
    url: urlFromFile(file),
    applicationName: 'worker',
    connectionLifeSeconds: 0.15,
  });
  const failures: unknown[] = [];
  let written = 0;
  const uid = crypto.randomUUID();
  const startedAt = new Date();
  await store.upsertSession({ uid, namespace, name: 'x', campaign: 'x', guildId: '1', startedAt });
  const writing = setInterval(() => {
    const usage = { id: crypto.randomUUID(), sessionUid: uid, replies: 1 };
    store.addCounters(usage).then(
      () => written++,
      (error: unknown) => failures.push(error),
    );
  }, 20);
  try {
    for (let turn = 0; turn < 3; turn++) {
      now += 3_600_001;
      used.push(await round());
      const role = new URL(used.at(-1) ?? '').username;
      await eventually(`a connection of ${role}`, async () => {
        const rows = await database.admin(
          "SELECT usename FROM pg_stat_activity WHERE application_name = 'worker'",
        );
        return rows.length > 0 && rows.every((row) => row.usename === role);
      });
      const before = written + failures.length;
      await eventually('more is written', async () => written + failures.length >= before + 40);
    }
  } finally {
    clearInterval(writing);
  }
  await eventually('the last one is written', async () => {
    return (await store.readCounters(uid)).replies === written;
  });
  await store.close();
  await rm(folder, { recursive: true });
  expect(failures).toEqual([]);
  expect(written).toBeGreaterThan(20);
  console.log(`${written} writes over 3 changes of the password, ${failures.length} failed`);
  const ofWorkers = 'PasswordRotated: Secret skald-database has a new password.';
  expect(told.filter((event) => event === ofWorkers)).toHaveLength(3);
  expect(new Set(used).size).toBe(4);
  const works = await Promise.all(used.map((url) => world.database?.tryLogin(url)));
  // Of the four the last two: the one in use, and the one of before for whoever has not read the file again.
  expect(works).toEqual(['refused', 'refused', 'works', 'works']);
  await world.start();
});

test('a database that does not answer keeps a new Tenant from being Ready, and is named; others stay', async () => {
  const known = await tenant();
  door.shut();
  try {
    const name = unique('down');
    await world.tenant(name);
    const found: Live<Tenant> | undefined = await world.until(
      tenants,
      { name },
      (one) => findCondition(one?.status?.conditions, 'DatabaseReady')?.status === 'False',
    );
    expect(findCondition(found?.status?.conditions, 'Ready')).toMatchObject({
      status: 'False',
      reason: 'DatabaseUnreachable',
    });
    expect(JSON.stringify(found)).not.toMatch(/:\/\/[^/]*:[^@[]+@/);
    expect(await condition(known.name)).toMatchObject({ status: 'True' });
  } finally {
    door.open();
  }
});

test('a database that was replaced by an empty one is filled again, with the passwords that the Secrets have', async () => {
  const { name, namespace } = await tenant();
  const url = await dsn(namespace);
  await database.admin('DROP SCHEMA skald CASCADE');
  await eventually(
    'the tenant is known again',
    async () => (await entry(name).catch(() => undefined)) !== undefined,
  );
  await eventually('a DSN that works', async () => {
    const now = await dsn(namespace);
    return now !== url && (await world.database?.tryLogin(now)) === 'works';
  });
});
