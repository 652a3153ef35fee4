// What must be done so that roles are as specified: pure. Nothing is sent when nothing is wrong.
import pg from 'pg';
import { loginName, type Right, type RoleSpecification } from './specification.ts';

/** A role as the server has it. */
export interface SeenRole {
  readonly name: string;
  readonly ours: boolean;
  /** Its comment. */
  readonly mark: string | null;
  readonly canLogin: boolean;
  /** SUPERUSER, CREATEDB, CREATEROLE, REPLICATION or BYPASSRLS. */
  readonly powerful: boolean;
  readonly connectionLimit: number;
  readonly settings: Readonly<Record<string, string>>;
}

export interface Membership {
  readonly role: string;
  readonly member: string;
  readonly admin: boolean;
  readonly inherit: boolean;
  readonly set: boolean;
}

export interface SeenRight extends Right {
  /** Name of a role, or PUBLIC. */
  readonly grantee: string;
  readonly grantable: boolean;
}

export interface SeenRoles {
  /** Of the three, those that exist. */
  readonly roles: readonly SeenRole[];
  /** In which one of the three is the role or the member; the administrator's own are not among them. */
  readonly memberships: readonly Membership[];
  /** Of the three anywhere in this database, and of PUBLIC in the schemas of the specification. */
  readonly rights: readonly SeenRight[];
  /** Whether the group may connect to this database. */
  readonly connects: boolean;
}

export interface RolePlan {
  /** To be run in one transaction. */
  readonly statements: readonly string[];
  /** What was wrong, a phrase each: `role x is missing`. Empty: nothing. */
  readonly findings: readonly string[];
  /** Roles that have one of the names and are not ours: nothing may be done. */
  readonly foreign: readonly string[];
}

const id = (name: string): string => pg.escapeIdentifier(name);
const literal = (text: string): string => pg.escapeLiteral(text);

/**
 * @param mark the comment of our roles
 * @param database name of the database that is connected to
 */
export function planRoles(
  wanted: RoleSpecification,
  seen: SeenRoles,
  { mark, database }: { readonly mark: string; readonly database: string },
): RolePlan {
  const foreign = seen.roles.filter(({ ours }) => !ours).map(({ name }) => name);
  if (foreign.length > 0) return { statements: [], findings: [], foreign };
  const statements: string[] = [];
  const findings: string[] = [];
  const add = (finding: string, ...more: readonly string[]): void => {
    findings.push(finding);
    statements.push(...more);
  };
  const group = wanted.stem;
  const logins = (['a', 'b'] as const).map((turn) => loginName(group, turn));
  for (const name of [group, ...logins]) {
    const role = seen.roles.find((one) => one.name === name);
    const shape = { login: name !== group, limit: name === group ? -1 : wanted.connectionLimit };
    const settings = name === group ? {} : wanted.settings;
    if (role === undefined) {
      add(`role ${name} is missing`, ...create(name, shape, mark), ...configure(name, settings));
    } else {
      if (role.mark !== mark) {
        add(`role ${name} was of a database that is gone`, `COMMENT ON ROLE ${id(name)} IS ${literal(mark)}`);
      }
      for (const [finding, more] of alter(role, shape, settings)) add(finding, ...more);
    }
  }
  for (const [finding, statement] of members(group, logins, seen.memberships)) add(finding, statement);
  for (const [finding, statement] of rights(group, wanted.rights, seen.rights)) add(finding, statement);
  if (!seen.connects) {
    add(`${group} may not connect`, `GRANT CONNECT ON DATABASE ${id(database)} TO ${id(group)}`);
  }
  return { statements, findings, foreign: [] };
}

interface Shape {
  readonly login: boolean;
  readonly limit: number;
}

function create(name: string, { login, limit }: Shape, mark: string): string[] {
  const kind = login ? 'LOGIN' : 'NOLOGIN';
  return [
    `CREATE ROLE ${id(name)} ${kind} INHERIT CONNECTION LIMIT ${limit}`,
    // To end its connections and to take its rights away again; not to become it.
    `GRANT ${id(name)} TO CURRENT_USER WITH INHERIT TRUE, SET FALSE`,
    `COMMENT ON ROLE ${id(name)} IS ${literal(mark)}`,
  ];
}

