/**
 * A typed client of the Kubernetes API: objects in, objects out, as they are on the wire. It has no cache and no
 * opinion; caches are in informer.ts, "write only what changed" is in apply.ts.
 */
import type {
  ApplyOptions,
  CallOptions,
  DeleteOptions,
  ListOptions,
  ListPage,
  Patch,
  WatchEvent,
  WatchOptions,
  WriteOptions,
} from './client-types.ts';
import { type Clock, systemClock } from './clock.ts';
import type { KubeConfiguration } from './configuration.ts';
import { asStored, isLive, named, parseEvent, parseList } from './decode.ts';
import { isNotFound, TransportError } from './errors.ts';
import { HttpTransport, type Transport } from './http.ts';
import { type Logger, silentLogger } from './log.ts';
import { type Metrics, noMetrics } from './metrics.ts';
import type { KubeObject, Live, ObjectKey } from './object.ts';
import { keyOf } from './object.ts';
import { Reachability } from './reachability.ts';
import { type ApiRequest, Requester } from './request.ts';
import { apiVersionOf, metadataOf, objectPath, pathOf, type Resource } from './resource.ts';
import { splitLines } from './watch-lines.ts';

export type * from './client-types.ts';

export interface ClientOptions {
  config: KubeConfiguration;
  /** @defaultValue `kube-runtime` */
  userAgent?: string;
  /** Connections for everything but watches. @defaultValue 32 */
  maxSockets?: number;
  /** Limit of one attempt, milliseconds. @defaultValue 30 000 */
  requestTimeoutMs?: number;
  clock?: Clock;
  metrics?: Metrics;
  log?: Logger;
}

const metadataList = 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io';
const metadataObject = 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io';

export class Client {
  readonly #http: Transport;
  readonly #requester: Requester;
  readonly #fence: (() => void) | undefined;

