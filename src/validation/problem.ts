// One refusal, in the API server's words. What the server says of a value depends on the kind of refusal.
import { formatNumber, marshal, quote } from './go-format.ts';
import type { Json, Path } from './json.ts';

/** The `reason` of a cause in the server's answer. */
export type CauseType =
  | 'FieldValueRequired'
  | 'FieldValueDuplicate'
  | 'FieldValueInvalid'
  | 'FieldValueNotSupported'
  | 'FieldValueForbidden'
  | 'FieldValueTooLong'
  | 'FieldValueTooMany'
  | 'FieldValueTypeInvalid';

/**
 * What refused it: `yaml`: it cannot be read. `decode`: the server cannot make an object of it (unknown fields, types
 * in metadata). `schema`: the CRD's schema. `cel`: a rule of the CRD. `cross`: what the operator refuses, seen from
 * several objects. `reference`: something that it names is not among the files. `advice`: it works, but perhaps not as meant.
 */
export type Rule = 'yaml' | 'decode' | 'metadata' | 'schema' | 'cel' | 'cross' | 'reference' | 'advice';

export interface Problem {
  readonly rule: Rule;
  /** For finding the place in the file. A missing field's path ends at its parent. */
  readonly path: Path;
  /** The field as the server writes it, for example `spec.npcs[0].name`; empty for the whole object. */
  readonly field: string;
  readonly message: string;
  /** Only what the server says in `details.causes` has one. */
  readonly type?: CauseType;
}

const WORDS: Readonly<Record<CauseType, string>> = {
  FieldValueRequired: 'Required value',
  FieldValueDuplicate: 'Duplicate value',
  FieldValueInvalid: 'Invalid value',
  FieldValueNotSupported: 'Unsupported value',
  FieldValueForbidden: 'Forbidden',
  FieldValueTooLong: 'Too long',
  FieldValueTooMany: 'Too many',
  FieldValueTypeInvalid: 'Invalid value',
};

interface Cause {
  readonly rule: Rule;
  readonly path: Path;
  readonly field: string;
  readonly type: CauseType;
  /** Left out where the server says nothing of the value. */
  readonly value?: Json;
  readonly detail?: string;
}

export function problem({ rule, path, field, type, value, detail = '' }: Cause): Problem {
  const shown = value === undefined ? '' : `: ${formatValue(value)}`;
  const message = `${WORDS[type]}${shown}${detail === '' ? '' : `: ${detail}`}`;
  return { rule, path, field, type, message };
}

function formatValue(value: Json): string {
  if (typeof value === 'string') return quote(value);
  if (typeof value === 'number' || typeof value === 'bigint') return formatNumber(value);
  return typeof value === 'boolean' ? String(value) : marshal(value);
}

/** A path in the form of `field.Path`: keys of maps in brackets, which needs the schema to tell them from fields. */
export function child(field: string, name: string): string {
  return field === '' ? name : `${field}.${name}`;
}
