/**
 * A Kubernetes API server in memory, for unit tests: objects of any resource with resource versions, UIDs,
 * preconditions, finalizers, watches with history, and faults on demand. It stands where HTTP stands, so the real
 * client runs on top of it.
 *
 * It is no conformance model: it knows no schemas and no defaults, its list is one page, and its server-side apply merges
 * but never removes, though it keeps managedFields of applies. What depends on such things is tested against a real API server.
 */
import { merge, operate, ownedFields, sorted } from './fake-json.ts';
import type { HttpRequest, HttpResponse, HttpStream, Transport } from './http.ts';
import type { KubeObject, Live } from './object.ts';

export interface SeenRequest {
  method: string;
  path: string;
  query: URLSearchParams;
  body: unknown;
}

/** What a fault does to a request: answers in the server's place, or throws. Undefined lets it pass. */
export type Fault = (
  request: SeenRequest,
) => { status: number; headers?: Record<string, string> } | undefined;

interface Address {
  collection: string;
  namespace: string | undefined;
  name: string | undefined;
  subresource: string | undefined;
}

interface Change {
  version: number;
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  collection: string;
  object: Live;
}

interface Watcher {
  wants(change: Change): boolean;
  send(event: object): void;
  settle?(): void;
  end(error?: Error): void;
}

export class FakeApiServer implements Transport {
  /** Every request that came in, in order. */
  readonly requests: SeenRequest[] = [];
  /** Asked about every request. */
  fault: Fault = () => undefined;
  readonly #objects = new Map<string, Live>();
  readonly #history: Change[] = [];
  readonly #watchers = new Set<Watcher>();
  #version = 100;
  #uid = 0;
  #oldest = 0;

