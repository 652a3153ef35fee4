// Who may do what, asked of a real API server: every verb of every resource that it serves, in every place, for every
// identity, against what the chart's roles and the operator's bindings say. test/golden/rbac.md is that as a table.
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { ApiClient } from '../../../hack/cluster/api-client.ts';
import type { ControlPlane } from '../../../hack/cluster/control-plane.ts';
import { waitUntil } from '../../../hack/process/wait-until.ts';
import { aggregatedInto, IDENTITIES, PEOPLE, renderMatrix, roleOf } from '../../../hack/rbac/golden.ts';
import { CHART_VALUES, installation, NAMESPACES, SYSTEM } from '../../../hack/rbac/installation.ts';
import {
  type Grant,
  grantsOf,
  type RbacObject,
  resourceText,
  rightsOf,
  type Subject,
  wildcards,
} from '../../../hack/rbac/model.ts';
import {
  isGranted,
  type Question,
  questions,
  type ServedResource,
  servedResources,
} from '../../../hack/rbac/questions.ts';
import { helmTemplate, root } from '../crds/kubectl.ts';
import { startAudited } from './audited.ts';

const PLACES = [SYSTEM, ...Object.values(NAMESPACES), 'default'];
const RBAC = '/apis/rbac.authorization.k8s.io/v1';

let plane: ControlPlane;
let api: ApiClient;
let rendered: string;
let objects: readonly RbacObject[];
let served: readonly ServedResource[];

beforeAll(async () => {
  rendered = await helmTemplate(SYSTEM, ...CHART_VALUES.flatMap((value) => ['--set', value]));
  objects = installation(rendered);
  plane = await startAudited({ kubeControllerManager: true });
  api = new ApiClient(plane.url, await readFile(plane.caFile, 'utf8'), plane.adminToken);
  for (const name of PLACES) {
    await api.apply(`/api/v1/namespaces/${name}`, {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name },
    });
  }
  for (const object of [...objects, ...peopleBindings()]) await apply(object);
  served = await servedResources((path) => api.get(path));
});
afterAll(async () => {
  api?.close();
  await plane?.stop();
});

describe('the golden matrix', () => {
  test('is what the chart and the operator’s own code give', async () => {
    expect(renderMatrix(rendered)).toBe(await readFile(`${root}/test/golden/rbac.md`, 'utf8'));
  });

  test('has a binding for nobody else', () => {
    const known = IDENTITIES.map(({ subject }) => text(subject));
    const bound = objects.flatMap(({ subjects = [] }) => subjects.map(text));
    const others = [...new Set(bound)].filter((one) => !known.includes(one));
    // Of the same kind as one that is listed: the other slot.
    expect(others).toEqual([`${SYSTEM}/skald-gateway-1`]);
  });

  test('no rule has a wildcard, no binding is for a group, and nobody may escalate or impersonate', () => {
    expect(wildcards(objects)).toEqual([]);
    const verbs = objects.flatMap(rightsOf).map(({ verb }) => verb);
    expect(verbs).not.toContain('escalate');
    expect(verbs).not.toContain('impersonate');
  });

  test('roles can be bound that are named, and none is made', () => {
    const rights = objects.flatMap(rightsOf);
    const writes = (right: { verb: string }) => !['get', 'list', 'watch'].includes(right.verb);
    const roles = rights.filter(({ resource }) => /^(cluster)?roles$/.test(resource)).filter(writes);
    expect(roles.map(({ verb, name }) => `${verb} ${name}`).sort()).toEqual([
      'bind skald-controller-tenant',
      'bind skald-gateway',
      'bind skald-gateway-token',
    ]);
  });

  test('bites: a rule too many, a wildcard, and a binding of a role that is missing are seen', () => {
    const role = (rule: object) => ({
      kind: 'ClusterRole',
      metadata: { name: 'x' },
      rules: [{ verbs: ['get'], ...rule }],
    });
    expect(wildcards([role({ apiGroups: ['*'], resources: ['pods'] })])).toEqual([
      'ClusterRole x: apiGroups has a wildcard',
    ]);
    expect(wildcards([role({ apiGroups: [''], resources: ['pods/*'] })])).toHaveLength(1);
    expect(wildcards([role({ nonResourceURLs: ['/metrics*'] })])).toHaveLength(1);
    const orphan = {
      kind: 'RoleBinding',
      metadata: { name: 'b', namespace: 'n' },
      roleRef: { kind: 'Role', name: 'gone' },
    };
    expect(() => grantsOf([{ ...orphan, subjects: [person('p')] }], person('p'))).toThrow('binds gone');
    const rows = renderMatrix(rendered.replace('resources: [campaigns]', 'resources: [campaigns, secrets]'));
    expect(rows).not.toBe(renderMatrix(rendered));
  });
});

