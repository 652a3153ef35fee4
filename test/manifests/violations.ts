// Every constraint of the CRDs' schemas, and an object that breaks it and is otherwise right. Made from manifests in
// which every field is set, so that a new field without one is noticed.
import { isList, isObject, type Json, type JsonObject, type Path } from '../../src/validation/json.ts';
import type { Schema } from '../../src/validation/schema.ts';

export interface Violation {
  /** For example `.spec.npcs[].name maxLength`. */
  readonly constraint: string;
  readonly object: JsonObject;
}

export interface Violations {
  readonly violations: readonly Violation[];
  /** Constraints of fields that no given object has. */
  readonly unreached: readonly string[];
}

export function violationsOf(schema: Schema, objects: readonly JsonObject[]): Violations {
  const violations: Violation[] = [];
  const unreached: string[] = [];
  for (const { at, names, breaks } of constraintsOf(schema, [], '')) {
    const broken = objects
      .flatMap((object) => placesOf(object, at).map((path) => ({ object, path })))
      .map(({ object, path }) => changed(object, path, breaks))
      .find((object) => object !== undefined);
    if (broken === undefined) unreached.push(names);
    else violations.push({ constraint: names, object: broken });
  }
  return { violations, unreached };
}

/** Steps of a path; `*` is every index or key. */
type Pattern = readonly string[];

interface Constraint {
  readonly at: Pattern;
  readonly names: string;
  /** Undefined when the value does not fit, or when the key itself is to go. */
  readonly breaks: (value: Json) => Json | undefined;
}

function constraintsOf(schema: Schema, at: Pattern, names: string): Constraint[] {
  const own = breaksOf(schema, names).map(([keyword, breaks]) => ({
    at,
    names: `${names} ${keyword}`,
    breaks,
  }));
  const fields = Object.entries(schema.properties ?? {})
    .filter(([name]) => at.length > 0 || !['apiVersion', 'kind', 'metadata', 'status'].includes(name))
    .flatMap(([name, property]) => constraintsOf(property, [...at, name], `${names}.${name}`));
  const values =
    schema.additionalProperties === undefined
      ? []
      : constraintsOf(schema.additionalProperties, [...at, '*'], `${names}.*`);
  const items = schema.items === undefined ? [] : constraintsOf(schema.items, [...at, '*'], `${names}[]`);
  return [...own, ...fields, ...values, ...items];
}

type Break = readonly [keyword: string, breaks: (value: Json) => Json | undefined];

function breaksOf(schema: Schema, names: string): Break[] {
  const { type, minLength, maxLength, minimum, maximum, minItems, maxItems, minProperties, maxProperties } =
    schema;
  const open = schema.additionalProperties !== undefined;
  const breaks: (Break | false | undefined)[] = [
    names !== '' && ['type', () => (type === 'string' ? 7n : type === undefined ? true : 'seven')],
    schema.enum !== undefined && ['enum', () => 'nonsense'],
    schema.pattern !== undefined && ['pattern', () => ' @@@@@@@@@@@'.slice(0, maxLength)],
    minLength !== undefined && ['minLength', () => ''],
    maxLength !== undefined && ['maxLength', () => 'a'.repeat(maxLength + 1)],
    minimum !== undefined && [
      'minimum',
      () => (Number.isInteger(minimum) ? BigInt(minimum) - 1n : minimum - 0.1),
    ],
    maximum !== undefined && [
      'maximum',
      () => (Number.isInteger(maximum) ? BigInt(maximum) + 1n : maximum + 0.1),
    ],
    minItems !== undefined && ['minItems', () => []],
    maxItems !== undefined && ['maxItems', (value) => repeated(value, maxItems + 1)],
    minProperties !== undefined && ['minProperties', () => new Map()],
    maxProperties !== undefined && ['maxProperties', (value) => grown(value, maxProperties + 1)],
    /^(?:set|map)$/.test(schema['x-kubernetes-list-type'] ?? '') && [
      'list-type',
      (value) => repeated(value, 2),
    ],
    type === 'object' &&
      !open && ['unknown field', (value) => (isObject(value) ? new Map([...value, ['nix', 1n]]) : undefined)],
    ...(schema.required ?? []).map((name): Break => [`required ${name}`, (value) => without(value, name)]),
  ];
  return breaks.filter((one): one is Break => one !== false && one !== undefined);
}

function repeated(value: Json, times: number): Json | undefined {
  if (!isList(value) || value[0] === undefined) return undefined;
  const [first] = value;
  return Array.from({ length: times }, () => first);
}

function grown(value: Json, size: number): Json | undefined {
  if (!isObject(value)) return undefined;
  const [first] = [...value.values()];
  if (first === undefined) return undefined;
  return new Map(Array.from({ length: size }, (_, index) => [`key${index}`, first]));
}

function without(value: Json, name: string): Json | undefined {
  if (!isObject(value) || !value.has(name)) return undefined;
  const rest = new Map(value);
  rest.delete(name);
  return rest;
}

function placesOf(object: JsonObject, pattern: Pattern): Path[] {
  let places: { path: Path; value: Json }[] = [{ path: [], value: object }];
  for (const step of pattern) {
    places = places.flatMap(({ path, value }) => {
      if (isList(value)) return value.map((item, index) => ({ path: [...path, index], value: item }));
      if (!isObject(value)) return [];
      return [...value]
        .filter(([key]) => step === '*' || key === step)
        .map(([key, item]) => ({ path: [...path, key], value: item }));
    });
  }
  return places.map(({ path }) => path);
}

/** A copy with another value at a path; undefined when `change` has none. */
export function changed(
  object: JsonObject,
  path: Path,
  change: (value: Json) => Json | undefined,
): JsonObject | undefined {
  const result = changedValue(object, path, change);
  return isObject(result) ? result : undefined;
}

function changedValue(value: Json, path: Path, change: (value: Json) => Json | undefined): Json | undefined {
  const [step, ...rest] = path;
  if (step === undefined) return change(value);
  if (isList(value)) {
    const item = value[Number(step)];
    const next = item === undefined ? undefined : changedValue(item, rest, change);
    return next === undefined ? undefined : value.map((old, index) => (index === step ? next : old));
  }
  if (!isObject(value)) return undefined;
  const item = value.get(String(step));
  const next = item === undefined ? undefined : changedValue(item, rest, change);
  return next === undefined ? undefined : new Map([...value, [String(step), next]]);
}
