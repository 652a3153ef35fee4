// The end of a tenant in the database. Each step can be repeated, and what is gone is no error.
import { SHARED_SCHEMA } from '../dsn.ts';
import { StoreError } from '../store-error.ts';
import { readMarks } from './marks.ts';
import { commandStem, dedicatedStem, findTenant, hasRegistry } from './registry.ts';
import type { Session } from './session.ts';
import { loginName } from './specification.ts';

export interface TenantRemoval {
  readonly tenant: string;
  /** False: schema and rows stay, for a Tenant of the same name that may come again. */
  readonly dropSchema: boolean;
  /** Its Discord application. */
  readonly application: string;
}

/** How long a connection may take to end, milliseconds. */
const GOODBYE_MS = 5_000;

/** Nobody gets in any more, whoever is in goes out, then rights, roles and, if wanted, the data. */
export async function removeTenant(session: Session, removal: TenantRemoval): Promise<void> {
  const { tenant, dropSchema, application } = removal;
  if (!(await hasRegistry(session))) return;
  const entry = await findTenant(session, tenant);
  if (entry === undefined) return;
  const stems = [entry.stem, commandStem(entry), dedicatedStem(entry)];
  for (const stem of stems) await removeRoles(session, stem);
  await session.transaction(async () => {
    await session.query(`DELETE FROM ${SHARED_SCHEMA}.credentials WHERE role_stem = ANY ($1)`, [stems]);
    await session.query(`DELETE FROM ${SHARED_SCHEMA}.gateway_sessions WHERE application_id = $1`, [
      application,
    ]);
    if (!dropSchema) return;
    await session.query(`DROP SCHEMA IF EXISTS ${quoted(entry.schema)} CASCADE`);
    await session.query(`DELETE FROM ${SHARED_SCHEMA}.tenants WHERE name = $1`, [tenant]);
  });
}

/** The group and its two logins; one that is not ours stays as it is. */
export async function removeRoles(session: Session, stem: string): Promise<void> {
  const { isOurs } = await readMarks(session);
  const wanted = [loginName(stem, 'a'), loginName(stem, 'b'), stem];
  const found = await session.query<{ name: string; comment: string | null }>(
    "SELECT rolname AS name, shobj_description(oid, 'pg_authid') AS comment FROM pg_roles WHERE rolname = ANY ($1)",
    [wanted],
  );
  const ours = wanted.filter((name) => found.some((role) => role.name === name && isOurs(role.comment)));
  if (ours.length > 0) {
    for (const name of ours) {
      await session.query(`ALTER ROLE ${quoted(name)} NOLOGIN`);
      await session.query(`GRANT ${quoted(name)} TO CURRENT_USER WITH INHERIT TRUE, SET FALSE`);
    }
    await endConnections(session, ours);
    await session.transaction(async () => {
      const list = ours.map(quoted).join(', ');
      await session.query(`DROP OWNED BY ${list}`);
      await session.query(`DROP ROLE ${list}`);
    });
  }
  await session.query(`DELETE FROM ${SHARED_SCHEMA}.gateway_roles WHERE role_name = ANY ($1)`, [wanted]);
}

async function endConnections(session: Session, roles: readonly string[]): Promise<void> {
  const left = await session.query<{ ended: boolean }>(
    'SELECT pg_terminate_backend(pid, $2) AS ended FROM pg_stat_activity WHERE usename = ANY ($1)',
    [roles, GOODBYE_MS],
  );
  const open = left.filter(({ ended }) => !ended).length;
  if (open > 0) throw new StoreError(`${open} connections of ${roles.join(', ')} do not end.`, '57014');
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
