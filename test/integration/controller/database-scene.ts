// An operator with a database: a real API server under the chart's RBAC, a real PostgreSQL, an administrator that is no
// superuser, and a door to it that can be shut. One for each test file.
import { afterAll, beforeAll, inject } from 'vitest';
import { secretText } from '../../../controller/certificates/secrets.ts';
import { tenants } from '../../../controller/resources.ts';
import { findCondition } from '../../../src/api/index.ts';
import { events, secrets } from '../../../src/kube/index.ts';
import { DatabaseAdministration } from '../../../src/store/roles/administration.ts';
import { type DatabaseDoor, databaseDoor } from '../gateway/database-door.ts';
import { type AdministeredDatabase, administeredDatabase } from '../store/database.ts';
import { unique, World } from './world.ts';

export let database: AdministeredDatabase;
export let door: DatabaseDoor;
export let world: World;

/** Before and after the tests of a file. */
export function setTheScene(): void {
  beforeAll(async () => {
    database = await administeredDatabase();
    door = await databaseDoor(database.administratorUrl);
    const env = { SKALD_DATABASE_CHECK_SECONDS: '1' };
    world = await World.create({ kubeconfig: inject('kubeconfig'), env });
    world.database = new DatabaseAdministration({ url: door.url });
    await world.start();
  });
  afterAll(async () => {
    await world[Symbol.asyncDispose]();
    await door[Symbol.asyncDispose]();
    await database[Symbol.asyncDispose]();
  });
}

/** A Ready tenant. */
export async function tenant(spec: Parameters<World['tenant']>[1] = {}) {
  const name = unique('data');
  await world.tenant(name, spec);
  await world.ready(tenants, { name });
  return { name, namespace: `skald-${name}` };
}

export async function dsn(namespace: string, name = 'skald-database'): Promise<string> {
  const secret = await world.admin.get(secrets, { namespace, name });
  return secretText(secret, 'url') ?? '';
}

/** Schema and stem of the roles. */
export async function entry(name: string): Promise<{ schema: string; stem: string } | undefined> {
  const [row] = await database.admin(
    'SELECT schema_name AS schema, role_stem AS stem FROM skald.tenants WHERE name = $1',
    [name],
  );
  return row === undefined ? undefined : { schema: String(row.schema), stem: String(row.stem) };
}

export async function rolesLike(stem: string): Promise<string[]> {
  const rows = await database.admin("SELECT rolname FROM pg_roles WHERE rolname LIKE $1 || '%' ORDER BY 1", [
    stem,
  ]);
  return rows.map((row) => String(row.rolname));
}

export async function condition(
  name: string,
): Promise<{ status?: string; reason?: string; message?: string }> {
  const found = await world.admin.get(tenants, { name });
  return findCondition(found.status?.conditions, 'DatabaseReady') ?? {};
}

/** Notes of the Events of a Tenant with this reason. */
export async function notes(name: string, reason: string): Promise<string[]> {
  const all = await world.admin.listAll(events, {});
  return all
    .filter((event) => event.regarding?.name === name && event.reason === reason)
    .map((event) => event.note ?? '');
}

export async function eventually(what: string, holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`not in time: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
