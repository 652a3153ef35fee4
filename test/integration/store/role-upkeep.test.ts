// How roles are kept, taken over and removed, on a real server by an administrator that is no superuser.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { SessionStore, StoreError, tryBotLock } from '../../../src/store/index.ts';
import { DatabaseAdministration } from '../../../src/store/roles/administration.ts';
import { removeTenant } from '../../../src/store/roles/removal.ts';
import { scramVerifier } from '../../../src/store/roles/scram.ts';
import { type Session, withSession } from '../../../src/store/roles/session.ts';
import { silentLogger } from '../../../src/telemetry/log.ts';
import { Journal } from '../../../worker/transcript/journal.ts';
import { type AdministeredDatabase, administeredDatabase } from './database.ts';

import { segment, session } from './session-rows.ts';

let database: AdministeredDatabase;
let administration: DatabaseAdministration;
beforeAll(async () => {
  database = await administeredDatabase();
  administration = new DatabaseAdministration({ url: database.administratorUrl });
});
afterAll(() => database[Symbol.asyncDispose]());

/** A tenant with a working DSN of its workers. */
async function tenant(name: string) {
  const { schema, worker } = await administration.ensureTenant(name, undefined);
  return { schema, stem: worker.stem, url: await administration.issue(worker.stem, 'a') };
}

test('everything that somebody changed is found, named and put back', async () => {
  const { stem, schema } = await tenant('drift');
  const other = await tenant('drift-other');
  const outsider = `outsider_${randomUUID().slice(0, 8)}`;
  await database.admin(`CREATE ROLE "${outsider}"`);
  const cases: readonly (readonly [sql: string, finding: RegExp])[] = [
    [`GRANT DELETE ON ${schema}.sessions TO ${stem}`, /had DELETE on the table/],
    [`GRANT SELECT ON ${schema}.sessions TO PUBLIC`, /PUBLIC had SELECT/],
    [`GRANT USAGE ON SCHEMA ${other.schema} TO ${stem}_a`, /had USAGE on the schema/],
    [`GRANT SELECT ON ${other.schema}.sessions TO ${stem}_b`, /_b had SELECT on the table/],
    [`GRANT SELECT (name) ON skald.tenants TO ${stem}`, /had SELECT on the column skald.tenants.name/],
    [`GRANT SELECT ON ${schema}.sessions TO ${stem} WITH GRANT OPTION`, /had SELECT on the table/],
    [`REVOKE INSERT ON ${schema}.usage_records FROM ${stem}`, /lacked INSERT on the table/],
    [`REVOKE UPDATE (ended_at) ON ${schema}.sessions FROM ${stem}`, /lacked UPDATE on the column/],
    [`REVOKE USAGE ON SCHEMA ${schema} FROM ${stem}`, /lacked USAGE on the schema/],
    [`REVOKE CONNECT ON DATABASE ${new URL(database.url).pathname.slice(1)} FROM ${stem}`, /may not connect/],
    [`ALTER ROLE ${stem}_a NOLOGIN`, /could not log in/],
    [`ALTER ROLE ${stem} LOGIN`, /could log in/],
    [`ALTER ROLE ${stem}_b CONNECTION LIMIT 1`, /connection limit/],
    [`ALTER ROLE ${stem}_a SET search_path = public`, /settings/],
    [`ALTER ROLE ${stem}_a SET work_mem = '1GB'`, /settings/],
    [`ALTER ROLE ${stem}_a RESET ALL`, /settings/],
    [`REVOKE ${stem} FROM ${stem}_a CASCADE`, /no member/],
    [`GRANT ${other.stem} TO ${stem}_a`, /was a member of/],
    [`GRANT ${stem} TO "${outsider}"`, /was a member of/],
    [`GRANT ${stem} TO ${stem}_b WITH ADMIN TRUE`, /was a member of/],
    [`DROP ROLE ${stem}_b`, /_b is missing/],
    [`DROP OWNED BY ${stem} CASCADE; DROP ROLE ${stem}`, /lacked/],
  ];
  for (const [sql, finding] of cases) {
    await database.as(database.administratorUrl, sql).catch(() => database.admin(sql));
    const { worker } = await administration.ensureTenant('drift', undefined);
    expect(`${sql}: ${worker.findings.join('; ')}`).toMatch(finding);
    const again = await administration.ensureTenant('drift', undefined);
    expect(`${sql}: ${again.worker.findings.join('; ')}`).toBe(`${sql}: `);
  }
  await database.admin(`DROP ROLE "${outsider}"`);
});

