// Column values to what they are. A wrong type means that code and schema do not fit together.
import type { Row } from './database.ts';
import { StoreError } from './store-error.ts';

export function text(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== 'string') throw unexpected(column, 'text', value);
  return value;
}

export function optionalText(row: Row, column: string): string | undefined {
  return row[column] === null ? undefined : text(row, column);
}

/** bigint (which the driver gives as text), integer or double precision. */
export function number(row: Row, column: string): number {
  const value = row[column];
  const parsed = typeof value === 'string' && value !== '' ? Number(value) : value;
  if (typeof parsed !== 'number' || Number.isNaN(parsed)) throw unexpected(column, 'a number', value);
  return parsed;
}

export function flag(row: Row, column: string): boolean {
  const value = row[column];
  if (typeof value !== 'boolean') throw unexpected(column, 'a boolean', value);
  return value;
}

export function time(row: Row, column: string): Date {
  const value = row[column];
  if (!(value instanceof Date)) throw unexpected(column, 'a time', value);
  return value;
}

export function optionalTime(row: Row, column: string): Date | undefined {
  return row[column] === null ? undefined : time(row, column);
}

export function texts(row: Row, column: string): readonly string[] {
  const value = row[column];
  if (!Array.isArray(value)) throw unexpected(column, 'a list', value);
  return value.map(String);
}

function unexpected(column: string, wanted: string, value: unknown): StoreError {
  return new StoreError(
    `Column ${column} should hold ${wanted} but holds ${value === undefined ? 'nothing' : typeof value}; ` +
      'run `skald migrate`.',
  );
}
