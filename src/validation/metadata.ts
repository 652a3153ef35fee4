// Names, labels and annotations: the rules that Kubernetes has for every object.
import { isList, isObject, type Json, type JsonObject, type Path } from './json.ts';
import { type Problem, problem } from './problem.ts';

export interface Scope {
  readonly namespaced: boolean;
}

/** What is in `metadata` and of a wrong type; the server cannot even read such an object. */
export function metadataDecodeProblems(object: JsonObject): Problem[] {
  const metadata = object.get('metadata');
  if (metadata === undefined || metadata === null) return [];
  if (!isObject(metadata)) {
    const message = `json: cannot unmarshal ${jsonTypeOf(metadata)} into Go value of type v1.ObjectMeta`;
    return [{ rule: 'decode', path: ['metadata'], field: 'metadata', message }];
  }
  return byKey(metadata).flatMap(([name, value]): Problem[] => {
    const path = ['metadata', name];
    const field = `metadata.${name}`;
    const check = Object.hasOwn(FIELDS, name) ? FIELDS[name] : undefined;
    if (check === undefined) return [{ rule: 'decode', path, field, message: `unknown field "${field}"` }];
    return value === null ? [] : check(value, path, field);
  });
}

/** The server reads in this order, and tells the first that is wrong. */
function byKey(object: JsonObject): [string, Json][] {
  return [...object].sort(([a], [b]) => (a < b ? -1 : 1));
}

type Check = (value: Json, path: Path, field: string) => Problem[];

const text: Check = (value, path, field) =>
  typeof value === 'string' ? [] : [malformed(path, field, value, field, 'string')];

const texts: Check = (value, path, field) => {
  if (!isObject(value)) return [malformed(path, field, value, field, 'map[string]string')];
  return byKey(value).flatMap(([key, item]) =>
    typeof item === 'string' || item === null
      ? []
      : [malformed([...path, key], field, item, field, 'string')],
  );
};

const textList: Check = (value, path, field) => {
  if (!isList(value)) return [malformed(path, field, value, field, '[]string')];
  return value.flatMap((item, index) =>
    typeof item === 'string' || item === null
      ? []
      : [malformed([...path, index], field, item, field, 'string')],
  );
};

/** What GitOps repositories do not hold is not looked into. */
const anything: Check = () => [];

const FIELDS: Readonly<Record<string, Check>> = {
  name: text,
  generateName: text,
  namespace: text,
  labels: texts,
  annotations: texts,
  finalizers: textList,
  selfLink: text,
  uid: text,
  resourceVersion: text,
  generation: anything,
  creationTimestamp: anything,
  deletionTimestamp: anything,
  deletionGracePeriodSeconds: anything,
  ownerReferences: anything,
  managedFields: anything,
};

function malformed(path: Path, field: string, value: Json, at: string, wanted: string): Problem {
  const name = at.replace(/^metadata\./, 'ObjectMeta.');
  const message = `json: cannot unmarshal ${jsonTypeOf(value)} into Go struct field ${name} of type ${wanted}`;
  return { rule: 'decode', path, field, message };
}

function jsonTypeOf(value: Json): string {
  if (isList(value)) return 'array';
  if (isObject(value)) return 'object';
  return typeof value === 'boolean' ? 'bool' : typeof value === 'string' ? 'string' : 'number';
}

/** @param object its metadata has the right types */
export function metadataProblems(object: JsonObject, { namespaced }: Scope): Problem[] {
  const found = object.get('metadata');
  const metadata: JsonObject = isObject(found) ? found : new Map();
  const string = (name: string) => {
    const value = metadata.get(name);
    return typeof value === 'string' ? value : '';
  };
  const invalid = (name: string, value: string, key?: string) => (detail: string) =>
    problem({
      rule: 'metadata',
      path: ['metadata', name, ...(key === undefined ? [] : [key])],
      field: `metadata.${name}`,
      type: 'FieldValueInvalid',
      value,
      detail,
    });
  const [name, generateName, namespace] = [string('name'), string('generateName'), string('namespace')];
  const masked =
    generateName.length > 1 && generateName.endsWith('-') ? `${generateName.slice(0, -2)}a` : generateName;
  return [
    ...(generateName === '' ? [] : subdomainFaults(masked).map(invalid('generateName', generateName))),
    ...(name === '' ? nameless(generateName) : subdomainFaults(name).map(invalid('name', name))),
    // On a kind without namespaces the server takes no notice of one.
    ...(namespaced ? labelFaults(namespace).map(invalid('namespace', namespace)) : []),
    ...entriesOf(metadata.get('labels')).flatMap(([key, value]) => [
      ...qualifiedNameFaults(key).map(invalid('labels', key, key)),
      ...labelValueFaults(value).map(invalid('labels', value, key)),
    ]),
    ...annotationProblems(entriesOf(metadata.get('annotations')), invalid),
    ...itemsOf(metadata.get('finalizers')).flatMap((item) =>
      qualifiedNameFaults(item).map(invalid('finalizers', item)),
    ),
  ];
}