  constructor(options: ClientOptions);
  /** On something else than HTTP to a configured server: for tests. */
  constructor(options: Omit<ClientOptions, 'config' | 'maxSockets'> & { transport: Transport });
  /** For {@link Client.fenced} only. */
  constructor(options: { parent: Client; fence: () => void });
  constructor(
    options:
      | (ClientOptions | (Omit<ClientOptions, 'config'> & { transport: Transport }))
      | { parent: Client; fence: () => void },
  ) {
    if ('parent' in options) {
      this.#http = options.parent.#http;
      this.#requester = options.parent.#requester;
      this.#fence = options.fence;
      return;
    }
    const clock = options.clock ?? systemClock;
    this.#http =
      'transport' in options
        ? options.transport
        : new HttpTransport(options.config, { clock, maxSockets: options.maxSockets ?? 32 });
    this.#requester = new Requester({
      http: this.#http,
      clock,
      log: options.log ?? silentLogger,
      metrics: options.metrics ?? noMetrics,
      reachability: new Reachability(),
      userAgent: options.userAgent ?? 'kube-runtime',
      timeoutMs: options.requestTimeoutMs ?? 30_000,
    });
  }

  /** Whether the API server answers, as seen by the requests of this client. */
  get reachability(): Reachability {
    return this.#requester.reachability;
  }

  /**
   * The same client (same connections), whose writes call `check` before each attempt. It throws when this process
   * may not write any more, because another may be the leader by now.
   */
  fenced(check: () => void): Client {
    return new Client({ parent: this, fence: check });
  }

  /** Throws ApiError (see `isNotFound`) or TransportError. */
  async get<T extends KubeObject>(
    resource: Resource<T>,
    key: ObjectKey,
    options: CallOptions = {},
  ): Promise<Live<T>> {
    return this.#object(resource, {
      method: 'GET',
      path: objectPath(resource, key),
      repeatable: true,
      ...options,
    });
  }

  /** The object, or undefined when there is none of this name. */
  async find<T extends KubeObject>(
    resource: Resource<T>,
    key: ObjectKey,
    options: CallOptions = {},
  ): Promise<Live<T> | undefined> {
    try {
      return await this.get(resource, key, options);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  /** One page. Without `limit` that is everything. */
  async list<T extends KubeObject>(resource: Resource<T>, options: ListOptions = {}): Promise<ListPage<T>> {
    const path = pathOf(resource, { namespace: options.namespace });
    const { labelSelector, fieldSelector, limit, resourceVersion } = options;
    const query = { labelSelector, fieldSelector, limit, resourceVersion, continue: options.continue };
    const { signal, retry } = options;
    const accept = resource.metadataOnly ? metadataList : undefined;
    const body = await this.#requester.json({
      method: 'GET',
      path,
      query,
      accept,
      repeatable: true,
      signal,
      retry,
    });
    return parseList(resource, body, path);
  }

  /** Everything, read in pages of 500. */
  async listAll<T extends KubeObject>(resource: Resource<T>, options: ListOptions = {}): Promise<Live<T>[]> {
    const items: Live<T>[] = [];
    let page = await this.list(resource, { limit: 500, ...options });
    items.push(...page.items);
    while (page.continue) {
      page = await this.list(resource, { limit: 500, ...options, continue: page.continue });
      items.push(...page.items);
    }
    return items;
  }

  /**
   * Changes after `resourceVersion`, with bookmarks, until the server ends the watch. Never retried here: see
   * reflector.ts. Throws ApiError (`isGone`: list again) or TransportError.
   */
  async *watch<T extends KubeObject>(
    resource: Resource<T>,
    options: WatchOptions,
  ): AsyncGenerator<WatchEvent<T>, void, void> {
    const path = pathOf(resource, { namespace: options.namespace });
    const { labelSelector, fieldSelector, resourceVersion, timeoutSeconds, signal } = options;
    const chunks = await this.#requester.stream({
      method: 'GET',
      path,
      query: {
        watch: true,
        allowWatchBookmarks: true,
        labelSelector,
        fieldSelector,
        resourceVersion,
        timeoutSeconds,
      },
      accept: resource.metadataOnly ? metadataObject : undefined,
      repeatable: true,
      signal,
    });
    for await (const line of splitLines(chunks)) yield parseEvent(resource, line, path);
  }

  /**
   * Throws `isAlreadyExists` when the name is taken. Not repeated after an ambiguous failure: the caller looks
   * whether the object is there.
   */
  create<T extends KubeObject>(
    resource: Resource<T>,
    object: T,
    options: WriteOptions = {},
  ): Promise<Live<T>> {
    const namespace = object.metadata?.namespace;
    if (resource.namespaced && !namespace) {
      throw new Error(`cannot create a ${resource.kind} without metadata.namespace`);
    }
    return this.#write(resource, options, {
      method: 'POST',
      path: pathOf(resource, { namespace }),
      body: typed(resource, object),
      repeatable: false,
    });
  }

  /** Replaces the object if it still has the resourceVersion given in it; `isConflict` when it has not. */
  update<T extends KubeObject>(
    resource: Resource<T>,
    object: T,
    options: WriteOptions = {},
  ): Promise<Live<T>> {
    return this.#update(resource, object, options);
  }

  /** Like {@link update}, for the status subresource. */
  updateStatus<T extends KubeObject>(
    resource: Resource<T>,
    object: T,
    options: WriteOptions = {},
  ): Promise<Live<T>> {
    return this.#update(resource, object, options, 'status');
  }

  /**
   * Server-side apply: the object becomes what `object` says in the fields that it mentions; fields that this manager
   * mentioned earlier and does not mention now are removed. Creates the object when it is absent, unless
   * `metadata.uid` or `metadata.resourceVersion` is given, which are preconditions (409).
   */
  apply<T extends KubeObject>(resource: Resource<T>, object: T, options: ApplyOptions): Promise<Live<T>> {
    return this.#apply(resource, object, options);
  }

  /** Server-side apply of the status subresource. The object must exist. */
  applyStatus<T extends KubeObject>(
    resource: Resource<T>,
    object: T,
    options: ApplyOptions,
  ): Promise<Live<T>> {
    return this.#apply(resource, object, options, 'status');
  }

  /** JSON Patch or JSON Merge Patch. A `test` operation that does not hold is `isInvalid`. */
  patch<T extends KubeObject>(
    resource: Resource<T>,
    key: ObjectKey,
    patch: Patch,
    options: WriteOptions & { subresource?: 'status' | 'scale' } = {},
  ): Promise<Live<T>> {
    const json = 'json' in patch;
    return this.#write(resource, options, {
      method: 'PATCH',
      path: objectPath(resource, key, options.subresource),
      body: json ? patch.json : patch.merge,
      contentType: json ? 'application/json-patch+json' : 'application/merge-patch+json',
      // Repeating a merge changes nothing; repeating an `add` to a list does, unless a `test` guards it.
      repeatable: !json || patch.json.some((operation) => operation.op === 'test'),
    });
  }

  /**
   * Asks for deletion. True: the server took the request (finalizers may keep the object a while). False: there was
   * no such object. A failed precondition throws `isConflict`.
   */
  async delete(resource: Resource, key: ObjectKey, options: DeleteOptions = {}): Promise<boolean> {
    const { uid, resourceVersion, gracePeriodSeconds } = options;
    const preconditions = {
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    };
    const guarded = Object.keys(preconditions).length > 0;
    try {
      await this.#requester.json({
        method: 'DELETE',
        path: objectPath(resource, key),
        body: {
          apiVersion: 'v1',
          kind: 'DeleteOptions',
          propagationPolicy: options.propagationPolicy ?? 'Background',
          ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
          ...(guarded ? { preconditions } : {}),
        },
        repeatable: guarded,
        fence: this.#fence,
        signal: options.signal,
        retry: options.retry,
      });
      return true;
    } catch (error) {
      if (isNotFound(error)) return false;
      throw error;
    }
  }

  /**
   * Deletes the object that has this name now, and no later one: its UID is read first. For callers that know no UID,
   * since a delete by name alone, sent late, takes what others made since. False: there was no such object.
   */
  async deleteCurrent(
    resource: Resource,
    key: ObjectKey,
    options: Omit<DeleteOptions, 'uid'> = {},
  ): Promise<boolean> {
    const { signal, retry } = options;
    const current = await this.find(metadataOf(resource), key, { signal, retry });
    return current !== undefined && this.delete(resource, key, { ...options, uid: current.metadata.uid });
  }

  /** Any request: for subresources and endpoints that have no method here. */
  raw(request: ApiRequest): Promise<unknown> {
    return this.#requester.json(request.method === 'GET' ? request : { ...request, fence: this.#fence });
  }

  /** The text of an answer that is not JSON, such as a pod's log. Not retried. */
  async text(request: ApiRequest): Promise<string> {
    const parts: Buffer[] = [];
    for await (const chunk of await this.#requester.stream(request)) parts.push(chunk);
    return Buffer.concat(parts).toString('utf8');
  }

  /** Closes all connections; requests under way fail. */
  close(): void {
    this.#http.close();
  }

  async #update<T extends KubeObject>(
    resource: Resource<T>,
    object: T,
    options: WriteOptions,
    subresource?: string,
  ): Promise<Live<T>> {
    if (!object.metadata?.resourceVersion) {
      const name = object.metadata?.name ?? '';
      throw new Error(
        `update of ${resource.kind} "${name}" without a resourceVersion could undo others' changes`,
      );
    }
    return this.#write(resource, options, {
      method: 'PUT',
      path: objectPath(resource, keyOf(object), subresource),
      body: typed(resource, object),
      repeatable: true,
    });
  }

  async #apply<T extends KubeObject>(
    resource: Resource<T>,
    object: T,
    options: ApplyOptions,
    subresource?: string,
  ): Promise<Live<T>> {
    return this.#write(resource, options, {
      method: 'PATCH',
      path: objectPath(resource, keyOf(object), subresource),
      query: { force: options.force ?? true },
      body: typed(resource, object),
      contentType: 'application/apply-patch+yaml',
      repeatable: true,
    });
  }

  async #write<T extends KubeObject>(
    resource: Resource<T>,
    options: WriteOptions,
    request: ApiRequest,
  ): Promise<Live<T>> {
    return this.#object(resource, {
      ...request,
      query: {
        ...request.query,
        fieldManager: options.fieldManager,
        dryRun: options.dryRun ? 'All' : undefined,
      },
      fence: this.#fence,
      signal: options.signal,
      retry: options.retry,
    });
  }

  async #object<T extends KubeObject>(resource: Resource<T>, request: ApiRequest): Promise<Live<T>> {
    const accept = resource.metadataOnly ? metadataObject : undefined;
    const answer = await this.#requester.json({ accept, ...request });
    const body = request.query?.dryRun === undefined ? answer : asStored(answer);
    if (isLive<T>(body)) return named(resource, body);
    throw new TransportError({
      method: request.method,
      path: request.path,
      message: 'the answer is not an object',
    });
  }
}

/**
 * The object with apiVersion and kind, which callers may leave out, and without managedFields, which the server keeps:
 * an object from a cache has only a part of them, and sending that would take the others' fields away from them.
 */
function typed(resource: Resource, object: KubeObject): KubeObject {
  const { managedFields: _, ...metadata } = object.metadata ?? {};
  return { ...object, apiVersion: apiVersionOf(resource), kind: resource.kind, metadata };
}
