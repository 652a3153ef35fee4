// The values of an object against its CRD's schema, in the API server's order and words.
import { RE2JS } from '@bufbuild/re2';
import { formatNumber, quote } from './go-format.ts';
import { isList, isObject, type Json, type JsonObject, type Path } from './json.ts';
import { type Problem, problem } from './problem.ts';
import type { Schema } from './schema.ts';

/** Everything but list types and CEL rules. */
export function structureProblems(object: JsonObject, schema: Schema): Problem[] {
  const problems: Problem[] = [];
  validate(object, schema, { path: [], field: '' }, problems);
  return problems;
}

interface Place {
  readonly path: Path;
  readonly field: string;
}

function validate(value: Json, schema: Schema, place: Place, problems: Problem[]): void {
  const { field } = place;
  const add = (cause: Omit<Parameters<typeof problem>[0], 'rule' | 'path' | 'field'>) =>
    problems.push(problem({ rule: 'schema', ...place, field: field.replace(/^\./, ''), ...cause }));
  const wrong = (what: Json, says: string) =>
    add({ type: 'FieldValueInvalid', value: what, detail: `${field} in body ${says}` });

  const types = typesOf(schema);
  const type = typeOf(value);
  if (types.length > 0 && !types.some((wanted) => isOf(value, type, wanted))) {
    if (value !== null || schema.nullable !== true) {
      const detail = `${field} in body must be of type ${types.join(',')}: "${type}"`;
      add({ type: 'FieldValueTypeInvalid', value: type, detail });
    }
  }
  const alternatives = value === null ? [] : (schema.anyOf ?? []);
  const [first] = alternatives.flatMap(typesOf);
  if (first !== undefined && !alternatives.flatMap(typesOf).some((wanted) => isOf(value, type, wanted))) {
    const detail = `${quote(field)} must validate at least one schema (anyOf)`;
    problems.push(problem({ ...ANYWHERE, path: place.path, value: '', detail }));
    // The server tells the one that came nearest, of equals the first.
    const nearest = `${field} in body must be of type ${first}: "${type}"`;
    add({ type: 'FieldValueTypeInvalid', value: type, detail: nearest });
  }
  if (typeof value === 'string') stringProblem(value, schema, wrong, add);
  if (typeof value === 'number' || typeof value === 'bigint') numberProblems(value, schema, wrong);
  if (isList(value)) listProblems(value, schema, place, problems, wrong, add);
  if (schema.enum !== undefined && !schema.enum.some((allowed) => allowed === value)) {
    const detail = `supported values: ${schema.enum.map((allowed) => JSON.stringify(allowed)).join(', ')}`;
    add({ type: 'FieldValueNotSupported', value, detail });
  }
  if (isObject(value)) objectProblems(value, schema, place, problems, wrong, add);
}

const ANYWHERE = { rule: 'schema', field: '<nil>', type: 'FieldValueInvalid' } as const;

type Add = (cause: Omit<Parameters<typeof problem>[0], 'rule' | 'path' | 'field'>) => void;
type Wrong = (what: Json, says: string) => void;

function typesOf(schema: Schema): readonly string[] {
  if (schema['x-kubernetes-int-or-string'] === true) return ['integer', 'string'];
  return schema.type === undefined ? [] : [schema.type];
}

function typeOf(value: Json): string {
  if (value === null) return 'null';
  if (isList(value)) return 'array';
  if (isObject(value)) return 'object';
  if (typeof value === 'bigint') return 'integer';
  return typeof value;
}

function isOf(value: Json, type: string, wanted: string): boolean {
  if (type === wanted) return true;
  if (wanted === 'number') return type === 'integer';
  return wanted === 'integer' && typeof value === 'number' && isJsonInteger(value);
}

/** Whether a float64 is whole to the API server, which tolerates a relative error of 1e-9. */
function isJsonInteger(value: number): boolean {
  if (Math.abs(value) > Number.MAX_SAFE_INTEGER) return false;
  const whole = Math.trunc(value);
  return value === whole || (whole !== 0 && Math.abs(value - whole) / Math.abs(value + whole) < 1e-9);
}

/** The first thing that is wrong with a text: the server stops there. */
function stringProblem(value: string, schema: Schema, wrong: Wrong, add: Add): void {
  const length = [...value].length;
  const { minLength, maxLength, pattern } = schema;
  if (maxLength !== undefined && length > maxLength) {
    const bytes = maxLength === 1 ? 'byte' : 'bytes';
    add({ type: 'FieldValueTooLong', detail: `may not be more than ${maxLength} ${bytes}` });
  } else if (minLength !== undefined && length < minLength) {
    wrong(value, `should be at least ${minLength} chars long`);
  } else if (pattern !== undefined && !matches(pattern, value)) {
    wrong(value, `should match '${pattern}'`);
  }
}

const compiled = new Map<string, RE2JS>();

function matches(pattern: string, value: string): boolean {
  let expression = compiled.get(pattern);
  if (expression === undefined) {
    expression = new RE2JS(pattern);
    compiled.set(pattern, expression);
  }
  return expression.test(value);
}

function numberProblems(value: number | bigint, schema: Schema, wrong: Wrong): void {
  const { minimum, maximum } = schema;
  if (minimum !== undefined && value < minimum)
    wrong(value, `should be greater than or equal to ${bound(value, minimum)}`);
  if (maximum !== undefined && value > maximum)
    wrong(value, `should be less than or equal to ${bound(value, maximum)}`);
}

/** A whole number is compared with a whole bound. */
function bound(value: number | bigint, limit: number): string {
  return formatNumber(typeof value === 'bigint' ? BigInt(Math.trunc(limit)) : limit);
}

function listProblems(
  list: readonly Json[],
  schema: Schema,
  { path, field }: Place,
  problems: Problem[],
  wrong: Wrong,
  add: Add,
): void {
  const { items, minItems, maxItems } = schema;
  if (items !== undefined) {
    for (const [index, item] of list.entries()) {
      validate(item, items, { path: [...path, index], field: `${field}[${index}]` }, problems);
    }
  }
  const size = BigInt(list.length);
  if (minItems !== undefined && list.length < minItems) wrong(size, `should have at least ${minItems} items`);
  if (maxItems !== undefined && list.length > maxItems) add(tooMany(size, maxItems));
}

function tooMany(size: bigint, most: number): Parameters<Add>[0] {
  const items = most === 1 ? 'item' : 'items';
  return { type: 'FieldValueTooMany', value: size, detail: `must have at most ${most} ${items}` };
}

function objectProblems(
  object: JsonObject,
  schema: Schema,
  { path, field }: Place,
  problems: Problem[],
  wrong: Wrong,
  add: Add,
): void {
  const { properties = {}, additionalProperties, required = [], minProperties, maxProperties } = schema;
  const size = BigInt(object.size);
  if (minProperties !== undefined && object.size < minProperties)
    wrong(size, `should have at least ${minProperties} properties`);
  if (maxProperties !== undefined && object.size > maxProperties) add(tooMany(size, maxProperties));
  for (const [name, value] of object) {
    const own = Object.hasOwn(properties, name) ? properties[name] : undefined;
    const property = own ?? additionalProperties;
    if (property === undefined) continue;
    // At the root the server leaves out the dot before fields, but not before what is missing.
    const at = own !== undefined && field === '' ? name : `${field}.${name}`;
    validate(value, property, { path: [...path, name], field: at }, problems);
  }
  for (const name of required) {
    if (object.has(name)) continue;
    const missing = `${field}.${name}`.replace(/^\./, '');
    problems.push(problem({ rule: 'schema', path, field: missing, type: 'FieldValueRequired' }));
  }
}
