/**
 * Shared caches: one reflector for each (resource, namespace, selectors), however many parts of a program read it
 * or follow it.
 */
import { type Change, type IndexFunction, ObjectCache } from './cache.ts';
import type { Client, Selection } from './client.ts';
import { type Clock, systemClock } from './clock.ts';
import { messageOf } from './errors.ts';
import { type Logger, silentLogger } from './log.ts';
import type { NamespaceScope } from './namespace-scope.ts';
import { compareResourceVersions, type KubeObject, type Live, type ObjectKey } from './object.ts';
import { type ListerWatcher, Reflector, type ReflectorSink } from './reflector.ts';
import { type Resource, resourceName } from './resource.ts';
import { type AnyTransform, dropManagedFields, type Transform } from './transform.ts';

/** Told of every change, synchronously and in order. What it throws is logged and stops nobody else. */
export interface EventHandler<T extends KubeObject> {
  /** `initial`: the object was there before this handler (or the cache) began; nothing has just happened to it. */
  add?(object: Live<T>, context: { initial: boolean }): void;
  update?(old: Live<T>, object: Live<T>): void;
  /** The last state that is known. */
  delete?(object: Live<T>): void;
}

/** Read access to a cache. Its objects are frozen and shared: `structuredClone` one before changing it. */
export interface Reader<T extends KubeObject> {
  get(key: ObjectKey): Live<T> | undefined;
  list(namespace?: string): readonly Live<T>[];
  byIndex(name: string, value: string): readonly Live<T>[];
}

export interface InformerOptions<T extends KubeObject> extends Selection {
  /** What is kept of an object. @defaultValue that of the {@link Informers} */
  transform?: Transform<T> | undefined;
}

export interface InformerTiming {
  /** See ReflectorOptions. */
  idleLimitMs?: number;
  watchSeconds?: number;
  pageSize?: number;
}

export class Informer<T extends KubeObject> implements Reader<T> {
  readonly resource: Resource<T>;
  /** For logs and health: `jobs.batch`, with namespace and selectors when it has any. */
  readonly name: string;
  readonly transform: Transform<T>;
  readonly #cache = new ObjectCache<T>();
  readonly #handlers = new Set<EventHandler<T>>();
  readonly #log: Logger;
  readonly #reflector: (namespace: string | undefined) => Reflector<T>;
  readonly #scope: NamespaceScope | undefined;
  /** With a scope: how far the cache shows each namespace. */
  readonly #versions = new Map<string, string>();
  readonly #progress = new Set<() => void>();
  #synced = false;
  #version: string | undefined;

  constructor(parts: {
    resource: Resource<T>;
    name: string;
    /** With a scope it is asked for each of its namespaces. */
    source: (namespace: string | undefined) => ListerWatcher<T>;
    /** The namespaces that are read; undefined: what the source gives is all there is to know. */
    scope?: NamespaceScope | undefined;
    clock: Clock;
    log: Logger;
    transform?: Transform<T> | undefined;
    timing?: InformerTiming;
  }) {
    this.resource = parts.resource;
    this.name = parts.name;
    this.transform = parts.transform ?? dropManagedFields;
    this.#log = parts.log;
    this.#scope = parts.scope;
    this.#reflector = (namespace) =>
      new Reflector({
        name: namespace === undefined ? parts.name : `${parts.name} in ${namespace}`,
        source: parts.source(namespace),
        sink: this.#sink(namespace),
        clock: parts.clock,
        log: parts.log,
        transform: this.transform,
        ...parts.timing,
      });
  }

  /** True once the first complete list is in the cache and its handlers have run. */
  get hasSynced(): boolean {
    return this.#synced;
  }

  /** The cache shows everything up to this version. Undefined before the first list, and with a scope. */
  get resourceVersion(): string | undefined {
    return this.#version;
  }

