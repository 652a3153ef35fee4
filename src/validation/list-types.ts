// Lists that are sets or maps: nothing is in them twice.
import { marshal } from './go-format.ts';
import { isList, isObject, type Json, type JsonObject, type Path } from './json.ts';
import { type Problem, problem } from './problem.ts';
import type { Schema } from './schema.ts';

export function listTypeProblems(object: JsonObject, schema: Schema): Problem[] {
  return problemsIn(object, schema, [], '');
}

function problemsIn(value: Json, schema: Schema | undefined, path: Path, field: string): Problem[] {
  if (schema === undefined) return [];
  if (isList(value)) {
    const { items } = schema;
    return [
      ...duplicates(value, schema, path, field),
      ...value.flatMap((item, index) => problemsIn(item, items, [...path, index], `${field}[${index}]`)),
    ];
  }
  if (!isObject(value)) return [];
  return [...value].flatMap(([name, item]) => {
    const { properties = {}, additionalProperties } = schema;
    const below = [...path, name];
    if (Object.hasOwn(properties, name)) {
      return problemsIn(item, properties[name], below, field === '' ? name : `${field}.${name}`);
    }
    return problemsIn(item, additionalProperties, below, `${field}[${name}]`);
  });
}

function duplicates(list: readonly Json[], schema: Schema, path: Path, field: string): Problem[] {
  const type = schema['x-kubernetes-list-type'];
  if (type !== 'set' && type !== 'map') return [];
  const at = (index: number) => ({
    rule: 'schema' as const,
    path: [...path, index],
    field: `${field}[${index}]`,
  });
  if (type === 'set') {
    return repeated(list).map((index) =>
      problem({ ...at(index), type: 'FieldValueDuplicate', value: list[index] ?? null }),
    );
  }
  const stranger = list.findIndex((item) => item !== null && !isObject(item));
  if (stranger >= 0) {
    const detail = 'must be an object for an array of list-type map';
    return [problem({ ...at(stranger), type: 'FieldValueInvalid', value: list[stranger] ?? null, detail })];
  }
  const names = schema['x-kubernetes-list-map-keys'] ?? [];
  const keys = list.map((item) => keyOf(item, names));
  return repeated(keys).map((index) =>
    problem({ ...at(index), type: 'FieldValueDuplicate', value: keys[index] ?? null }),
  );
}

function keyOf(item: Json, names: readonly string[]): JsonObject {
  const key = new Map<string, Json>();
  if (!isObject(item)) return key;
  for (const name of names) {
    const value = item.get(name);
    if (value !== undefined) key.set(name, value);
  }
  return key;
}

/** Indexes of second appearances. A third one is not told again. */
function repeated(list: readonly Json[]): number[] {
  const seen = new Map<string, number>();
  return list.flatMap((item, index) => {
    // Go tells the integer 1 from the float 1.
    const key = typeof item === 'number' ? `float ${item}` : marshal(item);
    const times = seen.get(key) ?? 0;
    seen.set(key, times + 1);
    return times === 1 ? [index] : [];
  });
}
