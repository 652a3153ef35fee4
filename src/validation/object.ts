// One object against its CRD, as the API server does it on creation with strict field validation.
import { celProblems } from './cel.ts';
import { decode } from './decode.ts';
import { isObject, type JsonObject } from './json.ts';
import { listTypeProblems } from './list-types.ts';
import { metadataDecodeProblems, metadataProblems } from './metadata.ts';
import { type CauseType, type Problem, problem } from './problem.ts';
import type { Definition } from './schema.ts';
import { structureProblems } from './structure.ts';

export interface Validated {
  /** With defaults, and without what the server does not know. Read it only when there are no problems. */
  readonly object: JsonObject;
  readonly problems: readonly Problem[];
}

/** After one of these the server evaluates no rule. */
const BLOCKING: ReadonlySet<CauseType> = new Set([
  'FieldValueNotSupported',
  'FieldValueRequired',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'FieldValueTypeInvalid',
]);

/**
 * What the server says in several answers comes at once: it looks at values only when it could decode the object.
 * Values of an object with unknown fields are looked at as if these were not there.
 */
export function validateObject(manifest: JsonObject, definition: Definition): Validated {
  const { schema } = definition;
  const decoded = decode(manifest, schema);
  const unreadable = [...metadataDecodeProblems(manifest), ...decoded.problems];
  const object = withoutStatus(decoded.object);
  if (unreadable.some(({ path, message }) => path[0] === 'metadata' && !message.startsWith('unknown'))) {
    return { object, problems: unreadable };
  }
  const refused = unique([
    ...metadataProblems(object, definition),
    ...structureProblems(object, schema),
    ...listTypeProblems(object, schema),
  ]);
  const rules = refused.some(({ type }) => type !== undefined && BLOCKING.has(type))
    ? [NOT_CHECKED]
    : celProblems(withName(object), schema);
  return { object, problems: [...unreadable, ...refused, ...rules] };
}

const NOT_CHECKED: Problem = problem({
  rule: 'schema',
  path: [],
  field: '<nil>',
  type: 'FieldValueInvalid',
  value: null,
  detail:
    'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
});

/** Creation takes no status; the operator writes it. */
function withoutStatus(object: JsonObject): JsonObject {
  const rest = new Map(object);
  rest.delete('status');
  return rest;
}

function unique(problems: readonly Problem[]): Problem[] {
  const seen = new Set<string>();
  return problems.filter(({ rule, field, message }) => {
    const key = JSON.stringify([rule, field, message]);
    return rule === 'metadata' || !(seen.has(key) || !seen.add(key));
  });
}

/** Of a generateName the server makes a name, which rules see: at most 58 characters, and five of its own. */
function withName(object: JsonObject): JsonObject {
  const metadata = object.get('metadata');
  if (!isObject(metadata) || (metadata.get('name') ?? '') !== '') return object;
  const generateName = metadata.get('generateName');
  if (typeof generateName !== 'string' || generateName === '') return object;
  return new Map([
    ...object,
    ['metadata', new Map([...metadata, ['name', `${generateName.slice(0, 58)}xxxxx`]])],
  ]);
}
