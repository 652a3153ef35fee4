// Which schema and which roles are whose, as the shared schema has it (migrations/shared/0002).
import { randomBytes } from 'node:crypto';
import { SHARED_SCHEMA } from '../dsn.ts';
import type { Session } from './session.ts';
import type { Turn } from './specification.ts';

export interface TenantEntry {
  readonly schema: string;
  /** Stem of the names of the workers' roles. */
  readonly stem: string;
}

/** Stem of the roles of a gateway of the tenant's own. */
export function dedicatedStem({ stem }: TenantEntry): string {
  return `${stem}_gw`;
}

/** Stem of the roles that a tenant's commands have in its schema, in whichever gateway serves it. */
export function commandStem({ stem }: TenantEntry): string {
  return `${stem}_cmd`;
}

/** Names of the logins of all workers: what nobody else is called. */
export const WORKER_LOGIN = '^t_[0-9a-f]{16}_[ab]$';

/** The name that a tenant's schema had before names were random; one that exists is kept. */
function formerSchema(tenant: string): string {
  return `tenant_${tenant.replaceAll('-', '_')}`;
}

export async function hasRegistry(session: Session): Promise<boolean> {
  const [row] = await session.query<{ found: boolean }>('SELECT to_regclass($1) IS NOT NULL AS found', [
    `${SHARED_SCHEMA}.tenants`,
  ]);
  return row?.found === true;
}

export async function findTenant(session: Session, tenant: string): Promise<TenantEntry | undefined> {
  const [row] = await session.query<TenantEntry>(
    `SELECT schema_name AS schema, role_stem AS stem FROM ${SHARED_SCHEMA}.tenants WHERE name = $1`,
    [tenant],
  );
  return row;
}

/** The tenant's entry, made when there is none. Many at once agree. */
export async function registerTenant(session: Session, tenant: string): Promise<TenantEntry> {
  const known = await findTenant(session, tenant);
  if (known !== undefined) return known;
  const own = `t_${randomBytes(8).toString('hex')}`;
  const former = formerSchema(tenant);
  const schema = (await listFormer(session)).includes(former) ? former : own;
  await session.query(
    `INSERT INTO ${SHARED_SCHEMA}.tenants (name, schema_name, role_stem)
     VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING`,
    [tenant, schema, own],
  );
  const entry = await findTenant(session, tenant);
  if (entry === undefined) throw new Error(`the entry of ${tenant} was removed at once`);
  return entry;
}

/** Schemas of before names were random, whether the registry has them or not; not what another program made. */
export async function listFormer(session: Session): Promise<string[]> {
  const rows = await session.query<{ schema: string }>(
    `SELECT nspname::text AS schema FROM pg_namespace
     WHERE nspname LIKE 'tenant\\_%' AND has_schema_privilege(oid, 'CREATE')
       AND EXISTS (SELECT FROM pg_class WHERE relnamespace = pg_namespace.oid AND relname = 'migrations')
     ORDER BY 1`,
  );
  return rows.map(({ schema }) => schema);
}

/** Every tenant that has a schema, by the schema. */
export function listTenants(session: Session): Promise<{ readonly name: string; readonly schema: string }[]> {
  return session.query(
    `SELECT name, schema_name AS schema FROM ${SHARED_SCHEMA}.tenants ORDER BY schema_name`,
  );
}

/** Random, and the same for as long as the data lives. */
export async function installationId(session: Session): Promise<string> {
  const [row] = await session.query<{ id: string }>(`SELECT id FROM ${SHARED_SCHEMA}.installation`);
  if (row === undefined) throw new Error(`${SHARED_SCHEMA}.installation is empty`);
  return row.id;
}

/** Which login was given a password last. */
export async function lastIssued(session: Session, stem: string): Promise<Turn | undefined> {
  const [row] = await session.query<{ login: Turn }>(
    `SELECT login FROM ${SHARED_SCHEMA}.credentials WHERE role_stem = $1`,
    [stem],
  );
  return row?.login;
}

export async function noteIssued(session: Session, stem: string, turn: Turn): Promise<void> {
  await session.query(
    `INSERT INTO ${SHARED_SCHEMA}.credentials (role_stem, login) VALUES ($1, $2)
     ON CONFLICT (role_stem) DO UPDATE SET login = excluded.login, issued_at = now()`,
    [stem, turn],
  );
}

/**
 * What a gateway's logins may see of gateway_sessions. Nothing is written when it is so already.
 * @param application undefined: all of it
 */
export async function allowRows(
  session: Session,
  logins: readonly string[],
  application: string | undefined,
): Promise<void> {
  await session.query(
    `INSERT INTO ${SHARED_SCHEMA}.gateway_roles (role_name, application_id)
     SELECT name, $2 FROM unnest($1::text[]) AS name
     ON CONFLICT (role_name) DO UPDATE SET application_id = excluded.application_id
     WHERE gateway_roles.application_id IS DISTINCT FROM excluded.application_id`,
    [logins, application ?? null],
  );
}