test('a role of the name that is not ours is never taken over, and nothing else is begun', async () => {
  const { schema, stem } = await tenant('squatted');
  await administration.removeTenant('squatted', { dropSchema: false, application: '1' });
  await database.admin(`CREATE ROLE ${stem}_a LOGIN PASSWORD 'theirs'`);
  try {
    await expect(administration.ensureTenant('squatted', undefined)).rejects.toMatchObject({
      code: 'RoleTaken',
      message: expect.stringContaining(`${stem}_a exists and is not this installation's`),
    });
    expect(await database.admin('SELECT rolname FROM pg_roles WHERE rolname = $1', [stem])).toEqual([]);
    // Nor is it removed.
    await administration.removeTenant('squatted', { dropSchema: true, application: '1' });
    expect(
      await database.admin('SELECT rolname FROM pg_roles WHERE rolname = $1', [`${stem}_a`]),
    ).toHaveLength(1);
    expect(await database.admin('SELECT FROM pg_namespace WHERE nspname = $1', [schema])).toEqual([]);
  } finally {
    await database.admin(`DROP ROLE ${stem}_a`);
  }
});

test('names of tenants that look alike, are long or need quoting elsewhere have schemas of their own', async () => {
  const names = ['a-b', 'a-b-', 'ab', 'select', `long-${'x'.repeat(35)}`, `long-${'x'.repeat(34)}y`];
  const entries = await Promise.all(names.map((name) => administration.ensureTenant(name, undefined)));
  expect(new Set(entries.map(({ schema }) => schema)).size).toBe(names.length);
  expect(new Set(entries.map(({ worker }) => worker.stem)).size).toBe(names.length);
  for (const { schema } of entries) expect(schema).toMatch(/^t_[0-9a-f]{16}$/);
});

test('eight operators at once agree', async () => {
  const all = await Promise.all(
    Array.from({ length: 8 }, () =>
      new DatabaseAdministration({ url: database.administratorUrl }).ensureTenant(
        'contended',
        '300000000000000008',
      ),
    ),
  );
  expect(new Set(all.map(({ schema }) => schema)).size).toBe(1);
  expect(all.filter(({ worker }) => worker.findings.length > 0)).toHaveLength(1);
});

test('the server never sees a password: what it stores is computed here', async () => {
  const { url, stem } = await tenant('scram');
  const [row] = await database.admin('SELECT rolpassword FROM pg_authid WHERE rolname = $1', [`${stem}_a`]);
  const { password } = new URL(url);
  const [, salt = ''] = /^SCRAM-SHA-256\$4096:([^$]+)\$/.exec(String(row?.rolpassword)) ?? [];
  expect(row?.rolpassword).toBe(scramVerifier(password, Buffer.from(salt, 'base64')));
  expect(await administration.tryLogin(url)).toBe('works');
  expect(await administration.tryLogin(url.replace(password, 'wrong'))).toBe('refused');
});

test('a worker that takes an advisory lock, to keep another tenant’s bot away, is cut off', async () => {
  const { url } = await tenant('grabber');
  const pg = (await import('pg')).default;
  const client = new pg.Client({ connectionString: url });
  const ended = new Promise<void>((resolve) => client.once('end', () => resolve()));
  client.on('error', () => {});
  await client.connect();
  await client.query("SELECT pg_advisory_lock(hashtextextended('skald/bot/300000000000000001', 0))");
  await administration.ensureTenant('everything', undefined);
  await ended;
  const left = await database.admin(
    "SELECT FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
  );
  expect(left).toEqual([]);
});