  get version(): string {
    return String(this.#version);
  }

  /** Requests that write. */
  get writes(): SeenRequest[] {
    return this.requests.filter(({ method }) => method !== 'GET');
  }

  get watchCount(): number {
    return this.#watchers.size;
  }

  /** Forgets the history: a watch from an older version is answered with 410. */
  compact(): void {
    this.#oldest = this.#version;
  }

  /** Ends all watches, as the server does when their time is over, or breaks them with an error. */
  endWatches(error?: Error): void {
    this.stopFaults();
    for (const watcher of [...this.#watchers]) watcher.end(error);
  }

  /** The watches open now hang: they say nothing more and do not end. */
  silenceWatches(): void {
    for (const watcher of this.#watchers) {
      watcher.send = () => {};
      delete watcher.settle;
    }
  }

  /** The watches open now fall behind, until the function that is returned is called. */
  holdWatches(): () => void {
    const held: (() => void)[] = [];
    for (const watcher of this.#watchers) {
      const { send } = watcher;
      watcher.send = (event) => void held.push(() => send(event));
      held.unshift(() => {
        watcher.send = send;
      });
    }
    return () => {
      for (const release of held.splice(0)) release();
    };
  }

  /** Ends what the watches open now say with an ERROR event. */
  sendError(status: number): void {
    this.stopFaults();
    for (const watcher of this.#watchers) {
      watcher.send({ type: 'ERROR', object: statusOf(status, 'a fault was injected') });
    }
  }

  /** Sends the last change once more, or an earlier one: 1 is the last but one. */
  repeatEvent(back = 0): void {
    const change = this.#history.at(-1 - back);
    if (!change) return;
    for (const watcher of this.#watchers) {
      if (watcher.wants(change)) watcher.send({ type: change.type, object: change.object });
    }
  }

  /**
   * Each watch open now sends its next two events in the wrong order. Both are sent before anything ends the watch: an
   * event that is overtaken and then never sent is lost, and nobody could know.
   */
  swapNextEvents(): void {
    this.stopFaults();
    for (const watcher of this.#watchers) {
      const { send } = watcher;
      let held: object | undefined;
      watcher.send = (event) => {
        if (held === undefined) {
          held = event;
          return;
        }
        watcher.send = send;
        delete watcher.settle;
        send(event);
        send(held);
      };
      watcher.settle = () => {
        watcher.send = send;
        delete watcher.settle;
        if (held !== undefined) send(held);
      };
    }
  }

  /** What is held back by {@link swapNextEvents} is sent. */
  stopFaults(): void {
    for (const watcher of this.#watchers) watcher.settle?.();
  }

  sendBookmarks(resourceVersion = this.version): void {
    const object = { metadata: { resourceVersion } };
    for (const watcher of this.#watchers) watcher.send({ type: 'BOOKMARK', object });
  }

  async request(request: HttpRequest): Promise<HttpResponse> {
    const seen = this.#see(request);
    // Requests take their time, however short.
    await Promise.resolve();
    request.signal?.throwIfAborted();
    const broken = this.fault(seen);
    if (broken) return answer(broken.status, statusOf(broken.status, 'a fault was injected'), broken.headers);
    const [status, body] = this.#handle(seen, request.headers['content-type']);
    return answer(status, body);
  }

  async stream(request: HttpRequest): Promise<HttpStream> {
    const seen = this.#see(request);
    await Promise.resolve();
    request.signal?.throwIfAborted();
    const broken = this.fault(seen);
    const from = Number(seen.query.get('resourceVersion'));
    const refused = broken ? broken.status : from < this.#oldest ? 410 : undefined;
    if (refused !== undefined) {
      const body = JSON.stringify(statusOf(refused, 'the watch was refused'));
      return { status: refused, headers: broken?.headers ?? {}, chunks: once(Buffer.from(body)) };
    }
    return { status: 200, headers: {}, chunks: this.#watch(seen, from, request.signal) };
  }

  invalidateCredentials(): void {}

  close(): void {
    this.endWatches();
  }

  #see(request: HttpRequest): SeenRequest {
    const url = new URL(request.path, 'http://fake');
    const body: unknown = request.body === undefined ? undefined : JSON.parse(request.body);
    const seen = { method: request.method, path: url.pathname, query: url.searchParams, body };
    this.requests.push(seen);
    return seen;
  }

  #handle(seen: SeenRequest, contentType: string | undefined): [number, object] {
    const address = parsePath(seen.path);
    const body = asObject(seen.body);
    switch (seen.method) {
      case 'GET':
        return address.name === undefined ? this.#list(address, seen.query) : this.#get(address);
      case 'POST':
        return this.#create(address, owned(address, 'Update', seen.query, body));
      case 'PUT':
        return this.#update(address, body);
      case 'PATCH':
        return this.#patch(address, seen, contentType ?? '');
      case 'DELETE':
        return this.#delete(address, body);
      default:
        return [405, statusOf(405, seen.method)];
    }
  }

  #list(address: Address, query: URLSearchParams): [number, object] {
    const wants = selector(address, query);
    const items = [...this.#objects]
      .filter(([id]) => id.startsWith(`${address.collection}|`))
      .map(([, object]) => object)
      .filter(wants);
    return [200, { kind: 'List', metadata: { resourceVersion: this.version }, items }];
  }

  #get(address: Address): [number, object] {
    const object = this.#objects.get(idOf(address));
    return object ? [200, object] : [404, statusOf(404, `${address.name} not found`)];
  }

  #create(address: Address, body: KubeObject): [number, object] {
    const name = body.metadata?.name;
    if (!name) return [422, statusOf(422, 'name is required')];
    const at = { ...address, name };
    if (this.#objects.has(idOf(at))) return [409, statusOf(409, `${name} already exists`, 'AlreadyExists')];
    const metadata = { ...body.metadata, name, generation: 1, uid: `uid-${++this.#uid}` };
    return [201, this.#store(at, { ...body, metadata: { ...metadata, resourceVersion: '' } }, 'ADDED')];
  }

  #update(address: Address, body: KubeObject): [number, object] {
    const old = this.#objects.get(idOf(address));
    if (!old) return [404, statusOf(404, `${address.name} not found`)];
    const expected = body.metadata?.resourceVersion;
    if (expected !== undefined && expected !== old.metadata.resourceVersion) {
      return [409, statusOf(409, 'the object has been modified')];
    }
    return [200, this.#replace(address, old, body)];
  }

  #patch(address: Address, { body, query }: SeenRequest, contentType: string): [number, object] {
    const old = this.#objects.get(idOf(address));
    const apply = contentType.includes('apply-patch');
    const applied = (): KubeObject =>
      apply ? owned(address, 'Apply', query, asObject(body), old) : asObject(body);
    // In a JSON Patch they are said by `test` operations.
    const { uid, resourceVersion } = asObject(body).metadata ?? {};
    if (!old) {
      if (apply && (uid ?? resourceVersion) !== undefined) return [409, statusOf(409, 'uid mismatch')];
      return apply && !address.subresource
        ? this.#create(address, applied())
        : [404, statusOf(404, `${address.name} not found`)];
    }
    if (uid !== undefined && uid !== old.metadata.uid) return [409, statusOf(409, 'uid mismatch')];
    if (resourceVersion !== undefined && resourceVersion !== old.metadata.resourceVersion) {
      return [409, statusOf(409, 'the object has been modified')];
    }
    if (!Array.isArray(body)) return [200, this.#replace(address, old, asObject(merge(old, applied())))];
    const patched: unknown = structuredClone(old);
    for (const operation of body) {
      if (!operate(patched, operation)) return [422, statusOf(422, 'the patch does not apply')];
    }
    return [200, this.#replace(address, old, asObject(patched))];
  }

  #delete(address: Address, body: object): [number, object] {
    const old = this.#objects.get(idOf(address));
    if (!old) return [404, statusOf(404, `${address.name} not found`)];
    const preconditions: { uid?: string; resourceVersion?: string } =
      'preconditions' in body && typeof body.preconditions === 'object' ? (body.preconditions ?? {}) : {};
    const { uid = old.metadata.uid, resourceVersion = old.metadata.resourceVersion } = preconditions;
    if (uid !== old.metadata.uid || resourceVersion !== old.metadata.resourceVersion) {
      return [409, statusOf(409, 'the precondition does not hold')];
    }
    if ((old.metadata.finalizers?.length ?? 0) === 0) return [200, this.#store(address, old, 'DELETED')];
    const deletionTimestamp = old.metadata.deletionTimestamp ?? '2025-01-01T00:00:00Z';
    return [200, this.#replace(address, old, { ...old, metadata: { ...old.metadata, deletionTimestamp } })];
  }

  #replace(address: Address, old: Live, body: KubeObject): Live {
    const { name, uid, resourceVersion } = old.metadata;
    const next: Live = { ...body, metadata: { ...body.metadata, name, uid, resourceVersion } };
    if (JSON.stringify(sorted(next)) === JSON.stringify(sorted(old))) return old;
    const ends =
      next.metadata.deletionTimestamp !== undefined && (next.metadata.finalizers?.length ?? 0) === 0;
    return this.#store(address, next, ends ? 'DELETED' : 'MODIFIED');
  }

  #store(address: Address, object: Live, type: Change['type']): Live {
    this.#version += 1;
    const metadata = { ...object.metadata, resourceVersion: this.version };
    if (address.namespace) metadata.namespace = address.namespace;
    const stored: Live = structuredClone({ ...object, metadata });
    if (type === 'DELETED') this.#objects.delete(idOf(address));
    else this.#objects.set(idOf(address), stored);
    const change = { version: this.#version, type, collection: address.collection, object: stored };
    this.#history.push(change);
    for (const watcher of this.#watchers) {
      if (watcher.wants(change)) watcher.send({ type, object: stored });
    }
    return stored;
  }

  async *#watch(
    seen: SeenRequest,
    from: number,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Buffer, void, void> {
    const address = parsePath(seen.path);
    const wants = selector(address, seen.query);
    const queue: object[] = [];
    let ended: { error: Error | undefined } | undefined;
    let wake = () => {};
    const watcher: Watcher = {
      wants: (change) => change.collection === address.collection && wants(change.object),
      send: (event) => {
        queue.push(event);
        wake();
      },
      end: (error) => {
        ended = { error };
        wake();
      },
    };
    for (const change of this.#history) {
      if (change.version > from && watcher.wants(change))
        queue.push({ type: change.type, object: change.object });
    }
    this.#watchers.add(watcher);
    const onAbort = () => wake();
    signal?.addEventListener('abort', onAbort);
    try {
      for (;;) {
        signal?.throwIfAborted();
        const event = queue.shift();
        if (event) {
          yield Buffer.from(`${JSON.stringify(event)}\n`);
        } else if (ended) {
          if (ended.error) throw ended.error;
          return;
        } else {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      }
    } finally {
      signal?.removeEventListener('abort', onAbort);
      this.#watchers.delete(watcher);
    }
  }
}

function answer(status: number, body: object, headers: Record<string, string> = {}): HttpResponse {
  return { status, headers, text: JSON.stringify(body) };
}

function statusOf(code: number, message: string, reason?: string): object {
  return { kind: 'Status', code, message, ...(reason ? { reason } : {}) };
}

async function* once(chunk: Buffer): AsyncGenerator<Buffer, void, void> {
  yield chunk;
}

/** An object with the managed fields of whoever writes it, when that one has a name. */
function owned(
  { subresource }: Address,
  operation: 'Apply' | 'Update',
  query: URLSearchParams,
  body: KubeObject,
  old?: Live,
): KubeObject {
  const manager = query.get('fieldManager');
  if (manager === null) return body;
  const { apiVersion: _, kind: __, metadata, ...fields } = body;
  const { name: ___, namespace: ____, uid: _____, resourceVersion: ______, ...described } = metadata ?? {};
  const entry = {
    manager,
    operation,
    fieldsV1: ownedFields({
      ...fields,
      ...(Object.keys(described).length > 0 ? { metadata: described } : {}),
    }),
    ...(subresource ? { subresource } : {}),
  };
  const others = (old?.metadata.managedFields ?? []).filter(
    (one) => one.manager !== manager || (one.subresource ?? '') !== (subresource ?? ''),
  );
  return { ...body, metadata: { ...metadata, managedFields: [...others, entry] } };
}

/** /api/v1/... or /apis/group/version/..., then [namespaces/NS/]plural[/name[/subresource]]. */
function parsePath(path: string): Address {
  const parts = path.split('/').slice(1).map(decodeURIComponent);
  const root = parts.splice(0, parts[0] === 'api' ? 2 : 3).join('/');
  const namespaced = parts[0] === 'namespaces' && parts.length > 2;
  const namespace = namespaced ? parts.splice(0, 2)[1] : undefined;
  const [plural = '', name, subresource] = parts;
  return { collection: `${root}/${plural}`, namespace, name, subresource };
}

function idOf({ collection, namespace = '', name = '' }: Address): string {
  return `${collection}|${namespace}/${name}`;
}

function selector(address: Address, query: URLSearchParams): (object: Live) => boolean {
  const name = /^metadata\.name=(.*)$/.exec(query.get('fieldSelector') ?? '')?.[1];
  const label = /^([^=]+)=(.*)$/.exec(query.get('labelSelector') ?? '');
  return ({ metadata }) =>
    (address.namespace === undefined || metadata.namespace === address.namespace) &&
    (name === undefined || metadata.name === name) &&
    (label === null || metadata.labels?.[label[1] ?? ''] === label[2]);
}

function asObject(value: unknown): KubeObject {
  return typeof value === 'object' && value !== null ? value : {};
}
