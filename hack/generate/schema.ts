// The part of a structural OpenAPI v3 schema (apiextensions.k8s.io/v1) that the API's CRDs use.

export interface Schema {
  readonly description?: string;
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean';
  readonly enum?: readonly string[];
  readonly default?: unknown;
  readonly format?: string;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema;
  readonly items?: Schema;
  readonly 'x-kubernetes-int-or-string'?: boolean;
  readonly 'x-kubernetes-list-type'?: string;
  readonly limits?: Limits;
  /** CEL rules, each by what it says: its message, else the expression. */
  readonly rules?: readonly string[];
}

/** What a value must keep to besides its type, as the schema's own keywords have it. */
export interface Limits extends Readonly<Partial<Record<(typeof NUMBERS)[number], number>>> {
  readonly pattern?: string;
}

const NUMBERS = [
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'minProperties',
  'maxProperties',
  'minimum',
  'maximum',
] as const;

export interface CustomResourceDefinition {
  /** File name inside crds/. */
  readonly file: string;
  /** The file as it is. */
  readonly text: string;
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly namespaced: boolean;
  readonly schema: Schema;
}

type Json = { readonly [key: string]: unknown };

/** Reads one CRD with exactly one version. Throws an Error that names the file and the path of what is wrong. */
export function readDefinition(file: string, text: string, parsed: unknown): CustomResourceDefinition {
  const where = (path: string) => `crds/${file}: ${path}`;
  const record = (value: unknown, path: string): Json => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new Error(`${where(path)} must be a mapping`);
    }
    return { ...value };
  };
  const string = (value: unknown, path: string): string => {
    if (typeof value !== 'string') throw new Error(`${where(path)} must be a string`);
    return value;
  };
  const spec = record(record(parsed, 'the document').spec, 'spec');
  const names = record(spec.names, 'spec.names');
  const versions = Array.isArray(spec.versions) ? spec.versions : [];
  if (versions.length !== 1) throw new Error(`${where('spec.versions')} must hold exactly one version`);
  const version = record(versions[0], 'spec.versions[0]');
  const schema = record(record(version.schema, 'schema').openAPIV3Schema, 'schema.openAPIV3Schema');
  return {
    file,
    text,
    group: string(spec.group, 'spec.group'),
    version: string(version.name, 'spec.versions[0].name'),
    kind: string(names.kind, 'spec.names.kind'),
    plural: string(names.plural, 'spec.names.plural'),
    singular: string(names.singular, 'spec.names.singular'),
    namespaced: spec.scope === 'Namespaced',
    schema: schemaOf(schema, 'openAPIV3Schema', where),
  };
}

const KNOWN_TYPES = ['object', 'array', 'string', 'integer', 'number', 'boolean'] as const;

function schemaOf(raw: Json, path: string, where: (path: string) => string): Schema {
  const child = (value: unknown, at: string): Schema => {
    if (typeof value !== 'object' || value === null) throw new Error(`${where(at)} must be a schema`);
    return schemaOf({ ...value }, at, where);
  };
  const type = KNOWN_TYPES.find((known) => known === raw.type);
  if (raw.type !== undefined && type === undefined)
    throw new Error(`${where(path)}.type ${raw.type} is not known`);
  const properties = raw.properties as Json | undefined;
  return {
    ...(typeof raw.description === 'string' ? { description: raw.description } : {}),
    ...(type === undefined ? {} : { type }),
    ...(Array.isArray(raw.enum) ? { enum: raw.enum.map(String) } : {}),
    ...('default' in raw ? { default: raw.default } : {}),
    ...(typeof raw.format === 'string' ? { format: raw.format } : {}),
    ...(Array.isArray(raw.required) ? { required: raw.required.map(String) } : {}),
    ...(properties === undefined
      ? {}
      : {
          properties: Object.fromEntries(
            Object.entries(properties).map(([name, value]) => [name, child(value, `${path}.${name}`)]),
          ),
        }),
    ...(raw.additionalProperties === undefined
      ? {}
      : { additionalProperties: child(raw.additionalProperties, `${path}.*`) }),
    ...(raw.items === undefined ? {} : { items: child(raw.items, `${path}[]`) }),
    ...(raw['x-kubernetes-int-or-string'] === true ? { 'x-kubernetes-int-or-string': true } : {}),
    ...(typeof raw['x-kubernetes-list-type'] === 'string'
      ? { 'x-kubernetes-list-type': raw['x-kubernetes-list-type'] }
      : {}),
    ...limitsOf(raw),
    ...rulesOf(raw['x-kubernetes-validations'], () => where(`${path}.x-kubernetes-validations`)),
  };
}

function limitsOf(raw: Json): Pick<Schema, 'limits'> {
  const limits: Record<string, number> = {};
  for (const name of NUMBERS) {
    const value = raw[name];
    if (typeof value === 'number') limits[name] = value;
  }
  const { pattern } = raw;
  if (typeof pattern === 'string') return { limits: { ...limits, pattern } };
  return Object.keys(limits).length === 0 ? {} : { limits };
}

function rulesOf(raw: unknown, where: () => string): Pick<Schema, 'rules'> {
  if (raw === undefined) return {};
  if (!Array.isArray(raw)) throw new Error(`${where()} must be a list`);
  const rules = raw.map((entry: unknown) => {
    const rule: Json = typeof entry === 'object' && entry !== null ? { ...entry } : {};
    if (typeof rule.message === 'string') return rule.message;
    if (typeof rule.rule === 'string') return `\`${rule.rule}\``;
    throw new Error(`${where()} holds an entry without a rule`);
  });
  return { rules };
}