function nameless(generateName: string): Problem[] {
  if (generateName !== '') return [];
  const detail = 'name or generateName is required';
  const place = { path: ['metadata'], field: 'metadata.name' };
  return [problem({ rule: 'metadata', ...place, type: 'FieldValueRequired', detail })];
}

const MOST_ANNOTATION_BYTES = 256 * 1024;

function annotationProblems(
  entries: readonly (readonly [string, string])[],
  invalid: (name: string, value: string, key?: string) => (detail: string) => Problem,
): Problem[] {
  const bytes = entries.reduce((sum, entry) => sum + Buffer.byteLength(entry.join('')), 0);
  const place = { path: ['metadata', 'annotations'], field: 'metadata.annotations' };
  const detail = `may not be more than ${MOST_ANNOTATION_BYTES} bytes`;
  return [
    ...entries.flatMap(([key]) =>
      qualifiedNameFaults(key.toLowerCase()).map(invalid('annotations', key, key)),
    ),
    ...(bytes > MOST_ANNOTATION_BYTES
      ? [problem({ rule: 'metadata', ...place, type: 'FieldValueTooLong', detail })]
      : []),
  ];
}

function entriesOf(value: Json | undefined): (readonly [string, string])[] {
  if (!isObject(value)) return [];
  return [...value].map(([key, item]) => [key, typeof item === 'string' ? item : ''] as const);
}

function itemsOf(value: Json | undefined): string[] {
  return isList(value) ? value.map((item) => (typeof item === 'string' ? item : '')) : [];
}

const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const SUBDOMAIN = `${LABEL}(\\.${LABEL})*`;
const NAME = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const whole = (expression: string) => new RegExp(`^(?:${expression})$`);
const LABEL_EXPRESSION = whole(LABEL);
const SUBDOMAIN_EXPRESSION = whole(SUBDOMAIN);
const NAME_EXPRESSION = whole(NAME);

function withExamples(rule: string, expression: string, ...examples: readonly string[]): string {
  const shown = examples.map((example) => `'${example}', `).join(' or ');
  return `${rule} (e.g. ${shown}regex used for validation is '${expression}')`;
}

const longerThan = (text: string, most: number) =>
  Buffer.byteLength(text) > most ? [`must be no more than ${most} characters`] : [];

function subdomainFaults(value: string): string[] {
  const rule =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";
  return [
    ...longerThan(value, 253),
    ...(SUBDOMAIN_EXPRESSION.test(value) ? [] : [withExamples(rule, SUBDOMAIN, 'example.com')]),
  ];
}

/** Empty is not a fault: `kubectl -n` or the context say where a manifest without namespace goes. */
function labelFaults(value: string): string[] {
  if (value === '') return [];
  const rule =
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character";
  const long = longerThan(value, 63);
  if (LABEL_EXPRESSION.test(value)) return long;
  if (SUBDOMAIN_EXPRESSION.test(value)) return [...long, 'must not contain dots'];
  return [...long, withExamples(rule, LABEL, 'my-name', '123-abc')];
}

const NAME_RULE =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";

function qualifiedNameFaults(value: string): string[] {
  const rule = withExamples(NAME_RULE, NAME, 'MyName', 'my.name', '123-abc');
  const [first = '', second, ...rest] = value.split('/');
  if (rest.length > 0) {
    return [
      `a qualified name ${rule} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  const name = second ?? first;
  const prefix = second === undefined ? [] : prefixFaults(first);
  return [
    ...prefix.map((fault) => `prefix part ${fault}`),
    ...(name === '' ? ['name part must be non-empty'] : longerThan(name, 63).map((f) => `name part ${f}`)),
    ...(NAME_EXPRESSION.test(name) ? [] : [`name part ${rule}`]),
  ];
}

function prefixFaults(prefix: string): string[] {
  return prefix === '' ? ['must be non-empty'] : subdomainFaults(prefix);
}

function labelValueFaults(value: string): string[] {
  const rule =
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
  return [
    ...longerThan(value, 63),
    ...(value === '' || NAME_EXPRESSION.test(value)
      ? []
      : [withExamples(rule, `(${NAME})?`, 'MyValue', 'my_value', '12345')]),
  ];
}
