/** Judges what a runtime knows against what the server has. Pure. */
import type { SeenRequest } from './proxy/faults.ts';
import type { Reconciled, SeenObject } from './runtimes/protocol.ts';

/** How many problems of one kind are told in full. */
const told = 3;

/** What keeps the runtime from being up to date; nothing when it is. */
export function differences(state: {
  server: readonly SeenObject[];
  /** Null: it has none. Undefined: it did not answer. */
  cache: readonly SeenObject[] | null | undefined;
  reconciled: ReadonlyMap<string, Reconciled>;
}): string[] {
  const server = new Map(state.server.map((object) => [object.key, object]));
  return [...cacheProblems(server, state.cache), ...reconcileProblems(server, state.reconciled)];
}

function cacheProblems(
  server: ReadonlyMap<string, SeenObject>,
  cache: readonly SeenObject[] | null | undefined,
): string[] {
  if (cache === null) return [];
  if (cache === undefined) return ['it did not show its cache'];
  const cached = new Map(cache.map((object) => [object.key, object]));
  const ghosts = [...cached.keys()].filter((key) => !server.has(key));
  const missing = [...server.keys()].filter((key) => !cached.has(key));
  const stale: string[] = [];
  const damaged: string[] = [];
  for (const [key, object] of server) {
    const copy = cached.get(key);
    if (!copy) continue;
    if (copy.resourceVersion !== object.resourceVersion) stale.push(key);
    else if (copy.digest !== object.digest) damaged.push(key);
  }
  return [
    ...problem('cache: deleted, but still there', ghosts),
    ...problem('cache: missing', missing),
    ...problem('cache: not the last version', stale),
    ...problem('cache: another content', damaged),
  ];
}

function reconcileProblems(
  server: ReadonlyMap<string, SeenObject>,
  reconciled: ReadonlyMap<string, Reconciled>,
): string[] {
  const never: string[] = [];
  const buried: string[] = [];
  const stale: string[] = [];
  const damaged: string[] = [];
  for (const [key, object] of server) {
    const last = reconciled.get(key);
    if (!last) never.push(key);
    else if (last.resourceVersion === null) buried.push(key);
    else if (last.resourceVersion !== object.resourceVersion) stale.push(key);
    else if (last.digest !== object.digest) damaged.push(key);
  }
  const unnoticed = [...reconciled.values()]
    .filter(({ key, resourceVersion }) => !server.has(key) && resourceVersion !== null)
    .map(({ key }) => key);
  return [
    ...problem('never reconciled', never),
    ...problem('taken for deleted', buried),
    ...problem('not reconciled at the last version', stale),
    ...problem('reconciled with another content', damaged),
    ...problem('deletion not reconciled', unnoticed),
  ];
}

function problem(what: string, keys: readonly string[]): string[] {
  if (keys.length === 0) return [];
  const names = keys.slice(0, told).map((key) => key.slice(key.indexOf('/') + 1));
  const more = keys.length > told ? ` and ${keys.length - told} more` : '';
  return [`${what}: ${names.join(', ')}${more}`];
}

/** The most requests that arrived within any one second. */
export function busiestSecond(requests: readonly Pick<SeenRequest, 'at'>[]): number {
  let most = 0;
  let first = 0;
  requests.forEach(({ at }, last) => {
    while (at - (requests[first]?.at ?? at) > 1_000) first += 1;
    most = Math.max(most, last - first + 1);
  });
  return most;
}

/** Requests that came before the time that the server had asked to wait, as a problem. Tolerance: 50 ms. */
export function impatience(requests: readonly SeenRequest[]): string[] {
  for (const [index, request] of requests.entries()) {
    const asked = request.answered?.retryAfterSeconds;
    if (asked === undefined) continue;
    const next = requests
      .slice(index + 1)
      .find(({ watch, list }) => watch === request.watch && list === request.list);
    const waited = next ? next.at - request.at : Number.POSITIVE_INFINITY;
    if (waited < asked * 1_000 - 50)
      return [`came back after ${Math.round(waited)} ms, the server had asked for ${asked} s`];
  }
  return [];
}
