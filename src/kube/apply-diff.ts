/**
 * Would a server-side apply change anything? Decided from the live object alone, and only ever wrong towards "yes":
 * then a request is sent and the server finds that nothing changes.
 */
import type { KubeObject } from './object.ts';

/**
 * Lists whose items are told apart by fields rather than by position (`listType: map`), by path with dots:
 * `{ 'status.conditions': ['type'] }`. Items of other managers may then be in the live list. Other lists count as
 * equal only if they have the same items in the same order.
 */
export type ListKeys = Readonly<Record<string, readonly string[]>>;

/** Known for every object. */
const metadataListKeys: ListKeys = { 'metadata.ownerReferences': ['uid'] };
/** Lists of plain values that are sets: order and additional items do not matter. */
const sets = new Set(['metadata.finalizers']);

/** Parts that address the object instead of describing what is wanted of it. */
const addressing = new Set(['name', 'namespace', 'uid', 'resourceVersion', 'generateName', 'managedFields']);

/** True when every field of `wanted` has its value in `live` already. */
export function covers(wanted: KubeObject, live: KubeObject, listKeys: ListKeys = {}): boolean {
  const keys = { ...metadataListKeys, ...listKeys };
  for (const [field, value] of Object.entries(wanted)) {
    if (field === 'apiVersion' || field === 'kind' || field === 'metadata') continue;
    if (!holds(value, valueAt(live, field), field, keys)) return false;
  }
  for (const [field, value] of Object.entries(wanted.metadata ?? {})) {
    if (addressing.has(field)) continue;
    if (!holds(value, valueAt(live.metadata, field), `metadata.${field}`, keys)) return false;
  }
  return true;
}

function holds(wanted: unknown, live: unknown, path: string, listKeys: ListKeys): boolean {
  // What JSON leaves out is not wanted; null asks for absence.
  if (wanted === undefined) return true;
  if (wanted === null) return live === undefined || live === null;
  if (Array.isArray(wanted)) return Array.isArray(live) && holdsList(wanted, live, path, listKeys);
  if (isRecord(wanted)) {
    if (!isRecord(live)) return false;
    return Object.entries(wanted).every(([field, value]) =>
      holds(value, live[field], `${path}.${field}`, listKeys),
    );
  }
  return wanted === live;
}

function holdsList(
  wanted: readonly unknown[],
  live: readonly unknown[],
  path: string,
  listKeys: ListKeys,
): boolean {
  const keys = listKeys[path];
  if (keys) {
    return wanted.every((item) => {
      const found = live.find((other) => keys.every((key) => valueAt(other, key) === valueAt(item, key)));
      return found !== undefined && holds(item, found, path, listKeys);
    });
  }
  if (sets.has(path)) return wanted.every((item) => live.includes(item));
  return (
    wanted.length === live.length && wanted.every((item, index) => holds(item, live[index], path, listKeys))
  );
}

/**
 * True when the manager owns a field that `wanted` does not mention: applying would remove it. `fields` is in the
 * format FieldsV1: `f:name` a field, `k:{...}` an item by its key fields, `v:value` an item of a set, `.` the thing
 * itself.
 */
export function ownsBeyond(fields: unknown, wanted: unknown): boolean {
  if (!isRecord(fields)) return false;
  return Object.entries(fields).some(([name, inner]) => {
    if (name === '.') return false;
    const value = step(name, wanted);
    return value === undefined || value === null ? true : ownsBeyond(inner, value);
  });
}

/** The part of FieldsV1 that `wanted` mentions. */
export function ownedWithin(fields: unknown, wanted: unknown): Record<string, unknown> {
  if (!isRecord(fields)) return {};
  const within: Record<string, unknown> = {};
  for (const [name, inner] of Object.entries(fields)) {
    const value = name === '.' ? true : step(name, wanted);
    if (value !== undefined && value !== null) within[name] = ownedWithin(inner, value);
  }
  return within;
}

function step(name: string, wanted: unknown): unknown {
  const kind = name.slice(0, 2);
  const rest = name.slice(2);
  if (kind === 'f:') return valueAt(wanted, rest);
  if (!Array.isArray(wanted)) return undefined;
  if (kind === 'i:') return wanted[Number(rest)];
  const parsed: unknown = JSON.parse(rest);
  if (kind === 'v:') return wanted.find((item) => item === parsed);
  if (kind !== 'k:' || !isRecord(parsed)) return undefined;
  return wanted.find((item) =>
    Object.entries(parsed).every(([key, value]) => {
      const own = valueAt(item, key);
      // A key field with a default (a port's protocol) may be absent from what is wanted.
      return own === undefined || own === value;
    }),
  );
}

/** The paths of `wanted` without their values: what would be owned after applying it. */
export function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shapeOf);
  if (!isRecord(value)) return 0;
  const names = Object.keys(value).filter((name) => value[name] !== undefined);
  return Object.fromEntries(names.sort().map((name) => [name, shapeOf(value[name])]));
}

function valueAt(value: unknown, field: string): unknown {
  return isRecord(value) ? value[field] : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
