/** Everything that the API server shows: objects with their metadata, Events, logs, and metrics through it. */
import type { Kubectl } from '../../environment/kubectl.ts';
import type { SecretObject } from './marks.ts';
import type { Document } from './search.ts';

interface ApiObject {
  readonly kind?: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly [key: string]: unknown;
}

interface PodObject extends ApiObject {
  readonly status?: { readonly phase?: string };
  readonly spec?: {
    readonly initContainers?: readonly { readonly name: string }[];
    readonly containers: readonly { readonly name: string }[];
  };
}

export async function secretsOfCluster(kubectl: Kubectl): Promise<SecretObject[]> {
  return await list<SecretObject>(kubectl, 'secrets');
}

/** All objects of all kinds, a document each: whatever somebody may be allowed to read. */
export async function objects(kubectl: Kubectl): Promise<Document[]> {
  const kinds = (await kubectl.run(['api-resources', '--verbs=list', '-o', 'name']))
    .split('\n')
    .filter(Boolean);
  const documents: Document[] = [];
  // One after the other: the API server has other things to do.
  for (const kind of kinds) {
    const items = await list<ApiObject>(kubectl, kind);
    for (const item of items) documents.push(documentOf(kind, item));
  }
  return documents;
}

function documentOf(kind: string, item: ApiObject): Document {
  const { name, namespace = '' } = item.metadata;
  const where = `${namespace}/${name}`;
  const place = placeOf(kind);
  if (kind !== 'secrets') return { place, name: `${kind} ${where}`, text: JSON.stringify(item) };
  return { place, name: `secret ${where}`, text: secretText(item), home: where };
}

/** Also decoded: a secret that is not at home there would be base64 inside base64. */
function secretText(item: ApiObject): string {
  const data = typeof item.data === 'object' && item.data !== null ? Object.values(item.data) : [];
  const decoded = data.map((value) => Buffer.from(String(value), 'base64').toString('utf8'));
  return [JSON.stringify(item), ...decoded].join('\n');
}

function placeOf(kind: string): string {
  if (/^events(\.|$)/.test(kind)) return 'events';
  if (kind === 'configmaps') return 'config maps';
  if (kind === 'secrets') return 'other secrets';
  if (kind === 'pods') return 'pods (env, args, termination messages)';
  if (kind === 'jobs.batch') return 'jobs';
  if (kind.endsWith('.skald.dev')) return 'statuses of Skald';
  if (kind.startsWith('persistentvolume')) return 'volumes';
  return 'other objects';
}

/** What the containers wrote, the one before the last restart, too. */
export async function logs(kubectl: Kubectl): Promise<Document[]> {
  const pods = await list<PodObject>(kubectl, 'pods');
  const documents = pods.map(async ({ metadata: { name, namespace = '' }, spec }): Promise<Document[]> => {
    const containers = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
    const each = containers.flatMap((container) =>
      [[], ['--previous']].map(async (previous): Promise<Document[]> => {
        const args = ['logs', name, '--namespace', namespace, '--container', container.name, ...previous];
        // There is no previous one, or the pod went away meanwhile.
        const text = await kubectl.run(args).catch(() => undefined);
        return text === undefined
          ? []
          : [{ place: 'logs', name: `${namespace}/${name} ${container.name}`, text }];
      }),
    );
    return (await Promise.all(each)).flat();
  });
  return (await Promise.all(documents)).flat();
}

/** Of every pod of Skald, through the API server. */
export async function metrics(kubectl: Kubectl): Promise<Document[]> {
  const pods = await list<PodObject>(kubectl, 'pods');
  const running = pods.filter(({ metadata, status }) => {
    return metadata.namespace?.startsWith('skald') === true && status?.phase === 'Running';
  });
  const documents = running.map(async ({ metadata: { name, namespace } }): Promise<Document[]> => {
    const path = `/api/v1/namespaces/${namespace}/pods/${name}:8080/proxy/metrics`;
    const text = await kubectl.run(['get', '--raw', path]).catch(() => undefined);
    return text === undefined ? [] : [{ place: 'metrics', name: `${namespace}/${name}`, text }];
  });
  return (await Promise.all(documents)).flat();
}

async function list<T>(kubectl: Kubectl, kind: string): Promise<T[]> {
  const text = await kubectl.run(['get', kind, '--all-namespaces', '--show-managed-fields', '-o', 'json']);
  // Of some kinds it prints nothing at all when there are none.
  if (text.trim() === '') return [];
  const found: { items?: T[] } = JSON.parse(text);
  return found.items ?? [];
}
