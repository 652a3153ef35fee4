// config/: what the chart gives with its defaults, for kustomize. The chart is rendered, its objects are sorted
// into folders, and what only means something to Helm is taken off, so that both installations stay the same.
import { join } from 'node:path';
import { parseAllDocuments, stringify } from 'yaml';

const HEADER = '# Generated from helm/skald by `npm run generate`. Do not edit.\n';

/** Folders below config/ that hold nothing else. The CRDs' is written by crd-copies.ts. */
export const KUSTOMIZE_FOLDERS = ['crd', 'rbac', 'manager', 'gateway', 'policy'] as const;
type Folder = Exclude<(typeof KUSTOMIZE_FOLDERS)[number], 'crd'>;

/** Labels and annotations that say "Helm installed this". */
const HELM_ONLY = [
  'helm.sh/chart',
  'helm.sh/resource-policy',
  'app.kubernetes.io/managed-by',
  'app.kubernetes.io/instance',
];

/**
 * @param rendered output of `helm template`
 * @returns wanted text by path, one file for each object and a kustomization.yaml in each folder
 */
export function kustomizeFiles(root: string, rendered: string): Map<string, string> {
  const byFolder: Readonly<Record<Folder, Map<string, string>>> = {
    rbac: new Map(),
    manager: new Map(),
    gateway: new Map(),
    policy: new Map(),
  };
  for (const document of parseAllDocuments(rendered)) {
    const object: unknown = document.toJS();
    if (object === null) continue;
    const manifest = manifestOf(object);
    const name = `${manifest.kind.toLowerCase()}-${manifest.name}.yaml`;
    const text = HEADER + stringify(withoutHelm(object), { lineWidth: 110, singleQuote: true });
    byFolder[folderOf(manifest)].set(name, text);
  }
  const files = new Map<string, string>();
  for (const [folder, objects] of Object.entries(byFolder)) {
    const names = [...objects.keys()].sort();
    for (const name of names) files.set(join(root, 'config', folder, name), objects.get(name) ?? '');
    files.set(
      join(root, 'config', folder, 'kustomization.yaml'),
      `${HEADER}apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n${names.map((name) => `  - ${name}\n`).join('')}`,
    );
  }
  return files;
}

interface Manifest {
  readonly kind: string;
  readonly name: string;
}

function manifestOf(object: unknown): Manifest {
  if (isRecord(object) && typeof object.kind === 'string' && isRecord(object.metadata)) {
    const { name } = object.metadata;
    if (typeof name === 'string') return { kind: object.kind, name };
  }
  throw new Error('helm template printed something that is no Kubernetes object');
}

function folderOf({ kind, name }: Manifest): Folder {
  if (kind.startsWith('ValidatingAdmissionPolicy')) return 'policy';
  if (/Role(Binding)?$/.test(kind)) return 'rbac';
  return name.startsWith('skald-gateway') ? 'gateway' : 'manager';
}

function withoutHelm(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutHelm);
  if (!isRecord(value)) return value;
  const kept = Object.entries(value)
    .filter(([key]) => !HELM_ONLY.includes(key))
    .map(([key, child]) => [key, withoutHelm(child)] as const)
    // A map that held nothing else.
    .filter(([key, child]) => key !== 'annotations' || !isRecord(child) || Object.keys(child).length > 0);
  return Object.fromEntries(kept);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
