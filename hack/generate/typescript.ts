// Structural schema -> TypeScript. Types say what the API server *returns*: a field with a default is
// always there, so it is not optional; everything is readonly, because caches hand out shared objects.
import { IMPORTED, NAMED, SHARED } from './names.ts';
import type { CustomResourceDefinition, Schema } from './schema.ts';

const HEADER = '// Generated from crds/ by `npm run generate`. Do not edit.\n';
const COLUMNS = 110;

interface Rendering {
  readonly kind: string;
  /** Interfaces of this file, by name, in order of first use. */
  readonly interfaces: Map<string, string>;
  readonly shared: Map<string, string>;
  readonly imports: Map<string, Set<string>>;
}

/** Source text by file name: one per kind, and shared.ts. */
export function renderTypes(definitions: readonly CustomResourceDefinition[]): Map<string, string> {
  const shared = new Map<string, string>();
  const files = new Map<string, string>();
  for (const definition of definitions) {
    const rendering: Rendering = {
      kind: definition.kind,
      interfaces: new Map(),
      shared,
      imports: new Map(),
    };
    renderRoot(definition, rendering);
    files.set(`${definition.singular}.ts`, fileOf(rendering.imports, rendering.interfaces));
  }
  files.set('shared.ts', fileOf(new Map(), shared));
  return files;
}

function fileOf(
  imports: ReadonlyMap<string, ReadonlySet<string>>,
  interfaces: ReadonlyMap<string, string>,
): string {
  const lines = [...imports]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([from, names]) => `import type { ${[...names].sort().join(', ')} } from '${from}';\n`);
  return `${HEADER}${lines.join('')}\n${[...interfaces.values()].join('\n')}`;
}

function renderRoot(definition: CustomResourceDefinition, rendering: Rendering): void {
  const { kind, group, version } = definition;
  const properties = definition.schema.properties ?? {};
  const typed: Record<string, Schema> = {
    ...properties,
    apiVersion: { ...properties.apiVersion, type: 'string', enum: [`${group}/${version}`] },
    kind: { ...properties.kind, type: 'string', enum: [kind] },
  };
  const required = ['apiVersion', 'kind', 'metadata', ...(definition.schema.required ?? [])];
  renderInterface(kind, { ...definition.schema, properties: typed, required }, '', rendering);
}

function renderInterface(name: string, schema: Schema, path: string, rendering: Rendering): void {
  const target = Object.values(SHARED).includes(name) ? rendering.shared : rendering.interfaces;
  const known = target.has(name);
  if (!known) target.set(name, '');
  const required = new Set(schema.required ?? []);
  const fields = Object.entries(schema.properties ?? {}).map(([property, field]) => {
    const always = required.has(property) || field.default !== undefined;
    const type = typeOf(field, path === '' ? property : `${path}.${property}`, rendering);
    return `${comment(fieldComment(field), '  ')}  readonly ${property}${always ? '' : '?'}: ${type};\n`;
  });
  const text = `${comment(known ? '' : (schema.description ?? ''), '')}export interface ${name} {\n${fields.join('')}}\n`;
  const before = target.get(name);
  if (known && before !== undefined && bodyOf(before) !== bodyOf(text)) {
    throw new Error(
      `Two schemas want to be the type ${name}, the second at ${rendering.kind} ${path}: they differ. ` +
        'Make them equal or give one another name in hack/generate/names.ts.',
    );
  }
  if (!known) target.set(name, text);
}

/** Without documentation: two schemas with one shape are one type, however they are described. */
function bodyOf(text: string): string {
  return text.replace(/^ *\/\*\*[\s\S]*?\*\/\n/gm, '');
}

function typeOf(schema: Schema, path: string, rendering: Rendering): string {
  const imported = IMPORTED[path];
  if (imported !== undefined) return use(rendering, imported.from, imported.type);
  if (schema['x-kubernetes-int-or-string'] === true) return 'number | string';
  switch (schema.type) {
    case 'string':
      return schema.enum?.map((value) => `'${value}'`).join(' | ') ?? 'string';
    case 'integer':
    case 'number':
      return 'number';
    case 'boolean':
      return 'boolean';
    case 'array': {
      if (schema.items === undefined) throw new Error(`${rendering.kind} ${path}: an array needs items`);
      const items = typeOf(schema.items, `${path}[]`, rendering);
      return items.includes('|') ? `readonly (${items})[]` : `readonly ${items}[]`;
    }
    case 'object':
      return objectType(schema, path, rendering);
    default:
      throw new Error(`${rendering.kind} ${path}: a schema needs a type`);
  }
}

function objectType(schema: Schema, path: string, rendering: Rendering): string {
  if (schema.additionalProperties !== undefined) {
    return `Readonly<Record<string, ${typeOf(schema.additionalProperties, `${path}.*`, rendering)}>>`;
  }
  const last = path.split('.').at(-1) ?? path;
  const shared = SHARED[last];
  const name = shared ?? NAMED[`${rendering.kind} ${path}`] ?? `${rendering.kind}${capital(last)}`;
  renderInterface(name, schema, path, rendering);
  return shared === undefined ? name : use(rendering, './shared.ts', shared);
}

function use(rendering: Rendering, from: string, type: string): string {
  const names = rendering.imports.get(from) ?? new Set();
  rendering.imports.set(from, names.add(type));
  return type;
}

function fieldComment(schema: Schema): string {
  const description = schema.description ?? '';
  if (schema.default === undefined) return description;
  return `${description}\n@defaultValue ${JSON.stringify(schema.default)}`.trim();
}

function comment(text: string, indent: string): string {
  if (text === '') return '';
  const safe = text.trim().replaceAll('*/', '*\\/');
  const single = `${indent}/** ${safe} */`;
  if (!safe.includes('\n') && single.length <= COLUMNS) return `${single}\n`;
  const lines = safe.split('\n').flatMap((line) => wrap(line, COLUMNS - indent.length - 3));
  return `${indent}/**\n${lines.map((line) => `${indent} * ${line}\n`).join('')}${indent} */\n`;
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1).replace('[]', '');
}
