// A CRD's structural schema, as far as the offline validator knows its keywords. An unknown keyword is an error: a
// rule that is silently not checked would be worse than none.

export interface Rule {
  readonly rule: string;
  readonly message?: string;
  readonly messageExpression?: string;
  readonly fieldPath?: string;
  readonly reason?: string;
  readonly optionalOldSelf?: boolean;
}

export interface Schema {
  readonly description?: string;
  readonly type?: string;
  readonly format?: string;
  readonly enum?: readonly string[];
  readonly default?: unknown;
  readonly nullable?: boolean;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema;
  readonly items?: Schema;
  /** Only as the API server demands it beside x-kubernetes-int-or-string, which says the same. */
  readonly anyOf?: readonly Schema[];
  readonly 'x-kubernetes-int-or-string'?: boolean;
  readonly 'x-kubernetes-list-type'?: string;
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-validations'?: readonly Rule[];
}

export interface Definition {
  readonly kind: string;
  readonly apiVersion: string;
  readonly namespaced: boolean;
  readonly schema: Schema;
}

const KEYWORDS: ReadonlySet<string> = new Set([
  ...['description', 'type', 'format', 'enum', 'default', 'nullable', 'pattern', 'minLength', 'maxLength'],
  ...['minimum', 'maximum', 'minItems', 'maxItems', 'minProperties', 'maxProperties', 'required'],
  ...['properties', 'additionalProperties', 'items', 'anyOf', 'x-kubernetes-int-or-string'],
  ...['x-kubernetes-list-type', 'x-kubernetes-list-map-keys', 'x-kubernetes-validations'],
]);

/** Formats that say nothing to the API server about a value: it knows no such names and ignores them. */
const FORMATS_WITHOUT_MEANING: ReadonlySet<string> = new Set(['int32', 'int64']);

/** What the validator does not understand in a schema, by path. `status` is left out: creation drops it. */
export function unsupportedKeywords(schema: Schema, path = ''): string[] {
  const own = Object.keys(schema)
    .filter((keyword) => !KEYWORDS.has(keyword))
    .map((keyword) => `${path}: ${keyword}`);
  if (schema.format !== undefined && !FORMATS_WITHOUT_MEANING.has(schema.format)) {
    own.push(`${path}: format ${schema.format}`);
  }
  if (schema.anyOf !== undefined && schema['x-kubernetes-int-or-string'] !== true) own.push(`${path}: anyOf`);
  const children = Object.entries(schema.properties ?? {})
    .filter(([name]) => path !== '' || name !== 'status')
    .flatMap(([name, property]) => unsupportedKeywords(property, `${path}.${name}`));
  const values =
    schema.additionalProperties === undefined
      ? []
      : unsupportedKeywords(schema.additionalProperties, `${path}.*`);
  const items = schema.items === undefined ? [] : unsupportedKeywords(schema.items, `${path}[]`);
  return [...own, ...children, ...values, ...items];
}

/** The schema of a field or key; undefined for an unknown one. */
export function schemaOf(schema: Schema | undefined, key: string): Schema | undefined {
  const { properties } = schema ?? {};
  if (properties !== undefined && Object.hasOwn(properties, key)) return properties[key];
  return schema?.additionalProperties;
}
