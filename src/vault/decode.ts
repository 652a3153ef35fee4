// Answers of Vault as what the callers want; what is not as documented is an error that holds nothing of it.
import { VaultError } from './vault-error.ts';

export type Fields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @param where e.g. `transit/encrypt`, for the error */
export function fieldsAt(value: unknown, key: string, where: string): Fields {
  const found = isFields(value) ? value[key] : undefined;
  if (!isFields(found)) throw malformed(where, key);
  return found;
}

export function textAt(fields: Fields, key: string, where: string): string {
  const value = fields[key];
  if (typeof value !== 'string') throw malformed(where, key);
  return value;
}

export function numberAt(fields: Fields, key: string, where: string): number {
  const value = fields[key];
  if (typeof value !== 'number' || !Number.isFinite(value)) throw malformed(where, key);
  return value;
}

export function textsAt(fields: Fields, key: string): string[] {
  const value = fields[key];
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}

/** Something else answers, or a version of Vault that this was not written for. Nobody's request is at fault. */
function malformed(where: string, key: string): VaultError {
  return new VaultError('unreachable', `Vault: ${where}: the answer has no usable "${key}"`);
}
