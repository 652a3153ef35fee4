// What the operator does to the database: schemas, roles, passwords. It connects as the administrator, a role that may
// create schemas in the database and roles on the server, and need not be a superuser.
import { type DatabaseUrl, SHARED_SCHEMA, urlForRole, urlNow } from '../dsn.ts';
import { migrate } from '../migrate.ts';
import { StoreError } from '../store-error.ts';
import { inspectRoles } from './inspect.ts';
import { type LoginAttempt, tryLogin } from './login.ts';
import { type Marks, readMarks } from './marks.ts';
import { planRoles } from './plan.ts';
import {
  allowRows,
  commandStem,
  dedicatedStem,
  findTenant,
  installationId,
  lastIssued,
  noteIssued,
  registerTenant,
  type TenantEntry,
  WORKER_LOGIN,
} from './registry.ts';
import { removeRoles, removeTenant, type TenantRemoval } from './removal.ts';
import { newPassword, scramVerifier } from './scram.ts';
import { type Session, withSession } from './session.ts';
import {
  commandRoles,
  gatewayRoles,
  loginName,
  type RoleSpecification,
  type Turn,
  workerRoles,
} from './specification.ts';

export interface AdministrationOptions {
  readonly url: DatabaseUrl;
  /** Connections at a time of each of a tenant's two logins. @defaultValue 60 */
  readonly workerConnections?: number;
  /** The same of gateways. @defaultValue 500 */
  readonly gatewayConnections?: number;
  readonly log?: (message: string) => void;
}

/** A group and its two logins, as they are now. */
export interface Roles {
  readonly stem: string;
  /** What was wrong and has been put right, a phrase each. */
  readonly findings: readonly string[];
}

export interface TenantDatabase {
  readonly schema: string;
  /** The schema or a role did not exist before. */
  readonly made: boolean;
  readonly worker: Roles;
  /** Of its commands, in the gateway that serves it. */
  readonly command: Roles;
  /** Of a gateway of the tenant's own. */
  readonly gateway: Roles | undefined;
}

const APPLICATION = 'skald-controller';
/** Segments that one statement removes. */
const REMOVED_AT_ONCE = 5000;

/** Connections at a time of each login of a tenant's commands: two of a gateway's pod, and of the one that follows it. */
const COMMAND_CONNECTIONS = 10;

/**
 * Workers take no advisory locks. One that does could keep another tenant's bot from connecting, or a migration from
 * running, and PostgreSQL has no way to forbid it: its connections are ended.
 */
const END_LOCK_HOLDERS = `
  SELECT pg_terminate_backend(pid) FROM pg_stat_activity
  WHERE usename ~ $1 AND pg_has_role(usesysid, 'USAGE')
    AND pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory')`;

export class DatabaseAdministration {
  readonly #o: AdministrationOptions;
  #shared: Promise<unknown> | undefined;

  constructor(options: AdministrationOptions) {
    this.#o = options;
  }