function configure(name: string, settings: Readonly<Record<string, string>>): string[] {
  return Object.entries(settings).map(
    ([key, value]) => `ALTER ROLE ${id(name)} SET ${id(key)} = ${literal(value)}`,
  );
}

function* alter(
  role: SeenRole,
  { login, limit }: Shape,
  settings: Readonly<Record<string, string>>,
): Generator<readonly [finding: string, statements: readonly string[]]> {
  const { name } = role;
  if (role.powerful) {
    const without = 'NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS';
    yield [`role ${name} had rights over the server`, [`ALTER ROLE ${id(name)} ${without}`]];
  }
  if (role.canLogin !== login) {
    const kind = login ? 'LOGIN' : 'NOLOGIN';
    yield [`role ${name} ${login ? 'could not' : 'could'} log in`, [`ALTER ROLE ${id(name)} ${kind}`]];
  }
  if (role.connectionLimit !== limit) {
    yield [
      `the connection limit of ${name} was ${role.connectionLimit}`,
      [`ALTER ROLE ${id(name)} CONNECTION LIMIT ${limit}`],
    ];
  }
  const keys = Object.keys(settings);
  const same =
    keys.every((key) => role.settings[key] === settings[key]) &&
    Object.keys(role.settings).length === keys.length;
  if (!same) {
    const statements = [`ALTER ROLE ${id(name)} RESET ALL`, ...configure(name, settings)];
    yield [`the settings of ${name} were changed`, statements];
  }
}

function* members(
  group: string,
  logins: readonly string[],
  seen: readonly Membership[],
): Generator<readonly [finding: string, statement: string]> {
  const isWanted = ({ role, member }: Membership): boolean => role === group && logins.includes(member);
  for (const one of seen) {
    if (isWanted(one) && one.inherit && !one.admin && !one.set) continue;
    yield [
      `${one.member} was a member of ${one.role}`,
      `REVOKE ${id(one.role)} FROM ${id(one.member)} CASCADE`,
    ];
  }
  for (const login of logins) {
    const there = seen.some(
      (one) => isWanted(one) && one.member === login && one.inherit && !one.admin && !one.set,
    );
    if (there) continue;
    yield [
      `${login} was no member of ${group}`,
      `GRANT ${id(group)} TO ${id(login)} WITH INHERIT TRUE, SET FALSE`,
    ];
  }
}

function* rights(
  group: string,
  wanted: readonly Right[],
  seen: readonly SeenRight[],
): Generator<readonly [finding: string, statement: string]> {
  const keys = new Set(wanted.map(keyOf));
  for (const one of seen) {
    if (one.grantee === group && keys.has(keyOf(one)) && !one.grantable) continue;
    const grantee = one.grantee === 'PUBLIC' ? 'PUBLIC' : id(one.grantee);
    yield [`${one.grantee} had ${textOf(one)}`, `REVOKE ${clause(one)} FROM ${grantee} CASCADE`];
  }
  for (const one of wanted) {
    const there = seen.some(
      (other) => other.grantee === group && !other.grantable && keyOf(other) === keyOf(one),
    );
    if (!there) yield [`${group} lacked ${textOf(one)}`, `GRANT ${clause(one)} TO ${id(group)}`];
  }
}

function clause({ on, path, privilege }: Right): string {
  const names = path.map(id);
  if (on === 'schema') return `${privilege} ON SCHEMA ${names.join('.')}`;
  if (on === 'table') return `${privilege} ON TABLE ${names.join('.')}`;
  return `${privilege} (${names.at(-1)}) ON TABLE ${names.slice(0, -1).join('.')}`;
}

function keyOf({ on, path, privilege }: Right): string {
  return JSON.stringify([on, path, privilege]);
}

function textOf({ on, path, privilege }: Right): string {
  return `${privilege} on the ${on} ${path.join('.')}`;
}
