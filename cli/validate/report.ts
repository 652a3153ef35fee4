// Files in, problems out. No effects: main.ts reads and prints.
import {
  at,
  crossProblems,
  definitions,
  isList,
  isObject,
  type Json,
  type JsonObject,
  type Path,
  type Problem,
  type Rule,
  validateObject,
} from '../../src/validation/index.ts';
import { type ManifestDocument, parseDocuments } from './documents.ts';
import type { SourceFile } from './files.ts';

export interface Finding {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /** The field, for example `spec.npcs[0].name`; empty when it is the whole object or file. */
  readonly path: string;
  readonly message: string;
  readonly rule: Rule;
}

export interface Report {
  readonly files: number;
  /** Tenants, Campaigns and VoiceSessions. */
  readonly objects: number;
  /** Documents of other kinds, and what is no Kubernetes object. */
  readonly ignored: number;
  readonly problems: readonly Finding[];
  /** What may well be right, but cannot be seen from these files. */
  readonly notices: readonly Finding[];
}

interface Manifest {
  readonly file: string;
  readonly document: ManifestDocument;
  /** Where it is in the document: a List holds several. */
  readonly root: Path;
  readonly object: JsonObject;
}

export interface ReportOptions {
  /** Notices are problems. */
  readonly strict: boolean;
}

export async function report(files: readonly SourceFile[], { strict }: ReportOptions): Promise<Report> {
  const findings: Finding[] = [];
  const manifests: Manifest[] = [];
  for (const { name, text } of files) {
    const { documents, problems } = parseDocuments(text);
    for (const { message, line, column } of problems) {
      findings.push({ ...NOWHERE, file: name, line, column, message, rule: 'yaml' });
    }
    for (const document of documents) manifests.push(...manifestsOf(name, document, document.value, []));
  }
  const judged = manifests.map((manifest) => ({ manifest, ...judge(manifest.object) }));
  for (const { manifest, problems } of judged)
    findings.push(...problems.map((one) => finding(manifest, one)));
  const cross = await crossProblems(
    judged.map(({ manifest, object, problems }) => ({
      ...identityOf(manifest.object),
      object,
      accepted: problems.length === 0,
    })),
  );
  for (const one of cross) {
    const source = judged[one.index]?.manifest;
    const other = one.with === undefined ? undefined : judged[one.with]?.manifest;
    if (source === undefined) continue;
    const message = `${one.problem.message}${other === undefined ? '' : ` (${placeOf(other)})`}`;
    findings.push(finding(source, { ...one.problem, message }));
  }
  const objects = manifests.filter(({ object }) => groupOf(object) === GROUP).length;
  const ordered = inOrder(findings, files);
  const isNotice = ({ rule }: Finding) => rule === 'advice' || (rule === 'reference' && !strict);
  return {
    files: files.length,
    objects,
    ignored: manifests.length - objects,
    problems: ordered.filter((one) => !isNotice(one)),
    notices: ordered.filter(isNotice),
  };
}

function placeOf({ file, document, root }: Manifest): string {
  return `${file}:${document.positionOf(root).line}`;
}

const GROUP = 'skald.dev';
const NOWHERE = { kind: '', namespace: '', name: '', path: '' };

function judge(object: JsonObject): { object: JsonObject; problems: readonly Problem[] } {
  if (groupOf(object) !== GROUP) return { object, problems: [] };
  const [kind, apiVersion] = [object.get('kind'), object.get('apiVersion')];
  const definition = definitions.find((known) => known.kind === kind && known.apiVersion === apiVersion);
  if (definition !== undefined) return validateObject(object, definition);
  const message = `no matches for kind "${textOf(kind)}" in version "${textOf(apiVersion)}"`;
  return { object, problems: [{ rule: 'decode', path: ['kind'], field: 'kind', message }] };
}

/** What `kubectl apply -f` would send: the document, or the items of a List. */
function manifestsOf(file: string, document: ManifestDocument, value: Json, root: Path): Manifest[] {
  if (!isObject(value)) return [{ file, document, root, object: new Map() }];
  const items = value.get('items');
  if (isList(items) && textOf(value.get('kind')).endsWith('List')) {
    return items.flatMap((item, index) => manifestsOf(file, document, item, [...root, 'items', index]));
  }
  return [{ file, document, root, object: value }];
}

function finding(
  { file, document, root, object }: Manifest,
  { path, field, message, rule }: Problem,
): Finding {
  return {
    file,
    ...document.positionOf([...root, ...path]),
    ...identityOf(object),
    path: field === '<nil>' ? '' : field,
    message,
    rule,
  };
}

function identityOf(object: JsonObject): Pick<Finding, 'kind' | 'namespace' | 'name'> {
  return {
    kind: textOf(object.get('kind')),
    namespace: textOf(at(object, ['metadata', 'namespace'])),
    name: textOf(at(object, ['metadata', 'name'])),
  };
}

function groupOf(object: JsonObject): string {
  const apiVersion = textOf(object.get('apiVersion'));
  return apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
}

const textOf = (value: Json | undefined) => (typeof value === 'string' ? value : '');

function inOrder(findings: readonly Finding[], files: readonly SourceFile[]): Finding[] {
  const rank = new Map(files.map(({ name }, index) => [name, index]));
  const of = ({ file }: Finding) => rank.get(file) ?? 0;
  return findings.toSorted((a, b) => of(a) - of(b) || a.line - b.line || a.column - b.column);
}