test('more connections than a role may have are refused with a word on what limits them', async () => {
  const small = new DatabaseAdministration({ url: database.administratorUrl, workerConnections: 1 });
  const { worker } = await small.ensureTenant('small', undefined);
  const url = await small.issue(worker.stem, 'a');
  const [one, two] = [1, 2].map(() => new SessionStore({ url, applicationName: 'test', maxConnections: 1 }));
  try {
    const uid = randomUUID();
    await one?.upsertSession(session(uid));
    const error = await two?.readCounters(uid).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(StoreError);
    expect(error).toMatchObject({ code: '53300', temporary: true });
    expect(String(error)).toMatch(/too many connections for role .*workerConnections/);
    await one?.close();
    expect((await two?.readCounters(uid))?.replies).toBe(0);
  } finally {
    await two?.close();
  }
});

test('a copy of the database beside the first leaves the first one’s roles alone; once that is gone they are its own', async () => {
  const first = await administeredDatabase();
  const administration = new DatabaseAdministration({ url: first.administratorUrl });
  const { worker } = await administration.ensureTenant('copied', undefined);
  const url = await administration.issue(worker.stem, 'a');
  const original = new URL(first.url).pathname.slice(1);
  const copy = `${original}_copy`;
  await database.admin(`CREATE DATABASE ${copy} TEMPLATE ${original}`);
  const at = (text: string) => Object.assign(new URL(text), { pathname: `/${copy}` }).href;
  const role = new URL(first.administratorUrl).username;
  await database.admin(`GRANT CREATE, CONNECT ON DATABASE ${copy} TO ${role} WITH GRANT OPTION`);
  const second = new DatabaseAdministration({ url: at(first.administratorUrl) });
  try {
    await expect(second.ensureTenant('copied', undefined)).rejects.toMatchObject({ code: 'RoleTaken' });
    await second.removeTenant('copied', { dropSchema: false, application: '1' });
    expect(await administration.tryLogin(url)).toBe('works');
    await database.admin(`DROP DATABASE ${original} WITH (FORCE)`);
    const { worker: again } = await second.ensureTenant('copied', undefined);
    expect(again.findings.join('; ')).toContain('was of a database that is gone');
    expect((await second.ensureTenant('copied', undefined)).worker.findings).toEqual([]);
    expect(await second.tryLogin(at(url))).toBe('works');
    await second.removeTenant('copied', { dropSchema: true, application: '1' });
  } finally {
    await database.admin(`DROP DATABASE ${copy} WITH (FORCE)`);
    await database.admin(`DROP ROLE ${role}`);
  }
});

test('the removal of a tenant that is cut off after any of its statements is finished by the next', async () => {
  const application = '300000000000000077';
  let statements = 1;
  let whole = false;
  for (let least = 0; !whole; least++) {
    const { schema, worker } = await administration.ensureTenant('doomed', undefined);
    await administration.issue(worker.stem, 'a');
    const options = { url: database.administratorUrl, applicationName: 'test' };
    const removal = { tenant: 'doomed', dropSchema: true, application };
    await withSession('be cut off', options, async (session) => {
      statements = 0;
      const cut: Session = {
        ...session,
        query: (sql, values) => {
          if (statements++ === least) throw new StoreError('cut off', 'ECONNRESET');
          return session.query(sql, values);
        },
      };
      await removeTenant(cut, removal).then(
        () => {
          whole = true;
        },
        (error: unknown) => expect(error).toMatchObject({ message: 'cut off' }),
      );
    });
    await administration.removeTenant('doomed', removal);
    const left = await database.admin(
      `SELECT rolname::text AS name FROM pg_roles WHERE rolname LIKE $1
       UNION ALL SELECT nspname FROM pg_namespace WHERE nspname = $2
       UNION ALL SELECT name FROM skald.tenants WHERE name = 'doomed'
       UNION ALL SELECT role_name FROM skald.gateway_roles WHERE role_name LIKE $1
       UNION ALL SELECT role_stem FROM skald.credentials WHERE role_stem LIKE $1`,
      [`${worker.stem}%`, schema],
    );
    expect({ after: least, left }).toEqual({ after: least, left: [] });
  }
  expect(statements).toBeGreaterThan(15);
});

