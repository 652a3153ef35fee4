// Whether the identities have the rights that matter, and lack the one that must not be: asked of the API server, which
// answers whoever may create SubjectAccessReviews.
import {
  BOT_TOKEN_SECRET,
  COMMAND_DATABASE_SECRET,
  DEFAULT_SYSTEM_NAMESPACE,
  type Tenant,
  tenantNamespace,
} from '../../../src/api/index.ts';
import { isForbidden, type Live } from '../../../src/kube/index.ts';
import { type Check, fail, ok, skipped } from '../check.ts';
import type { Installation } from './context.ts';

interface Question {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
}

export interface Identity {
  readonly title: string;
  readonly user: string;
  readonly may: readonly Question[];
  readonly mustNot: readonly Question[];
}

const skald = 'skald.dev';

/** A few of each: test/golden/rbac.md has all of them. */
export function identities(systemNamespace: string, tenants: readonly Live<Tenant>[]): Identity[] {
  const account = (name: string, namespace = systemNamespace) => `system:serviceaccount:${namespace}:${name}`;
  const served = tenants.filter(({ status }) => status?.gateway !== undefined).slice(0, 5);
  return [
    {
      title: 'the operator',
      user: account('skald-controller'),
      may: [
        { verb: 'list', group: skald, resource: 'tenants' },
        { verb: 'patch', group: skald, resource: 'tenants', subresource: 'status' },
        { verb: 'create', group: 'coordination.k8s.io', resource: 'leases', namespace: systemNamespace },
        { verb: 'create', group: '', resource: 'secrets', namespace: systemNamespace },
        ...served.flatMap((tenant) => {
          const namespace = namespaceOf(tenant);
          return [
            { verb: 'list', group: skald, resource: 'voicesessions', namespace },
            { verb: 'create', group: 'batch', resource: 'jobs', namespace },
            { verb: 'create', group: '', resource: 'secrets', namespace },
            { verb: 'delete', group: '', resource: 'pods', namespace },
          ];
        }),
      ],
      mustNot: [
        { verb: 'get', group: '', resource: 'secrets', namespace: 'kube-system' },
        { verb: 'create', group: '', resource: 'pods', namespace: systemNamespace },
      ],
    },
    ...served.map((tenant): Identity => {
      const namespace = namespaceOf(tenant);
      const [first = '', second] = (tenant.status?.gateway ?? '').split('/');
      const user = second === undefined ? account(first) : account(second, first);
      return {
        title: `the gateway of Tenant ${tenant.metadata.name}`,
        user,
        may: [
          { verb: 'list', group: skald, resource: 'tenants' },
          { verb: 'list', group: skald, resource: 'campaigns', namespace },
          { verb: 'create', group: skald, resource: 'voicesessions', namespace },
          { verb: 'patch', group: skald, resource: 'voicesessions', subresource: 'status', namespace },
          // By name, and no other way: it follows them.
          { verb: 'watch', group: '', resource: 'secrets', namespace, name: BOT_TOKEN_SECRET },
          { verb: 'watch', group: '', resource: 'secrets', namespace, name: COMMAND_DATABASE_SECRET },
        ],
        mustNot: [
          { verb: 'list', group: '', resource: 'secrets', namespace },
          { verb: 'create', group: 'batch', resource: 'jobs', namespace },
          { verb: 'delete', group: skald, resource: 'voicesessions', namespace },
        ],
      };
    }),
    ...served.map((tenant): Identity => {
      const namespace = namespaceOf(tenant);
      return {
        title: `workers of Tenant ${tenant.metadata.name}`,
        // Their pods have no token at all; this is whom one would be for.
        user: account('default', namespace),
        may: [],
        mustNot: [
          { verb: 'get', group: '', resource: 'secrets', namespace },
          { verb: 'list', group: skald, resource: 'voicesessions', namespace },
        ],
      };
    }),
  ];
}

function namespaceOf(tenant: Live<Tenant>): string {
  return tenant.status?.namespace ?? tenantNamespace(tenant);
}

export async function rightsChecks(
  o: Pick<Installation, 'client' | 'signal' | 'systemNamespace' | 'tenants'>,
): Promise<Check[]> {
  const checks: Check[] = [];
  for (const { title, user, may, mustNot } of identities(o.systemNamespace, o.tenants ?? [])) {
    try {
      const lacking = await filter(may, async (question) => !(await isAllowed(o, user, question)));
      const excess = await filter(mustNot, (question) => isAllowed(o, user, question));
      checks.push(judge(title, lacking, excess, may.length + mustNot.length));
    } catch (error) {
      if (!isForbidden(error)) throw error;
      return [
        skipped(
          'rights',
          'You may not ask what others may do.',
          'Ask for the right to create subjectaccessreviews.authorization.k8s.io.',
        ),
      ];
    }
  }
  return checks;
}

function judge(
  title: string,
  lacking: readonly Question[],
  excess: readonly Question[],
  asked: number,
): Check {
  const chart = 'Apply the chart again (helm upgrade), and see who has changed its roles or bindings.';
  if (lacking.length > 0)
    return fail('rights', `${sentence(title)} may not ${lacking.map(worded).join(', nor ')}.`, chart);
  if (excess.length > 0) {
    const fix =
      'Find the binding that gives it, and take it away: kubectl get rolebindings,clusterrolebindings -A -o wide';
    return fail('rights', `${sentence(title)} may ${excess.map(worded).join(', and ')}, and must not.`, fix);
  }
  return ok('rights', `${sentence(title)}: ${asked} rights were asked about, and all are as they should be.`);
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

function worded({ verb, group, resource, subresource, namespace, name }: Question): string {
  const kind = `${resource}${group === '' ? '' : `.${group}`}${subresource === undefined ? '' : `/${subresource}`}`;
  return `${verb} ${kind}${name === undefined ? '' : ` ${name}`}${namespace === undefined ? '' : ` in ${namespace}`}`;
}

async function filter(
  questions: readonly Question[],
  test: (question: Question) => Promise<boolean>,
): Promise<Question[]> {
  const answers = await Promise.all(questions.map(test));
  return questions.filter((_, index) => answers[index]);
}

async function isAllowed(
  { client, signal }: Pick<Installation, 'client' | 'signal'>,
  user: string,
  resourceAttributes: Question,
): Promise<boolean> {
  const [, , namespace = DEFAULT_SYSTEM_NAMESPACE] = user.split(':');
  const answer = await client.raw({
    method: 'POST',
    path: '/apis/authorization.k8s.io/v1/subjectaccessreviews',
    body: {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      spec: {
        user,
        groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
        resourceAttributes,
      },
    },
    repeatable: true,
    signal,
  });
  if (typeof answer !== 'object' || answer === null || !('status' in answer)) return false;
  const { status } = answer;
  return typeof status === 'object' && status !== null && 'allowed' in status && status.allowed === true;
}