  /** DSN of the administrator as it is now. Holds a password. */
  get url(): string {
    return urlNow(this.#o.url);
  }

  /**
   * The tenant's schema, current, and its roles as they should be. Idempotent.
   * @param application of a gateway of the tenant's own; undefined: it has none, and such roles are removed
   * @throws {StoreError} `RoleTaken` when a role of the name is not ours, `SchemaNewer`, `PostgresTooOld`
   */
  async ensureTenant(tenant: string, application: string | undefined): Promise<TenantDatabase> {
    await this.#ensureShared();
    const { entry, before } = await this.#session(`look for the schema of ${tenant}`, async (session) => {
      await session.query(END_LOCK_HOLDERS, [WORKER_LOGIN]);
      return { before: await findTenant(session, tenant), entry: await registerTenant(session, tenant) };
    });
    await this.#migrate(entry.schema, 'tenant');
    return this.#session(`prepare the roles of ${tenant}`, async (session) => {
      if (application === undefined) await removeRoles(session, dedicatedStem(entry));
      return session.transaction(async () => {
        await lock(session);
        const marks = await readMarks(session);
        const worker = await this.#ensureRoles(session, marks, this.#workers(entry));
        const command = await this.#ensureRoles(session, marks, commandsOf(entry));
        const gateway = await this.#ensureDedicated(session, marks, entry, application);
        return { schema: entry.schema, made: before === undefined, worker, command, gateway };
      });
    });
  }

  /** The roles of the installation's own gateways. */
  async ensureSlots(): Promise<Roles> {
    await this.#ensureShared();
    return this.#session('prepare the roles of the gateways', (session) =>
      session.transaction(async () => {
        await lock(session);
        const stem = `g_${await installationId(session)}`;
        const roles = await this.#ensureRoles(session, await readMarks(session), this.#gateways(stem));
        await allowRows(session, loginsOf(stem), undefined);
        const closed = await closePublic(session);
        return { ...roles, findings: [...roles.findings, ...closed] };
      }),
    );
  }

  /** A new password for one of the two logins. @returns the DSN with it */
  async issue(stem: string, turn: Turn): Promise<string> {
    const url = urlForRole(this.url, loginName(stem, turn), newPassword());
    await this.restore(url);
    await this.#session(`note who has a new password`, (session) => noteIssued(session, stem, turn));
    return url;
  }

  /** Makes the password in this DSN the one of its role again. */
  async restore(url: string): Promise<void> {
    const { username, password } = new URL(url);
    const role = decodeURIComponent(username);
    await this.#session(`set the password of ${role}`, (session) =>
      session.query(`ALTER ROLE ${escaped(role)} PASSWORD '${scramVerifier(decodeURIComponent(password))}'`),
    );
  }

  /** Whether this DSN lets its role in. @throws {StoreError} when it cannot be known now */
  tryLogin(url: string): Promise<LoginAttempt> {
    return tryLogin(url);
  }

  /** Which login of the stem was given a password last. */
  lastIssued(stem: string): Promise<Turn | undefined> {
    return this.#session('look who has a password', (session) => lastIssued(session, stem));
  }

  /**
   * Removes what was said before so many days, and the recaps of that age, in batches that hold nobody up.
   * @returns segments that were removed
   */
  async removeTranscripts(schema: string, days: number): Promise<number> {
    const name = escaped(schema);
    return await this.#session(`remove old transcripts of ${schema}`, async (session) => {
      await session.query(`DELETE FROM ${name}.recaps WHERE created_at < now() - make_interval(days => $1)`, [
        days,
      ]);
      for (let removed = 0; ; ) {
        const rows = await session.query(
          `DELETE FROM ${name}.transcript_segments WHERE id IN (
             SELECT id FROM ${name}.transcript_segments
             WHERE started_at < now() - make_interval(days => $1) LIMIT $2
           ) RETURNING id`,
          [days, REMOVED_AT_ONCE],
        );
        removed += rows.length;
        if (rows.length < REMOVED_AT_ONCE) return removed;
      }
    });
  }

  /** Its roles, and with `dropSchema` its data. Idempotent; what is gone is no error. */
  async removeTenant(
    tenant: string,
    removal: Pick<TenantRemoval, 'dropSchema' | 'application'>,
  ): Promise<void> {
    await this.#session(`remove what ${tenant} has`, (session) =>
      removeTenant(session, { tenant, ...removal }),
    );
  }

  #workers({ stem, schema }: TenantEntry): RoleSpecification {
    return workerRoles(stem, schema, { connectionLimit: this.#o.workerConnections ?? 60 });
  }

  #gateways(stem: string): RoleSpecification {
    return gatewayRoles(stem, { connectionLimit: this.#o.gatewayConnections ?? 500 });
  }

  async #ensureDedicated(
    session: Session,
    marks: Marks,
    entry: TenantEntry,
    application: string | undefined,
  ): Promise<Roles | undefined> {
    if (application === undefined) return undefined;
    const stem = dedicatedStem(entry);
    const roles = await this.#ensureRoles(session, marks, this.#gateways(stem));
    await allowRows(session, loginsOf(stem), application);
    return roles;
  }

  async #ensureRoles(session: Session, marks: Marks, wanted: RoleSpecification): Promise<Roles> {
    const seen = await inspectRoles(session, wanted, marks.isOurs);
    const [named] = await session.query<{ name: string }>('SELECT current_database() AS name');
    const database = named?.name ?? '';
    const plan = planRoles(wanted, seen, { mark: marks.mark, database });
    if (plan.foreign.length > 0) {
      throw new StoreError(
        `Role ${plan.foreign.join(', ')} exists and is not this installation's: it is left alone. Drop or rename it.`,
        'RoleTaken',
      );
    }
    if (seen.others.length > 0) {
      throw new StoreError(
        `Somebody gave ${wanted.stem} rights on ${seen.others.join(', ')}: take them back (REVOKE).`,
        'RightsForeign',
      );
    }
    session.warnings();
    for (const statement of plan.statements) await session.query(statement);
    // A GRANT or REVOKE of what one may not give or take does nothing but warn.
    const warnings = session.warnings();
    if (warnings.length > 0) {
      throw new StoreError(
        `The administrator's role lacks a right: ${warnings.join('; ')}. docs/operations.md has the SQL.`,
        '42501',
      );
    }
    return { stem: wanted.stem, findings: plan.findings };
  }

  /** Once; what failed is tried again by the next. */
  #ensureShared(): Promise<unknown> {
    this.#shared ??= this.#migrate(SHARED_SCHEMA, 'shared').catch((error: unknown) => {
      this.#shared = undefined;
      throw error;
    });
    return this.#shared;
  }

  #migrate(schema: string, set: 'tenant' | 'shared'): Promise<readonly string[]> {
    const { url, log } = this.#o;
    return migrate({ url, schema, set, ...(log === undefined ? {} : { log }) });
  }

  #session<T>(what: string, work: (session: Session) => Promise<T>): Promise<T> {
    const options = { url: this.#o.url, applicationName: APPLICATION };
    return withSession(what, options, work).catch((error: unknown) => {
      // A schema or a table is not there: the database was replaced, and the shared schema has to be made again.
      if (error instanceof StoreError && /^(3F000|42P01)$/.test(error.code ?? '')) this.#shared = undefined;
      throw error;
    });
  }
}

