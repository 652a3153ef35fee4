// The CRD's x-kubernetes-validations, evaluated as the API server does it for an object that is created: rules about
// a change (`oldSelf`) are not evaluated.
import {
  type CelInput,
  type CelResult,
  CelScalar,
  celEnv,
  celFunc,
  isCelError,
  listType,
  parse,
  plan,
} from '@bufbuild/cel';
import { strings } from '@bufbuild/cel/ext';
import { isList, isObject, type Json, type JsonObject, type Path } from './json.ts';
import { type CauseType, type Problem, problem } from './problem.ts';
import type { Rule, Schema } from './schema.ts';

export function celProblems(object: JsonObject, schema: Schema): Problem[] {
  const root: Schema = { ...schema, properties: { ...schema.properties, metadata: METADATA } };
  return problemsIn(object, root, [], '');
}

/** What a rule at the root may read of the metadata. */
const METADATA: Schema = {
  type: 'object',
  properties: { name: { type: 'string' }, generateName: { type: 'string' } },
};

function problemsIn(value: Json, schema: Schema | undefined, path: Path, field: string): Problem[] {
  if (schema === undefined || value === null) return [];
  const own = (schema['x-kubernetes-validations'] ?? []).flatMap(
    (rule) => problemOf(value, schema, rule, path, field) ?? [],
  );
  if (isList(value)) {
    const { items } = schema;
    return [
      ...own,
      ...value.flatMap((item, index) => problemsIn(item, items, [...path, index], `${field}[${index}]`)),
    ];
  }
  if (!isObject(value)) return own;
  const below = [...value].flatMap(([name, item]) => {
    const { properties = {}, additionalProperties } = schema;
    if (Object.hasOwn(properties, name)) {
      return problemsIn(item, properties[name], [...path, name], field === '' ? name : `${field}.${name}`);
    }
    return problemsIn(item, additionalProperties, [...path, name], `${field}[${name}]`);
  });
  return [...own, ...below];
}

function problemOf(value: Json, schema: Schema, rule: Rule, path: Path, field: string): Problem | undefined {
  const { expression, usesOldSelf } = compile(rule.rule);
  // Without an old object only a rule that says it can do without is evaluated; the CRDs have none.
  if (usesOldSelf) {
    if (rule.optionalOldSelf === true) throw new Error(`optionalOldSelf is not supported: ${rule.rule}`);
    return undefined;
  }
  const result = expression({ self: celValue(value, schema) });
  if (result === true) return undefined;
  const cause = { rule: 'cel' as const, value: schema.type ?? '' };
  const where = field === '' ? '<nil>' : field;
  if (isCelError(result)) {
    const detail = `${result.message} evaluating rule: ${(rule.message ?? rule.rule).trim()}`;
    return problem({ ...cause, path, field: where, type: 'FieldValueInvalid', detail });
  }
  const below = rule.fieldPath?.replace(/^\./, '');
  const place =
    below === undefined
      ? { path, field: where }
      : { path: [...path, ...below.split('.')], field: field === '' ? below : `${field}.${below}` };
  const detail = messageOf(rule, value, schema);
  const type = TYPES.find((known) => known === rule.reason) ?? 'FieldValueInvalid';
  if (type === 'FieldValueForbidden' || type === 'FieldValueRequired') {
    return problem({ rule: 'cel', ...place, type, detail });
  }
  return problem({ ...cause, ...place, type, detail });
}

const TYPES: readonly CauseType[] = [
  'FieldValueForbidden',
  'FieldValueRequired',
  'FieldValueDuplicate',
  'FieldValueInvalid',
];

function messageOf(rule: Rule, value: Json, schema: Schema): string {
  if (rule.messageExpression !== undefined) {
    const said = compile(rule.messageExpression).expression({ self: celValue(value, schema) });
    if (typeof said === 'string' && said.trim() !== '' && !said.includes('\n')) return said;
  }
  return rule.message === undefined ? `failed rule: ${rule.rule.trim()}` : rule.message.trim();
}

/** Kubernetes' own sets library, as far as rules can use it with lists of scalars. */
const SETS = [
  celFunc('sets.intersects', [listType(CelScalar.DYN), listType(CelScalar.DYN)], CelScalar.BOOL, (a, b) => {
    const known = new Set(b);
    return [...a].some((item) => known.has(item));
  }),
];

const environment = celEnv({
  funcs: [...strings, ...SETS],
  variables: { self: CelScalar.DYN, oldSelf: CelScalar.DYN },
});

interface Compiled {
  readonly expression: (variables: { self: CelInput }) => CelResult;
  readonly usesOldSelf: boolean;
}

const compiled = new Map<string, Compiled>();

/** Throws when the text is no CEL. */
export function compile(text: string): Compiled {
  const known = compiled.get(text);
  if (known !== undefined) return known;
  const usesOldSelf = /\boldSelf\b/.test(text);
  const evaluate = plan(environment, parse(text));
  const expression = ({ self }: { self: CelInput }): CelResult => evaluate({ self, oldSelf: null });
  const result = { expression, usesOldSelf };
  compiled.set(text, result);
  return result;
}

/** A value as rules see it: typed by the schema, with names that CEL reserves written `__name__`. */
function celValue(value: Json, schema: Schema | undefined): CelInput {
  if (typeof value === 'bigint') return schema?.type === 'number' ? Number(value) : value;
  if (typeof value === 'number') return schema?.type === 'integer' ? BigInt(Math.trunc(value)) : value;
  if (isList(value)) return value.map((item) => celValue(item, schema?.items));
  if (!isObject(value)) return value;
  const fields = schema?.properties ?? {};
  const result = new Map<string, CelInput>();
  for (const [name, item] of value) {
    if (Object.hasOwn(fields, name)) result.set(escapeName(name), celValue(item, fields[name]));
    else if (schema?.additionalProperties !== undefined)
      result.set(name, celValue(item, schema.additionalProperties));
  }
  return result;
}

const RESERVED: ReadonlySet<string> = new Set([
  ...['true', 'false', 'null', 'in', 'as', 'break', 'const', 'continue', 'else', 'for', 'function', 'if'],
  ...['import', 'let', 'loop', 'package', 'namespace', 'return', 'var', 'void', 'while'],
]);

function escapeName(name: string): string {
  if (RESERVED.has(name)) return `__${name}__`;
  return name
    .replaceAll('__', '__underscores__')
    .replaceAll('.', '__dot__')
    .replaceAll('-', '__dash__')
    .replaceAll('/', '__slash__');
}
