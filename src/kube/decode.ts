/** Turns the JSON of the API server's answers into objects, list pages and watch events. */
import type { ListPage, WatchEvent } from './client.ts';
import { TransportError } from './errors.ts';
import type { KubeObject, Live, LiveMeta } from './object.ts';
import { apiVersionOf, type Resource } from './resource.ts';
import { statusToError } from './status.ts';

/** Items of typed lists lack apiVersion and kind, and metadata-only objects have the kind of the envelope. */
export function named<T extends KubeObject>(resource: Resource<T>, object: Live<T>): Live<T> {
  object.apiVersion = apiVersionOf(resource);
  object.kind = resource.kind;
  return object;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** Trusts the API server for the shape of the rest: it validated the object against its schema. */
export function isLive<T extends KubeObject>(value: unknown): value is Live<T> {
  if (!isRecord(value) || !isRecord(value.metadata)) return false;
  const metadata: Partial<Record<keyof LiveMeta, unknown>> = value.metadata;
  return typeof metadata.name === 'string' && typeof metadata.resourceVersion === 'string';
}

/** What a dry run would create has no version yet: an empty one stands for it. */
export function asStored(value: unknown): unknown {
  if (!isRecord(value) || !isRecord(value.metadata)) return value;
  return { ...value, metadata: { resourceVersion: '', ...value.metadata } };
}

export function parseList<T extends KubeObject>(
  resource: Resource<T>,
  body: unknown,
  path: string,
): ListPage<T> {
  const fail = (message: string) => new TransportError({ method: 'GET', path, message });
  if (!isRecord(body) || !isRecord(body.metadata)) throw fail('the answer is not a list');
  const { resourceVersion, continue: next } = body.metadata;
  if (typeof resourceVersion !== 'string') throw fail('the list has no resourceVersion');
  const items: Live<T>[] = [];
  for (const item of Array.isArray(body.items) ? body.items : []) {
    if (!isLive<T>(item)) throw fail('the list holds something that is not an object');
    items.push(named(resource, item));
  }
  return typeof next === 'string' && next !== ''
    ? { items, resourceVersion, continue: next }
    : { items, resourceVersion };
}

export function parseEvent<T extends KubeObject>(
  resource: Resource<T>,
  line: string,
  path: string,
): WatchEvent<T> {
  const fail = (message: string, cause?: unknown) =>
    new TransportError({ method: 'WATCH', path, message, cause });
  let event: unknown;
  try {
    event = JSON.parse(line);
  } catch (cause) {
    throw fail('a line of the watch stream is not JSON', cause);
  }
  if (!isRecord(event) || !isRecord(event.object)) throw fail('a line of the watch stream is not an event');
  const { type, object } = event;
  switch (type) {
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED':
      if (!isLive<T>(object)) throw fail(`a ${type} event holds no object`);
      return { type, object: named(resource, object) };
    case 'BOOKMARK': {
      const version = isRecord(object.metadata) ? object.metadata.resourceVersion : undefined;
      if (typeof version !== 'string') throw fail('a bookmark has no resourceVersion');
      return { type, resourceVersion: version };
    }
    case 'ERROR':
      throw statusToError(object, { method: 'WATCH', path });
    default:
      throw fail(`a watch event has the unknown type ${String(type)}`);
  }
}