/**
 * One after the other in the whole database: two that GRANT on one object at once fail ("tuple concurrently updated").
 * By a row, because no worker can lock that.
 */
async function lock(session: Session): Promise<void> {
  await session.query(`SELECT FROM ${SHARED_SCHEMA}.installation FOR UPDATE`);
}

/** Servers that were once older than 15 let everybody make tables in `public`; whoever owns it may end that. */
async function closePublic(session: Session): Promise<string[]> {
  const [row] = await session.query<{ mine: boolean }>(
    `SELECT pg_has_role(nspowner, 'USAGE') AS mine FROM pg_namespace
     WHERE nspname = 'public' AND has_schema_privilege('public', oid, 'CREATE')`,
  );
  if (row === undefined) return [];
  if (!row.mine) return ['PUBLIC may create in the schema public, and only its owner can change that'];
  await session.query('REVOKE CREATE ON SCHEMA public FROM PUBLIC');
  return ['PUBLIC could create in the schema public'];
}

function commandsOf(entry: TenantEntry): RoleSpecification {
  return commandRoles(commandStem(entry), entry.schema, { connectionLimit: COMMAND_CONNECTIONS });
}

function loginsOf(stem: string): string[] {
  return [loginName(stem, 'a'), loginName(stem, 'b')];
}

function escaped(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
