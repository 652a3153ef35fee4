import { expect, test } from 'vitest';
import { compile } from './cel.ts';
import { definitions } from './generated/definitions.ts';
import { type Schema, unsupportedKeywords } from './schema.ts';

test.each(definitions)('the validator knows every keyword in the schema of $kind', ({ schema }) => {
  expect(unsupportedKeywords(schema)).toEqual([]);
});

test.each(definitions)('every rule of $kind can be read as CEL', ({ schema }) => {
  const rules = rulesOf(schema);
  for (const rule of rules) expect(() => compile(rule)).not.toThrow();
  expect(rules.length).toBeGreaterThan(5);
});

test('a keyword that is not known is told with its place', () => {
  const odd: Schema & Record<string, unknown> = { type: 'integer', multipleOf: 5 };
  const date: Schema = { type: 'string', format: 'date-time' };
  expect(
    unsupportedKeywords({ type: 'object', properties: { spec: { properties: { odd, date } } } }),
  ).toEqual(['.spec.odd: multipleOf', '.spec.date: format date-time']);
});

function rulesOf(schema: Schema): string[] {
  return [
    ...(schema['x-kubernetes-validations'] ?? []).map(({ rule }) => rule),
    ...Object.values(schema.properties ?? {}).flatMap(rulesOf),
    ...(schema.items === undefined ? [] : rulesOf(schema.items)),
    ...(schema.additionalProperties === undefined ? [] : rulesOf(schema.additionalProperties)),
  ];
}
