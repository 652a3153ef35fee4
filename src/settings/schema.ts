// Reads a zod schema's own description: which settings there are, and what text in a variable must become.
// Only types are imported from zod, so that a program pays for it once, where it writes its schema.
import type { z } from 'zod';

/** A setting that one variable can hold. */
export interface Leaf {
  readonly path: readonly string[];
  /** Name of its environment variable. */
  readonly variable: string;
  readonly kind: 'text' | 'number' | 'boolean' | 'list' | 'json';
  /** For `list`: what its items are. */
  readonly items: 'text' | 'number' | 'boolean' | 'json';
}

/** `gateway.slotCount` with prefix `SKALD` is `SKALD_GATEWAY_SLOT_COUNT`. */
export function environmentName(prefix: string, path: readonly string[]): string {
  const words = path.map((key) =>
    key
      .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
      .replace(/([A-Z]+)([A-Z][a-z])/g, '$1_$2')
      .replace(/[^A-Za-z0-9]+/g, '_'),
  );
  return [prefix, ...words].join('_').toUpperCase();
}

/** All settings of an object schema; nested objects are descended into. */
export function leavesOf(schema: z.ZodObject, prefix: string, path: readonly string[] = []): Leaf[] {
  return Object.entries(schema.shape).flatMap(([key, field]) => {
    const own = [...path, key];
    const inner = unwrap(field);
    if (isObject(inner)) return leavesOf(inner, prefix, own);
    const kind = kindOf(inner);
    const items = isArray(inner) ? itemKind(kindOf(unwrap(inner.element))) : 'text';
    return [{ path: own, variable: environmentName(prefix, own), kind, items }];
  });
}

/**
 * Nested objects that must be there though nothing is set in them, so that what is missing is reported field by
 * field. Optional ones and those with a default are left to the schema. Outer ones come first.
 */
export function requiredObjects(schema: z.ZodObject, path: readonly string[] = []): (readonly string[])[] {
  return Object.entries(schema.shape).flatMap(([key, field]) =>
    isType(field) && isObject(field) ? [[...path, key], ...requiredObjects(field, [...path, key])] : [],
  );
}

export type Parsed =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly problem: string };

/** A variable's text as what its setting wants. The schema validates the value afterwards. */
export function parseText(leaf: Pick<Leaf, 'kind' | 'items'>, text: string): Parsed {
  switch (leaf.kind) {
    case 'text':
      return { ok: true, value: text };
    case 'number':
      return parseNumber(text);
    case 'boolean':
      return parseBoolean(text);
    case 'json':
      return parseJson(text, 'must be JSON');
    case 'list':
      return text.trimStart().startsWith('[')
        ? parseJson(text, 'must be a JSON list')
        : parseList(leaf.items, text);
  }
}

function parseList(items: Leaf['items'], text: string): Parsed {
  if (items === 'json') return { ok: false, problem: 'must be a JSON list' };
  const values: unknown[] = [];
  for (const part of text.split(',')) {
    const parsed = parseText({ kind: items, items: 'text' }, part.trim());
    if (!parsed.ok) return { ok: false, problem: `each item ${parsed.problem}` };
    values.push(parsed.value);
  }
  return { ok: true, value: values };
}

function parseNumber(text: string): Parsed {
  const value = Number(text);
  return text.trim() === '' || Number.isNaN(value)
    ? { ok: false, problem: 'must be a number' }
    : { ok: true, value };
}

function parseBoolean(text: string): Parsed {
  const word = text.trim().toLowerCase();
  if (word === 'true' || word === '1') return { ok: true, value: true };
  if (word === 'false' || word === '0') return { ok: true, value: false };
  return { ok: false, problem: 'must be true or false' };
}

function parseJson(text: string, problem: string): Parsed {
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch {
    // The parser's own message quotes the text, which may be secret.
    return { ok: false, problem };
  }
}

function itemKind(kind: Leaf['kind']): Leaf['items'] {
  return kind === 'list' ? 'json' : kind;
}

function kindOf(schema: z.core.$ZodType): Leaf['kind'] {
  switch (schema._zod.def.type) {
    case 'number':
    case 'int':
      return 'number';
    case 'boolean':
      return 'boolean';
    case 'array':
    case 'set':
      return 'list';
    case 'record':
    case 'map':
    case 'tuple':
    case 'object':
      return 'json';
    default:
      return 'text';
  }
}

/** The schema inside `.optional()`, `.default()`, `.pipe()` and their like. */
function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  let current = schema;
  for (;;) {
    const def: { innerType?: unknown; in?: unknown } & object = current._zod.def;
    const next = isType(def.innerType) ? def.innerType : isType(def.in) ? def.in : undefined;
    if (next === undefined) return current;
    current = next;
  }
}

function isType(value: unknown): value is z.core.$ZodType {
  return typeof value === 'object' && value !== null && '_zod' in value;
}

function isObject(schema: z.core.$ZodType): schema is z.ZodObject {
  return schema._zod.def.type === 'object';
}

function isArray(schema: z.core.$ZodType): schema is z.ZodArray {
  return schema._zod.def.type === 'array';
}
