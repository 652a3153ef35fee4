import { expect, test } from 'vitest';
import type { CustomResourceDefinition, Schema } from './schema.ts';
import { renderTypes } from './typescript.ts';

function definition(spec: Readonly<Record<string, Schema>>, kind = 'Thing'): CustomResourceDefinition {
  const text = '';
  const names = { kind, plural: `${kind.toLowerCase()}s`, singular: kind.toLowerCase() };
  const schema: Schema = { type: 'object', properties: { spec: { type: 'object', properties: spec } } };
  return { file: 'x.yaml', text, group: 'g', version: 'v1', namespaced: true, ...names, schema };
}

function rendered(spec: Readonly<Record<string, Schema>>): string {
  return renderTypes([definition(spec)]).get('thing.ts') ?? '';
}

test('a field with a default is always there; one without may be missing', () => {
  const text = rendered({ a: { type: 'string' }, b: { type: 'boolean', default: false } });
  expect(text).toContain('readonly a?: string;');
  expect(text).toContain('readonly b: boolean;');
});

test('an enumeration is a union, also inside a list', () => {
  const text = rendered({ a: { type: 'array', items: { type: 'string', enum: ['x', 'y'] } } });
  expect(text).toContain("readonly a?: readonly ('x' | 'y')[];");
});

test('apiVersion and kind are literal', () => {
  expect(rendered({})).toContain("apiVersion: 'g/v1'");
  expect(rendered({})).toContain("kind: 'Thing'");
});

test('a shared name for two different schemas is refused', () => {
  const one: Schema = { type: 'object', properties: { path: { type: 'string' } } };
  const two: Schema = { type: 'object', properties: { path: { type: 'integer' } } };
  const definitions = [definition({ vault: one }), definition({ vault: two }, 'Other')];
  expect(() => renderTypes(definitions)).toThrow(/VaultRef.*Other spec\.vault: they differ/);
});
