// What the API server does to an object before it looks at its values: defaults, fields that it does not know, nulls.
import { isList, isObject, type Json, type JsonObject, jsonOf, type Path } from './json.ts';
import type { Problem } from './problem.ts';
import { type Schema, schemaOf } from './schema.ts';

export interface Decoded {
  readonly object: JsonObject;
  readonly problems: readonly Problem[];
}

/** With strict field validation, which kubectl asks for, an unknown field is an error; it is dropped here, too. */
export function decode(object: JsonObject, schema: Schema): Decoded {
  const problems: Problem[] = [];
  const defaulted = withDefaults(object, schema);
  const known = withoutUnknown(defaulted, schema, [], '', problems);
  const whole = withoutNulls(known, schema);
  return { object: isObject(whole) ? whole : object, problems };
}

function isNullNotNullable(value: Json | undefined, schema: Schema): boolean {
  return value === null && schema.nullable !== true;
}

function withDefaults(value: Json, schema: Schema | undefined): Json {
  if (schema === undefined) return value;
  if (isList(value)) {
    return value.map((item) => withDefaults(item, schema.items));
  }
  if (!isObject(value)) return value;
  const result = new Map(value);
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    if (property.default === undefined) continue;
    if (!result.has(name) || isNullNotNullable(result.get(name), property)) {
      result.set(name, jsonOf(property.default));
    }
  }
  for (const [name, item] of result) result.set(name, withDefaults(item, schemaOf(schema, name)));
  return result;
}

const TYPE_META: ReadonlySet<string> = new Set(['apiVersion', 'kind', 'metadata']);

function withoutUnknown(
  value: Json,
  schema: Schema | undefined,
  path: Path,
  field: string,
  problems: Problem[],
): Json {
  if (isList(value)) {
    return value.map((item, index) =>
      withoutUnknown(item, schema?.items, [...path, index], `${field}[${index}]`, problems),
    );
  }
  if (!isObject(value)) return value;
  const result = new Map<string, Json>();
  for (const [name, item] of value) {
    if (path.length === 0 && TYPE_META.has(name)) {
      result.set(name, item);
      continue;
    }
    const at = field === '' ? name : `${field}.${name}`;
    const property = schemaOf(schema, name);
    if (property === undefined) {
      const message = `unknown field "${at}"`;
      problems.push({ rule: 'decode', path: [...path, name], field: at, message });
    } else {
      result.set(name, withoutUnknown(item, property, [...path, name], at, problems));
    }
  }
  return result;
}

/** A null that may not be there counts as nothing; in a list it stays and is refused. */
function withoutNulls(value: Json, schema: Schema | undefined): Json {
  if (isList(value)) return value.map((item) => withoutNulls(item, schema?.items));
  if (!isObject(value)) return value;
  const result = new Map<string, Json>();
  for (const [name, item] of value) {
    const property = schemaOf(schema, name);
    if (property !== undefined && property.default === undefined && isNullNotNullable(item, property))
      continue;
    result.set(name, withoutNulls(item, property));
  }
  return result;
}
