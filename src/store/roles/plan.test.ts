import { expect, test } from 'vitest';
import { planRoles, type SeenRight, type SeenRole, type SeenRoles } from './plan.ts';
import type { RoleSpecification } from './specification.ts';

const MARK = 'Skald 0123456789abcdef 5';
const AT = { mark: MARK, database: 'sk"ald' };

const wanted: RoleSpecification = {
  stem: 't',
  connectionLimit: 3,
  rights: [
    { on: 'schema', path: ['t'], privilege: 'USAGE' },
    { on: 'table', path: ['t', 'x'], privilege: 'SELECT' },
    { on: 'column', path: ['t', 'x', 'y'], privilege: 'UPDATE' },
  ],
  settings: { search_path: 't' },
};

function role(name: string, changes: Partial<SeenRole> = {}): SeenRole {
  const login = name !== 't';
  return {
    name,
    ours: true,
    mark: MARK,
    canLogin: login,
    powerful: false,
    connectionLimit: login ? 3 : -1,
    settings: login ? { search_path: 't' } : {},
    ...changes,
  };
}

const member = (login: string) => ({ role: 't', member: login, admin: false, inherit: true, set: false });

const right: SeenRoles = {
  roles: ['t', 't_a', 't_b'].map((name) => role(name)),
  memberships: ['t_a', 't_b'].map(member),
  rights: wanted.rights.map((one): SeenRight => ({ ...one, grantee: 't', grantable: false })),
  connects: true,
};

test('what is as it should be is left alone', () => {
  expect(planRoles(wanted, right, AT)).toEqual({ statements: [], findings: [], foreign: [] });
});

test('where there is nothing everything is made: the group, its logins, what they may do', () => {
  const nothing = { roles: [], memberships: [], rights: [], connects: false };
  const { statements } = planRoles(wanted, nothing, AT);
  expect(statements).toContain('CREATE ROLE "t" NOLOGIN INHERIT CONNECTION LIMIT -1');
  expect(statements).toContain('CREATE ROLE "t_b" LOGIN INHERIT CONNECTION LIMIT 3');
  expect(statements).toContain('GRANT "t" TO "t_b" WITH INHERIT TRUE, SET FALSE');
  expect(statements).toContain('GRANT UPDATE ("y") ON TABLE "t"."x" TO "t"');
  expect(statements).toContain('GRANT CONNECT ON DATABASE "sk""ald" TO "t"');
  expect(statements.filter((text) => text.startsWith('COMMENT'))).toHaveLength(3);
});

test('a role that is not ours ends the plan before it begins', () => {
  const roles = [role('t', { ours: false }), role('t_a')];
  expect(planRoles(wanted, { ...right, roles }, AT)).toEqual({
    statements: [],
    findings: [],
    foreign: ['t'],
  });
});

test.each([
  [
    'a login with power',
    { roles: [role('t'), role('t_a', { powerful: true }), role('t_b')] },
    /"t_a" NOSUPERUSER/,
  ],
  [
    'a group with a login',
    { roles: [role('t', { canLogin: true }), role('t_a'), role('t_b')] },
    /"t" NOLOGIN/,
  ],
  [
    'one setting more',
    { roles: [role('t'), role('t_a', { settings: { search_path: 't', x: '1' } }), role('t_b')] },
    /"t_a" RESET ALL/,
  ],
  [
    'a grant option',
    { rights: right.rights.map((one) => ({ ...one, grantable: true })) },
    /^REVOKE USAGE ON SCHEMA "t" FROM "t" CASCADE/,
  ],
  [
    'everybody’s right',
    {
      rights: [
        ...right.rights,
        { on: 'table', path: ['t', 'x'], privilege: 'SELECT', grantee: 'PUBLIC', grantable: false },
      ],
    },
    /^REVOKE SELECT ON TABLE "t"."x" FROM PUBLIC/,
  ],
  [
    'a right of a login’s own',
    {
      rights: [
        ...right.rights,
        { on: 'table', path: ['u', 'x'], privilege: 'SELECT', grantee: 't_a', grantable: false },
      ],
    },
    /^REVOKE SELECT ON TABLE "u"."x" FROM "t_a"/,
  ],
  [
    'a login that may become the group',
    { memberships: [{ ...member('t_a'), set: true }, member('t_b')] },
    /^REVOKE "t" FROM "t_a" CASCADE\nGRANT "t" TO "t_a"/,
  ],
  [
    'a member that is none of ours',
    { memberships: [...right.memberships, member('u')] },
    /^REVOKE "t" FROM "u" CASCADE$/,
  ],
] satisfies [string, Partial<SeenRoles>, RegExp][])('%s is put right', (_, changes, statements) => {
  const plan = planRoles(wanted, { ...right, ...changes }, AT);
  expect(plan.statements.join('\n')).toMatch(statements);
  expect(plan.findings.length).toBeGreaterThan(0);
});