test('the lock of a bot holds between gateways of any role, and through a change of the password', async () => {
  const { stem: slots } = await administration.ensureSlots();
  const { gateway } = await administration.ensureTenant('locked', '300000000000000042');
  const first = await administration.issue(slots, 'a');
  const signal = AbortSignal.timeout(30_000);
  const whose = { applicationId: '300000000000000042', signal };
  let url = first;
  const held = await tryBotLock({ ...whose, url: () => url, holder: 'one' });
  expect(held).toBeDefined();
  url = await administration.issue(slots, 'b');
  const own = await administration.issue(gateway?.stem ?? '', 'a');
  for (const other of [first, url, own]) {
    expect(await tryBotLock({ ...whose, url: other, holder: 'two' })).toBeUndefined();
  }
  expect(held?.lost.aborted).toBe(false);
  await held?.release();
  const next = await tryBotLock({ ...whose, url: own, holder: 'two' });
  expect(next).toBeDefined();
  await next?.release();
});

test('a worker that finds no connection left loses no row', async () => {
  const small = new DatabaseAdministration({ url: database.administratorUrl, workerConnections: 1 });
  const { worker } = await small.ensureTenant('crowded', undefined);
  const url = await small.issue(worker.stem, 'a');
  const crowd = new SessionStore({ url, applicationName: 'crowd', maxConnections: 1 });
  const uid = randomUUID();
  await crowd.upsertSession(session(uid));
  const failed = Promise.withResolvers<string>();
  const journal = new Journal({
    openStore: async () => new SessionStore({ url, applicationName: 'journal' }),
    session: session(uid),
    recordTranscripts: true,
    log: { ...silentLogger(), warn: (fields: object) => failed.resolve(JSON.stringify(fields)) },
    health: () => {},
  });
  const { id: _, sessionUid: __, ...words } = segment(uid);
  await journal.begin(0);
  journal.segment(words);
  journal.segment({ ...words, text: 'And cold.' });
  await failed.promise;
  await crowd.close();
  await vi.waitUntil(
    async () => {
      const rows = await database.admin(
        `SELECT text FROM ${(await administration.ensureTenant('crowded', undefined)).schema}.transcript_segments ORDER BY sequence`,
      );
      return rows.length === 2;
    },
    { timeout: 20_000, interval: 200 },
  );
  await journal.close('Idle', 5_000);
  expect(journal.droppedRows).toBe(0);
});

test.each([
  ['NOCREATEROLE', /permission denied to create role/],
  ['CREATEROLE', /lacks a right: no privileges were granted.*operations.md has the SQL/],
])(
  'an administrator with %s and no right to pass CONNECT on is told what it lacks',
  async (kind, message) => {
    const own = await administeredDatabase();
    const name = new URL(own.url).pathname.slice(1);
    const role = new URL(own.administratorUrl).username;
    try {
      await own.admin(
        `ALTER ROLE ${role} ${kind}; REVOKE GRANT OPTION FOR CONNECT ON DATABASE ${name} FROM ${role}`,
      );
      const poor = new DatabaseAdministration({ url: own.administratorUrl });
      await expect(poor.ensureTenant('poor', undefined)).rejects.toMatchObject({
        code: '42501',
        message: expect.stringMatching(message),
      });
      // Nothing of it remains.
      expect(
        await own.admin(`SELECT FROM pg_auth_members WHERE member = '${role}'::regrole AND admin_option`),
      ).toEqual([]);
    } finally {
      await own[Symbol.asyncDispose]();
    }
  },
);