describe.each(IDENTITIES)('$title', ({ subject }) => {
  test('may do what the matrix says, and nothing else that the API server knows', async () => {
    await expectExactly(subject, grantsOf(objects, subject));
  });

  test('has these rules and no others, by the server’s own account', async () => {
    const grants = grantsOf(objects, subject);
    for (const namespace of PLACES) {
      const here = grants.filter((grant) => grant.namespace === undefined || grant.namespace === namespace);
      expect(await rulesOf(subject, namespace)).toEqual(
        [...new Set([...here.map(line), ...EVERYBODY])].sort(),
      );
    }
  });
});

describe('people', () => {
  test.each(PEOPLE)('%s, bound in one namespace, is good for nothing elsewhere', async (role) => {
    await expectExactly(person(role), grantsOf([...objects, ...peopleBindings()], person(role)));
  });

  test('skald-admin, bound in the cluster, is good for Tenants, too', async () => {
    await expectExactly(person('platform'), grantsOf([...objects, ...peopleBindings()], person('platform')));
  });

  test.each(PEOPLE)('Kubernetes’ own role takes %s over', async (name) => {
    const role = roleOf(objects, name);
    const [into = ''] = aggregatedInto(role);
    expect(into).not.toBe('');
    // kube-controller-manager does it.
    await waitUntil(
      async () => {
        const { rules = [] } = (await api.get(`${RBAC}/clusterroles/${into}`)) as RbacObject;
        const has = new Set(rightsOf({ ...role, rules }).map(rightText));
        return rightsOf(role).every((right) => has.has(rightText(right)));
      },
      { what: `${into} to have the rules of ${name}`, deadlineMs: 30_000 },
    );
  });

  test('with rbac.aggregate=false none of them is part of anything', async () => {
    const apart = await helmTemplate(SYSTEM, '--set', 'crds.install=false', '--set', 'rbac.aggregate=false');
    expect(PEOPLE.map((name) => aggregatedInto(roleOf(installation(apart), name)))).toEqual([[], [], []]);
  });
});