  /** How far the cache shows this namespace. Undefined before its first list. */
  versionIn(namespace: string | undefined): string | undefined {
    return namespace !== undefined && this.#isScoped ? this.#versions.get(namespace) : this.#version;
  }

  /** Whether the namespace's objects are in the cache. */
  hasSyncedIn(namespace: string): boolean {
    return this.versionIn(namespace) !== undefined;
  }

  /** `scope`: one list and one watch for each namespace. */
  get covers(): 'scope' | 'all' {
    return this.#isScoped ? 'scope' : 'all';
  }

  get #isScoped(): boolean {
    return this.#scope !== undefined && this.resource.namespaced;
  }

  get size(): number {
    return this.#cache.size;
  }

  get(key: ObjectKey): Live<T> | undefined {
    return this.#cache.get(key);
  }

  list(namespace?: string): readonly Live<T>[] {
    return this.#cache.list(namespace);
  }

  byIndex(name: string, value: string): readonly Live<T>[] {
    return this.#cache.byIndex(name, value);
  }

  addIndex(name: string, valuesOf: IndexFunction<T>): void {
    this.#cache.addIndex(name, valuesOf);
  }

  /** Follows changes from now on; what is in the cache already is replayed as initial adds first. */
  addHandler(handler: EventHandler<T>): () => void {
    this.#handlers.add(handler);
    for (const object of this.#cache.list()) {
      this.#call(handler, { type: 'add', object }, true);
    }
    return () => void this.#handlers.delete(handler);
  }

  /** Resolves once {@link hasSynced}; rejects with the signal's reason. */
  whenSynced(signal?: AbortSignal): Promise<void> {
    return this.#when(() => this.#synced, signal);
  }

  whenSyncedIn(namespace: string, signal?: AbortSignal): Promise<void> {
    return this.#when(() => this.hasSyncedIn(namespace), signal);
  }

  /** Resolves once the cache shows everything up to `resourceVersion`. */
  whenAt(resourceVersion: string, signal?: AbortSignal): Promise<void> {
    const reached = () =>
      this.#version !== undefined && (compareResourceVersions(this.#version, resourceVersion) ?? 0) >= 0;
    return this.#when(reached, signal);
  }

  /** Calls `listener` whenever {@link resourceVersion} has moved, after the handlers. */
  onProgress(listener: () => void): () => void {
    this.#progress.add(listener);
    return () => void this.#progress.delete(listener);
  }

  /** Keeps the cache current until the signal is aborted. Called once, by {@link Informers}. */
  run(signal: AbortSignal): Promise<void> {
    if (this.#scope === undefined) return this.#reflector(undefined).run(signal);
    if (this.#isScoped) return this.#runIn(this.#scope, signal);
    if (this.#scope.mayRead(this.resource)) return this.#reflector(undefined).run(signal);
    // Nobody may look: there is nothing to be seen.
    this.#synced = true;
    this.#advance('0');
    return aborted(signal);
  }

  /** One reflector for each namespace of the scope, for as long as it is in it. */
  async #runIn(scope: NamespaceScope, signal: AbortSignal): Promise<void> {
    const running = new Map<string, { stop: AbortController; ended: Promise<void> }>();
    const ending = new Set<Promise<void>>();
    const leave = scope.follow({
      added: (namespace) => {
        const stop = new AbortController();
        const before = running.get(namespace)?.ended ?? Promise.resolve();
        const ended = before.then(() =>
          this.#reflector(namespace).run(AbortSignal.any([signal, stop.signal])),
        );
        running.set(namespace, { stop, ended });
      },
      removed: (namespace) => {
        const one = running.get(namespace);
        if (one === undefined) return;
        one.stop.abort(new Error(`the namespace ${namespace} is no longer read`));
        const dropped = one.ended.then(() => {
          // Unless it came back meanwhile.
          if (running.get(namespace) !== one) return;
          running.delete(namespace);
          this.#versions.delete(namespace);
          this.#announce(this.#cache.replace([], namespace), false);
        });
        ending.add(dropped);
        void dropped.finally(() => ending.delete(dropped));
      },
      settled: () => this.#settle(),
    });
    await aborted(signal);
    leave();
    await Promise.all([...running.values()].map(({ ended }) => ended));
    await Promise.all(ending);
  }

  /** Filled once: everything that was there at the start has been read. What comes later is read when it comes. */
  #settle(): void {
    const scope = this.#scope;
    if (this.#synced || scope === undefined || !scope.settled) return;
    if (!scope.namespaces.every((namespace) => this.#versions.has(namespace))) return;
    this.#synced = true;
    for (const listener of this.#progress) listener();
  }

  #when(reached: () => boolean, signal?: AbortSignal): Promise<void> {
    if (reached()) return Promise.resolve();
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const onAbort = () => {
        stop();
        reject(signal?.reason);
      };
      const stop = this.onProgress(() => {
        if (!reached()) return;
        stop();
        signal?.removeEventListener('abort', onAbort);
        resolve();
      });
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  #sink(namespace: string | undefined): ReflectorSink<T> {
    return {
      replace: (objects, resourceVersion) => {
        const initial = namespace === undefined ? !this.#synced : !this.#versions.has(namespace);
        this.#announce(this.#cache.replace(objects, namespace), initial);
        if (namespace === undefined) this.#synced = true;
        this.#advance(resourceVersion, namespace);
      },
      put: (object) => this.#announce(this.#cache.put(object), false),
      remove: (object) => this.#announce(this.#cache.remove(object), false),
      progress: (resourceVersion) => this.#advance(resourceVersion, namespace),
      knows: ({ type, object }) => {
        const { namespace, name, uid, resourceVersion } = object.metadata;
        const known = this.#cache.get({ namespace, name })?.metadata;
        if (known?.uid !== uid) return type === 'DELETED';
        if (type === 'DELETED') return false;
        return (compareResourceVersions(known.resourceVersion, resourceVersion) ?? -1) >= 0;
      },
    };
  }

  #advance(resourceVersion: string, namespace?: string): void {
    if (namespace === undefined) this.#version = resourceVersion;
    else {
      this.#versions.set(namespace, resourceVersion);
      this.#settle();
    }
    for (const listener of this.#progress) listener();
  }

  #announce(changes: readonly Change<T>[], initial: boolean): void {
    for (const change of changes) for (const handler of this.#handlers) this.#call(handler, change, initial);
  }

  #call(handler: EventHandler<T>, change: Change<T>, initial: boolean): void {
    try {
      if (change.type === 'add') handler.add?.(change.object, { initial });
      else if (change.type === 'update') handler.update?.(change.old, change.object);
      else handler.delete?.(change.object);
    } catch (error) {
      const { namespace, name } = change.object.metadata;
      this.#log.error(
        { resource: this.name, namespace, object: name, change: change.type, error: messageOf(error) },
        'an event handler threw; the change is lost to it',
      );
    }
  }
}

/** The caches of a program. */
export class Informers {
  readonly #client: Client;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #timing: InformerTiming;
  readonly #transform: AnyTransform;
  readonly #scope: NamespaceScope | undefined;
  readonly #informers = new Map<string, AnyInformer>();
  #signal: AbortSignal | undefined;
  readonly #running = new Set<Promise<void>>();

  constructor(options: {
    client: Client;
    clock?: Clock;
    log?: Logger;
    timing?: InformerTiming;
    /** Of the caches that are asked for without one. @defaultValue {@link dropManagedFields} */
    transform?: AnyTransform | undefined;
    /** What may be read; undefined: everything. Caches that are asked for with a namespace are not concerned. */
    scope?: NamespaceScope | undefined;
  }) {
    this.#client = options.client;
    this.#clock = options.clock ?? systemClock;
    this.#log = options.log ?? silentLogger;
    this.#timing = options.timing ?? {};
    this.#transform = options.transform ?? dropManagedFields;
    this.#scope = options.scope;
  }

  /**
   * The cache of this resource and selection, made on first use. Users of one cache share its transform: who needs a
   * certain one asks first; asking for two different ones throws.
   */
  get<T extends KubeObject>(resource: Resource<T>, options: InformerOptions<T> = {}): Informer<T> {
    const { namespace, labelSelector, fieldSelector, transform } = options;
    const selectors = [namespace && `namespace ${namespace}`, labelSelector, fieldSelector].filter(Boolean);
    const base = resource.metadataOnly ? `${resourceName(resource)} metadata` : resourceName(resource);
    const name = selectors.length === 0 ? base : `${base} (${selectors.join(', ')})`;
    const id = JSON.stringify([base, resource.version, namespace, labelSelector, fieldSelector]);
    const known = this.#informers.get(id);
    if (known) {
      if (transform !== undefined && transform !== known.transform) {
        throw new Error(`${name} is cached already, with another transform: ask for it with that one first`);
      }
      if (isOf(known, resource)) return known;
    }
    const informer = new Informer<T>({
      resource,
      name,
      source: (scoped) =>
        this.#source(resource, { namespace: namespace ?? scoped, labelSelector, fieldSelector }),
      scope: namespace === undefined ? this.#scope : undefined,
      clock: this.#clock,
      log: this.#log,
      transform: transform ?? this.#transform,
      timing: this.#timing,
    });
    this.#informers.set(id, informer);
    if (this.#signal) this.#start(informer, this.#signal);
    return informer;
  }

  /** Starts every cache, those of later `get`s too, until the signal is aborted. */
  start(signal: AbortSignal): void {
    if (this.#signal) throw new Error('these informers were started already');
    this.#signal = signal;
    for (const informer of this.#informers.values()) this.#start(informer, signal);
  }

  /** Resolves when every cache known now has its first list. */
  async whenSynced(signal?: AbortSignal): Promise<void> {
    await Promise.all([...this.#informers.values()].map((informer) => informer.whenSynced(signal)));
  }

  /** Resolves when every cache known now that covers a scope has everything of this namespace. */
  async whenSyncedIn(namespace: string, signal?: AbortSignal): Promise<void> {
    const scoped = [...this.#informers.values()].filter(({ covers }) => covers === 'scope');
    await Promise.all(scoped.map((informer) => informer.whenSyncedIn(namespace, signal)));
  }

  /** Resolves when the signal given to {@link start} was aborted and every watch has ended. */
  async stopped(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  /** Names of the caches that have no complete list yet. */
  get unsynced(): string[] {
    return [...this.#informers.values()].filter((one) => !one.hasSynced).map((one) => one.name);
  }

  #start(informer: AnyInformer, signal: AbortSignal): void {
    const run = informer.run(signal).finally(() => this.#running.delete(run));
    this.#running.add(run);
  }

  #source<T extends KubeObject>(resource: Resource<T>, selection: Selection): ListerWatcher<T> {
    // The reflector has its own pace of repetition.
    return {
      list: (options) => this.#client.list(resource, { ...selection, ...options, retry: false }),
      watch: (options) => this.#client.watch(resource, { ...selection, ...options }),
    };
  }
}

/** An informer whose type of object is not known. */
interface AnyInformer {
  readonly resource: Resource;
  readonly name: string;
  readonly transform: unknown;
  readonly covers: 'scope' | 'all';
  readonly hasSynced: boolean;
  run(signal: AbortSignal): Promise<void>;
  whenSynced(signal?: AbortSignal): Promise<void>;
  whenSyncedIn(namespace: string, signal?: AbortSignal): Promise<void>;
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

/** One resource has one type of object: whoever describes it makes that claim. */
function isOf<T extends KubeObject>(informer: AnyInformer, resource: Resource<T>): informer is Informer<T> {
  return informer.resource.group === resource.group && informer.resource.plural === resource.plural;
}
