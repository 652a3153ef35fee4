// Settings of a process: a YAML file and the environment, validated once at start. Every problem is reported
// at once, by name, and never with a value: a value may be a secret.
import { readFile } from 'node:fs/promises';
import type { z } from 'zod';
import { ConfigurationError } from './configuration-error.ts';
import { type Leaf, leavesOf, parseText, requiredObjects } from './schema.ts';

export { ConfigurationError } from './configuration-error.ts';
export { environmentName } from './schema.ts';
export { readSecretFile } from './secret-file.ts';

export interface SettingsSource {
  /** @defaultValue `process.env` */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /**
   * A YAML file with the schema's own shape. A given file must exist.
   * @defaultValue the path in `<PREFIX>_CONFIG_FILE`, else none
   */
  readonly file?: string;
  /** @defaultValue `SKALD` */
  readonly prefix?: string;
}

/**
 * Reads settings by a zod object schema. The environment wins over the file, the file over the defaults.
 *
 * The variable of a field is the prefix and its path in upper snake case: `gateway.slots` is
 * `SKALD_GATEWAY_SLOTS`, `databaseUrlFile` is `SKALD_DATABASE_URL_FILE`. Text becomes what the schema wants:
 * numbers, `true`/`false` (`1`/`0`), lists by commas (or JSON), records and lists of objects by JSON. An empty
 * variable counts as unset, because manifests cannot leave one out. Variables that no field names are ignored
 * (Kubernetes itself adds some); keys of the file that no field names are problems.
 *
 * @throws ConfigurationError with all problems.
 */
export async function loadSettings<Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape>,
  source: SettingsSource = {},
): Promise<z.infer<z.ZodObject<Shape>>> {
  const env = source.env ?? process.env;
  const prefix = source.prefix ?? 'SKALD';
  const file = source.file ?? (env[`${prefix}_CONFIG_FILE`] || undefined);
  const leaves = leavesOf(schema, prefix);
  const problems: string[] = [];

  const input = file === undefined ? {} : await readSettingsFile(file, problems);
  if (file !== undefined) problems.push(...unknownKeys(input, leaves, file));
  for (const path of requiredObjects(schema))
    if (getPath(input, path) === undefined) setPath(input, path, {});
  const fromEnvironment = new Set<Leaf>();
  const unreadable = new Set<Leaf>();
  for (const leaf of leaves) {
    const text = env[leaf.variable];
    if (text === undefined || text === '') continue;
    fromEnvironment.add(leaf);
    const parsed = parseText(leaf, text);
    if (parsed.ok) setPath(input, leaf.path, parsed.value);
    else {
      unreadable.add(leaf);
      problems.push(`${leaf.variable}: ${parsed.problem}`);
    }
  }

  const result = schema.safeParse(input);
  if (result.success && problems.length === 0) return result.data;
  for (const issue of result.error?.issues ?? []) {
    const leaf = leaves.find(({ path }) => startsWith(issue.path.map(String), path));
    // A variable whose text could not be read has been reported already.
    if (leaf === undefined || !unreadable.has(leaf)) {
      problems.push(
        describeIssue(issue, leaf, leaf !== undefined && fromEnvironment.has(leaf) ? undefined : file),
      );
    }
  }
  throw new ConfigurationError(problems);
}

async function readSettingsFile(file: string, problems: string[]): Promise<Record<string, unknown>> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    problems.push(`${file}: cannot be read (${codeOf(error)})`);
    return {};
  }
  // Lazily: most pods have no file, and the parser costs as much start-up time as everything else here.
  // By its default export: a bundle gives a lazily loaded CommonJS package no others.
  const { default: yaml } = await import('yaml');
  const document = yaml.parseDocument(text, { prettyErrors: false });
  const [first] = document.errors;
  if (first !== undefined) {
    const line = text.slice(0, first.pos[0]).split('\n').length;
    problems.push(`${file}: not valid YAML at line ${line} (${first.code})`);
    return {};
  }
  const value: unknown = document.toJS();
  if (value === null) return {};
  if (isRecord(value)) return value;
  problems.push(`${file}: must hold a mapping`);
  return {};
}

function describeIssue(issue: z.core.$ZodIssue, leaf: Leaf | undefined, file: string | undefined): string {
  const path = issue.path.map(String);
  if (leaf === undefined) {
    return `${[file, path.length === 0 ? 'settings' : path.join('.')].filter(Boolean).join(': ')}: ${issue.message}`;
  }
  const missing =
    issue.code === 'invalid_type' && path.length === leaf.path.length && /undefined/.test(issue.message);
  const message = missing ? 'required, but not set' : issue.message;
  const rest = path.slice(leaf.path.length);
  const at = rest.length === 0 ? '' : ` (at ${rest.join('.')})`;
  if (file === undefined) return `${leaf.variable}: ${message}${at}`;
  return `${file}: ${leaf.path.join('.')}: ${message}${at} (or set ${leaf.variable})`;
}

function unknownKeys(input: Record<string, unknown>, leaves: readonly Leaf[], file: string): string[] {
  const problems: string[] = [];
  const visit = (value: unknown, path: string[]): void => {
    const known = leaves.some((leaf) => leaf.path.length >= path.length && startsWith(leaf.path, path));
    if (!known) problems.push(`${file}: ${path.join('.')}: no such setting`);
    else if (
      isRecord(value) &&
      !leaves.some((leaf) => leaf.path.length === path.length && startsWith(leaf.path, path))
    ) {
      for (const [key, item] of Object.entries(value)) visit(item, [...path, key]);
    }
  };
  for (const [key, item] of Object.entries(input)) visit(item, [key]);
  return problems;
}

function startsWith(path: readonly string[], start: readonly string[]): boolean {
  return start.every((key, index) => key === path[index]);
}

function getPath(source: Record<string, unknown>, path: readonly string[]): unknown {
  let current: unknown = source;
  for (const key of path) current = isRecord(current) ? current[key] : undefined;
  return current;
}

function setPath(target: Record<string, unknown>, path: readonly string[], value: unknown): void {
  let current = target;
  for (const key of path.slice(0, -1)) {
    const next = current[key];
    if (isRecord(next)) current = next;
    else {
      const created: Record<string, unknown> = {};
      current[key] = created;
      current = created;
    }
  }
  const last = path.at(-1);
  if (last !== undefined) current[last] = value;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