describe('what the operator may give', () => {
  const as = (subject: Subject) => ({ 'Impersonate-User': userOf(subject) });
  const operator = IDENTITIES[0]?.subject ?? person('nobody');
  const binding = (role: string, subject: Subject) => ({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { generateName: 'try-' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
    subjects: [subject],
  });
  const create = async (body: object, path: string) =>
    api.call('POST', `${path}?dryRun=All`, { body: JSON.stringify(body), headers: as(operator) });
  const inAmber = `${RBAC}/namespaces/${NAMESPACES.amber}`;

  test.each(['skald-controller-tenant', 'skald-gateway', 'skald-gateway-token'])(
    'the role %s',
    async (role) => {
      expect(await create(binding(role, operator), `${inAmber}/rolebindings`)).toMatchObject({ status: 201 });
    },
  );

  test.each(['cluster-admin', 'admin', 'view', 'skald-admin', 'system:node'])(
    'not the role %s',
    async (role) => {
      const { status, body } = await create(binding(role, operator), `${inAmber}/rolebindings`);
      expect({ status, body }).toMatchObject({
        status: 403,
        body: expect.stringContaining('attempting to grant RBAC permissions not currently held'),
      });
    },
  );

  test('no role of its own making, and nothing in the whole cluster', async () => {
    const role = { apiVersion: 'rbac.authorization.k8s.io/v1', metadata: { name: 'mine' }, rules: [] };
    expect(await create({ ...role, kind: 'Role' }, `${inAmber}/roles`)).toMatchObject({ status: 403 });
    expect(await create({ ...role, kind: 'ClusterRole' }, `${RBAC}/clusterroles`)).toMatchObject({
      status: 403,
    });
    const { metadata, ...rest } = binding('skald-gateway', operator);
    const wide = { ...rest, metadata, kind: 'ClusterRoleBinding' };
    expect(await create(wide, `${RBAC}/clusterrolebindings`)).toMatchObject({ status: 403 });
  });
});

/** What every service account has by Kubernetes' own default roles: to ask about itself. */
const EVERYBODY = [
  'selfsubjectaccessreviews.authorization.k8s.io create',
  'selfsubjectreviews.authentication.k8s.io create',
  'selfsubjectrulesreviews.authorization.k8s.io create',
];

function line(grant: Grant): string {
  return `${resourceText(grant)}${grant.name === undefined ? '' : `[${grant.name}]`} ${grant.verb}`;
}

function rightText({ verb, group, resource, name }: Omit<Grant, 'role' | 'namespace'>): string {
  return [verb, group, resource, name].join(' ');
}

function text({ namespace, name }: Subject): string {
  return `${namespace}/${name}`;
}

function person(name: string): Subject {
  return { kind: 'User', name };
}

/** One person for each role, in one tenant's namespace, and one for the platform team. */
function peopleBindings(): RbacObject[] {
  const bindings = PEOPLE.map((name) => ({
    kind: 'RoleBinding',
    metadata: { name, namespace: NAMESPACES.amber },
    roleRef: { kind: 'ClusterRole', name },
    subjects: [person(name)],
  }));
  const platform = {
    kind: 'ClusterRoleBinding',
    metadata: { name: 'platform' },
    roleRef: { kind: 'ClusterRole', name: 'skald-admin' },
    subjects: [person('platform')],
  };
  return [...bindings, platform];
}

async function apply(object: RbacObject): Promise<void> {
  const { kind, metadata, roleRef, subjects, rules } = object;
  const scope = metadata.namespace === undefined ? '' : `/namespaces/${metadata.namespace}`;
  const apiGroup = 'rbac.authorization.k8s.io';
  await api.apply(`${RBAC}${scope}/${kind.toLowerCase()}s/${metadata.name}`, {
    apiVersion: `${apiGroup}/v1`,
    kind,
    metadata,
    ...(rules === undefined ? {} : { rules }),
    ...(roleRef === undefined ? {} : { roleRef: { ...roleRef, apiGroup } }),
    ...(subjects === undefined
      ? {}
      : { subjects: subjects.map((one) => (one.kind === 'ServiceAccount' ? one : { ...one, apiGroup })) }),
  });
}

function userOf({ kind, namespace, name }: Subject): string {
  return kind === 'ServiceAccount' ? `system:serviceaccount:${namespace}:${name}` : name;
}

function groupsOf({ kind, namespace }: Subject): string[] {
  const accounts = ['system:serviceaccounts', `system:serviceaccounts:${namespace}`];
  return ['system:authenticated', ...(kind === 'ServiceAccount' ? accounts : [])];
}

/** Asks everything, and compares each answer. */
async function expectExactly(subject: Subject, grants: readonly Grant[]): Promise<void> {
  const names = new Map<string, Set<string>>();
  for (const { group, resource, name } of objects.flatMap(rightsOf)) {
    if (name !== undefined)
      names.set(`${group}/${resource}`, (names.get(`${group}/${resource}`) ?? new Set()).add(name));
  }
  const asked = questions(served, PLACES, names);
  // Every right of the matrix is about something that the server knows: none is misspelt.
  const about = new Set(asked.map(({ group, resource, verb }) => `${group}/${resource} ${verb}`));
  expect(grants.filter(({ group, resource, verb }) => !about.has(`${group}/${resource} ${verb}`))).toEqual(
    [],
  );
  const wrong: string[] = [];
  let allowedCount = 0;
  await inTurns(asked, async (question) => {
    const allowed = await may(subject, question);
    if (allowed) allowedCount += 1;
    const selfReview = EVERYBODY.includes(`${resourceText(question)} ${question.verb}`);
    if (allowed !== (isGranted(grants, question) || selfReview)) {
      wrong.push(
        `${allowed ? 'may' : 'may not'} ${question.verb} ${resourceText(question)} ${question.name ?? ''} in ${question.namespace ?? 'the cluster'}`,
      );
    }
  });
  console.log(`${userOf(subject)}: ${asked.length} questions, ${allowedCount} times yes`);
  expect(wrong).toEqual([]);
}

async function may(subject: Subject, { group, resource, verb, name, namespace }: Question): Promise<boolean> {
  const [plural, subresource] = resource.split('/');
  const review = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    spec: {
      user: userOf(subject),
      groups: groupsOf(subject),
      resourceAttributes: { group, resource: plural, subresource, verb, name, namespace, version: '*' },
    },
  };
  const { status, body } = await api.call('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', {
    body: JSON.stringify(review),
  });
  if (status !== 201) throw new Error(`the API server answered ${status}: ${body}`);
  return JSON.parse(body).status.allowed === true;
}

interface RulesReview {
  readonly status: {
    readonly incomplete: boolean;
    readonly resourceRules: readonly {
      readonly verbs: readonly string[];
      readonly apiGroups: readonly string[];
      readonly resources: readonly string[];
      readonly resourceNames?: readonly string[];
    }[];
  };
}

/** As the identity itself asks: each rule that it has in the namespace, from wherever. */
async function rulesOf(subject: Subject, namespace: string): Promise<string[]> {
  const { status, body } = await api.call('POST', '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews', {
    body: JSON.stringify({
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectRulesReview',
      spec: { namespace },
    }),
    headers: { 'Impersonate-User': userOf(subject), 'Impersonate-Group': groupsOf(subject) },
  });
  if (status !== 201) throw new Error(`the API server answered ${status}: ${body}`);
  const review: RulesReview = parse(body);
  expect(review.status.incomplete).toBe(false);
  const rules = review.status.resourceRules.map((rule) => ({
    ...rule,
    resourceNames: rule.resourceNames ?? undefined,
  }));
  const all = rightsOf({
    kind: 'Role',
    metadata: { name: '' },
    rules: rules.map(({ resourceNames, ...rule }) =>
      resourceNames === undefined ? rule : { ...rule, resourceNames },
    ),
  });
  return [...new Set(all.map((right) => line({ ...right, role: '', namespace })))].sort();
}

/** A few at a time: the server is not the subject of the test. */
async function inTurns<T>(all: readonly T[], act: (one: T) => Promise<void>): Promise<void> {
  const rest = all[Symbol.iterator]();
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      for (const one of { [Symbol.iterator]: () => rest }) await act(one);
    }),
  );
}
