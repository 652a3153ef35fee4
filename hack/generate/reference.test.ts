import { expect, test } from 'vitest';
import { renderReference } from './reference.ts';
import { readDefinition, type Schema } from './schema.ts';

function reference(spec: object): string {
  const versions = [{ name: 'v1', schema: { openAPIV3Schema: { type: 'object', properties: { spec } } } }];
  const names = { kind: 'Thing', plural: 'things', singular: 'thing' };
  const parsed = { spec: { group: 'x', scope: 'Namespaced', names, versions } };
  return renderReference([readDefinition('things.yaml', '', parsed)]);
}

const spec = (properties: Record<string, Schema | object>, rest: object = {}): object => ({
  type: 'object',
  properties,
  ...rest,
});

test('a field has its path, type, default and limits', () => {
  const pitch = { type: 'number', description: 'How high.', default: 1, minimum: 0.5, maximum: 2 };
  const text = reference(spec({ voices: { type: 'array', items: spec({ pitch }) } }));
  expect(text).toContain('| `spec.voices` | list of object |  |  |\n');
  expect(text).toContain('| `spec.voices[].pitch` | number | `1` | How high. (0.5 to 2) |\n');
});

test('a field that must be given is marked', () => {
  const text = reference(spec({ a: { type: 'string' }, b: { type: 'string' } }, { required: ['a'] }));
  expect(text).toContain('| `spec.a` | string | **required** |');
  expect(text).toContain('| `spec.b` | string |  |');
});

test('elements of a set keep their own limits', () => {
  const tags = {
    type: 'array',
    maxItems: 3,
    'x-kubernetes-list-type': 'set',
    items: { type: 'string', minLength: 1 },
  };
  expect(reference(spec({ tags }))).toContain(
    'set of string |  | (at most 3 elements; each at least 1 character) |',
  );
});

test('a bar in a pattern does not end the cell', () => {
  const text = reference(spec({ id: { type: 'string', pattern: '^(a|b)$' } }));
  expect(text).toContain('matches `^(a\\|b)$`');
});

test('a CEL rule is its message, or its expression when it has none', () => {
  const validations = [{ rule: 'self > 1', message: 'more than one is needed' }, { rule: 'self < 9' }];
  const text = reference(spec({ n: { type: 'integer', 'x-kubernetes-validations': validations } }));
  expect(text).toContain('- `spec.n`: more than one is needed\n- `spec.n`: `self < 9`\n');
});

test('a CEL entry without a rule is refused by file and path', () => {
  const broken = spec({ n: { type: 'integer', 'x-kubernetes-validations': [{}] } });
  expect(() => reference(broken)).toThrow(/crds\/things\.yaml: .*spec\.n\.x-kubernetes-validations/);
});
