// The API server and the definitions of Skald's kinds.
import { kinds } from '../../../src/api/index.ts';
import { defineResource, isForbidden, type KubeObject, messageOf } from '../../../src/kube/index.ts';
import { definitions } from '../../../src/validation/generated/definitions.ts';
import { type Check, fail, ok, skipped, warn } from '../check.ts';
import type { Installation } from './context.ts';

/** ValidatingAdmissionPolicy and native sidecars. */
const OLDEST_MINOR = 30;

export async function clusterCheck({
  client,
  signal,
}: Pick<Installation, 'client' | 'signal'>): Promise<Check> {
  try {
    const answer = await client.raw({ method: 'GET', path: '/version', repeatable: true, signal });
    return judgeVersion(answer);
  } catch (error) {
    const fix = 'See whether the kubeconfig is right: kubectl cluster-info';
    return fail('cluster', `The API server does not answer: ${messageOf(error)}`, fix);
  }
}

export function judgeVersion(answer: unknown): Check {
  const { major, minor, gitVersion } = isVersion(answer) ? answer : { major: '', minor: '', gitVersion: '' };
  const number = Number.parseInt(minor, 10);
  if (major !== '1' || Number.isNaN(number))
    return warn('cluster', `The API server answers, but not with a version that is known: ${gitVersion}.`);
  return number >= OLDEST_MINOR
    ? ok('cluster', `Kubernetes ${gitVersion} answers.`)
    : fail('cluster', `Kubernetes ${gitVersion} is too old.`, `Skald needs 1.${OLDEST_MINOR} or newer.`);
}

function isVersion(value: unknown): value is { major: string; minor: string; gitVersion: string } {
  return (
    typeof value === 'object' &&
    value !== null &&
    'major' in value &&
    typeof value.major === 'string' &&
    'minor' in value &&
    typeof value.minor === 'string' &&
    'gitVersion' in value &&
    typeof value.gitVersion === 'string'
  );
}

interface Crd extends KubeObject {
  spec?: { versions?: { name: string; schema?: { openAPIV3Schema?: unknown } }[] };
  status?: { conditions?: { type: string; status: string; message?: string }[] };
}

const crds = defineResource<Crd>({
  group: 'apiextensions.k8s.io',
  version: 'v1',
  plural: 'customresourcedefinitions',
  kind: 'CustomResourceDefinition',
  namespaced: false,
});

const INSTALL = 'kubectl apply --server-side -f crds/  (or helm upgrade with crds.install=true)';

export async function definitionChecks({
  client,
  signal,
}: Pick<Installation, 'client' | 'signal'>): Promise<Check[]> {
  return await Promise.all(
    Object.values(kinds).map(async ({ plural, group, kind }) => {
      const name = `${plural}.${group}`;
      try {
        return judgeDefinition(name, kind, await client.find(crds, { name }, { signal }));
      } catch (error) {
        if (!isForbidden(error)) throw error;
        return skipped(
          'crds',
          `${name}: you may not read CustomResourceDefinitions.`,
          'Ask for the right to get them.',
        );
      }
    }),
  );
}

export function judgeDefinition(name: string, kind: string, found: Crd | undefined): Check {
  if (found === undefined) return fail('crds', `${name} is not installed.`, INSTALL);
  const broken = found.status?.conditions?.find(
    ({ type, status }) => (type === 'Established' || type === 'NamesAccepted') && status !== 'True',
  );
  if (broken !== undefined)
    return fail('crds', `${name} is not served: ${broken.message ?? broken.type}`, INSTALL);
  const wanted = definitions.find((one) => one.kind === kind);
  const version = wanted?.apiVersion.split('/')[1];
  const schema = found.spec?.versions?.find((one) => one.name === version)?.schema?.openAPIV3Schema;
  if (schema === undefined) return fail('crds', `${name} has no version ${version ?? ''}.`, INSTALL);
  return canonical(schema) === canonical(wanted?.schema)
    ? ok('crds', `${name} is the one of this skald.`)
    : warn(
        'crds',
        `${name} is of another version than this skald.`,
        `Bring the older of the two up to date: ${INSTALL}`,
      );
}

/** Without what only people read, and in one order of keys. */
function canonical(schema: unknown): string {
  return JSON.stringify(schema, (key, value: unknown) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    // A property may be called description: there it is an object.
    const entries = Object.entries(value).filter(
      ([name, one]) => key === 'default' || name !== 'description' || typeof one !== 'string',
    );
    return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
  });
}
