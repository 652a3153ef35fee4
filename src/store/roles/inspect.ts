// What the server has of the roles of a specification: three statements that anybody may run.

import type { Membership, SeenRight, SeenRole, SeenRoles } from './plan.ts';
import type { Session } from './session.ts';
import { loginName, type RoleSpecification } from './specification.ts';

const ROLES = `
  SELECT rolname AS name, rolcanlogin AS can_login, rolconnlimit AS connection_limit,
    rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls AS powerful,
    coalesce(rolconfig, '{}') AS settings, shobj_description(oid, 'pg_authid') AS comment
  FROM pg_roles WHERE rolname = ANY ($1)`;

/** What the administrator itself has of the roles it made is not looked at. */
const MEMBERSHIPS = `
  SELECT role.rolname AS role, member.rolname AS member,
    bool_or(admin_option) AS admin, bool_or(inherit_option) AS inherit, bool_or(set_option) AS set
  FROM pg_auth_members
    JOIN pg_roles AS role ON role.oid = roleid
    JOIN pg_roles AS member ON member.oid = pg_auth_members.member
  WHERE (role.rolname = ANY ($1) OR member.rolname = ANY ($1)) AND member.rolname <> current_user
  GROUP BY 1, 2 ORDER BY 1, 2`;

/**
 * pg_shdepend says which objects of this database name one of the roles, so that not every table of every tenant has
 * to be looked at. What is neither schema nor table nor column is described: taking it back is for people.
 */
const RIGHTS = `
  WITH ours AS (SELECT oid, rolname FROM pg_roles WHERE rolname = ANY ($1)),
  named AS (
    SELECT DISTINCT classid, objid FROM pg_shdepend
    WHERE refclassid = 'pg_authid'::regclass AND refobjid IN (SELECT oid FROM ours) AND deptype = 'a'
      AND dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
  ),
  home AS (SELECT oid, nspname, nspacl FROM pg_namespace WHERE nspname = ANY ($2)),
  entries AS (
    SELECT 'schema' AS kind, ARRAY[nspname::text] AS path, acl.*
    FROM pg_namespace, aclexplode(nspacl) AS acl
    WHERE oid IN (SELECT oid FROM home) OR (oid IN (SELECT objid FROM named WHERE classid = 'pg_namespace'::regclass))
    UNION ALL
    SELECT 'table', ARRAY[nspname::text, relname::text], acl.*
    FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace, aclexplode(relacl) AS acl
    WHERE relnamespace IN (SELECT oid FROM home)
      OR pg_class.oid IN (SELECT objid FROM named WHERE classid = 'pg_class'::regclass)
    UNION ALL
    SELECT 'column', ARRAY[nspname::text, relname::text, attname::text], acl.*
    FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid JOIN pg_namespace ON pg_namespace.oid = relnamespace,
      aclexplode(attacl) AS acl
    WHERE attacl IS NOT NULL AND (relnamespace IN (SELECT oid FROM home)
      OR pg_class.oid IN (SELECT objid FROM named WHERE classid = 'pg_class'::regclass))
    UNION ALL
    SELECT 'other', ARRAY[pg_describe_object(classid, objid, 0)], 0, (SELECT min(oid::text)::oid FROM ours), '', false
    FROM named WHERE classid NOT IN ('pg_namespace'::regclass, 'pg_class'::regclass)
  )
  SELECT kind, path, privilege_type AS privilege, is_grantable AS grantable,
    CASE WHEN grantee = 0 THEN 'PUBLIC' ELSE ours.rolname::text END AS grantee
  FROM entries LEFT JOIN ours ON ours.oid = grantee
  WHERE grantee = 0 AND path[1] = ANY ($2) OR ours.oid IS NOT NULL`;

const CONNECTS = `
  SELECT coalesce(bool_and(has_database_privilege(oid, current_database(), 'CONNECT')), false) AS connects
  FROM pg_roles WHERE rolname = $1`;

export interface Inspection extends SeenRoles {
  /** Descriptions of what else the roles were given rights on. */
  readonly others: readonly string[];
}

/** @param isOurs whether the comment is this installation's mark */
export async function inspectRoles(
  session: Session,
  { stem, rights }: RoleSpecification,
  isOurs: (comment: string | null) => boolean,
): Promise<Inspection> {
  const names = [stem, loginName(stem, 'a'), loginName(stem, 'b')];
  const schemas = [...new Set(rights.flatMap(({ path }) => path.slice(0, 1)))];
  const roles = await session.query<{
    name: string;
    can_login: boolean;
    connection_limit: number;
    powerful: boolean;
    settings: string[];
    comment: string | null;
  }>(ROLES, [names]);
  const memberships = await session.query<Membership>(MEMBERSHIPS, [names]);
  const acl = await session.query<{
    kind: 'schema' | 'table' | 'column' | 'other';
    path: string[];
    privilege: string;
    grantable: boolean;
    grantee: string;
  }>(RIGHTS, [names, schemas]);
  const [connects] = await session.query<{ connects: boolean }>(CONNECTS, [stem]);
  return {
    roles: roles.map(
      (row): SeenRole => ({
        name: row.name,
        ours: isOurs(row.comment),
        mark: row.comment,
        canLogin: row.can_login,
        powerful: row.powerful,
        connectionLimit: row.connection_limit,
        settings: Object.fromEntries(row.settings.map(assignment)),
      }),
    ),
    memberships,
    rights: acl.flatMap(({ kind, ...right }): SeenRight[] =>
      kind === 'other' ? [] : [{ on: kind, ...right }],
    ),
    others: acl.flatMap(({ kind, path }) => (kind === 'other' ? path : [])),
    connects: connects?.connects === true,
  };
}

/** `search_path=t` */
function assignment(text: string): readonly [string, string] {
  const end = text.indexOf('=');
  return [text.slice(0, end), text.slice(end + 1)];
}
