// Follows the Secrets that the operator has made in the tenants' namespaces: by their metadata only, one watch for each
// namespace. One for all would need the right to read every Secret in the cluster.
import { fieldManagers, labels, MANAGED_BY, type Tenant } from '../../src/api/index.ts';
import {
  type Client,
  type Clock,
  type Informer,
  Informers,
  type KubeObject,
  type Live,
  type Logger,
  metadataOf,
  Overlay,
  secrets,
} from '../../src/kube/index.ts';
import { followNamespaces } from '../tenant-namespaces.ts';

/** `unknown`: the watch has not seen everything yet. `edited`: what is in it is not what the operator wrote. */
export type SecretState = 'unknown' | 'missing' | 'good' | 'edited' | 'ending';

export interface SecretWatchOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Logger;
  readonly tenants: Informer<Tenant>;
  /** Told of a change to a Secret, by its last known state. */
  readonly onChange: (secret: Live) => void;
  /** Told when a namespace's Secrets are known: what is missing among them tells nobody. */
  readonly onSynced: (namespace: string) => void;
}

interface Watch {
  readonly informer: Informer<KubeObject>;
  readonly overlay: Overlay<KubeObject>;
  readonly stop: AbortController;
  readonly stopped: Promise<void>;
}

export class SecretWatch {
  readonly #o: SecretWatchOptions;
  readonly #watches = new Map<string, Watch>();

  constructor(options: SecretWatchOptions) {
    this.#o = options;
  }

  /** Until the signal is aborted; may be run again afterwards. */
  async run(signal: AbortSignal): Promise<void> {
    const follower = {
      enter: (namespace: string) => this.#follow(namespace),
      leave: (namespace: string) => this.#leave(namespace),
    };
    await followNamespaces(this.#o.tenants, follower, signal);
    const ending = [...this.#watches.values()].map(({ stopped }) => stopped);
    for (const namespace of [...this.#watches.keys()]) this.#leave(namespace);
    await Promise.all(ending);
  }

  /** @param keys of its data that are to be the operator's own */
  state(namespace: string, name: string, keys: readonly string[]): SecretState {
    const watch = this.#watches.get(namespace);
    if (watch === undefined || !watch.informer.hasSynced) return 'unknown';
    const secret = watch.overlay.get({ namespace, name });
    if (secret === undefined) return 'missing';
    if (secret.metadata.deletionTimestamp !== undefined) return 'ending';
    return writtenBy(secret, keys) ? 'good' : 'edited';
  }

  get(namespace: string, name: string): Live | undefined {
    return this.#watches.get(namespace)?.overlay.get({ namespace, name });
  }

  /** What a write of the operator's own returned. */
  record(secret: Live): void {
    const { namespace = '' } = secret.metadata;
    const { metadata, apiVersion = 'v1', kind = 'Secret' } = secret;
    this.#watches.get(namespace)?.overlay.record(slimSecret({ apiVersion, kind, metadata: { ...metadata } }));
  }

  #follow(namespace: string): void {
    if (this.#watches.has(namespace)) return;
    const { client, clock, log, onChange, onSynced } = this.#o;
    const informers = new Informers({ client, clock, log });
    const informer = informers.get<KubeObject>(metadataOf(secrets), {
      namespace,
      labelSelector: `${labels.managedBy}=${MANAGED_BY}`,
      transform: slimSecret,
    });
    informer.addHandler({
      add: (secret, { initial }) => (initial ? undefined : onChange(secret)),
      update: (_, secret) => onChange(secret),
      delete: onChange,
    });
    const stop = new AbortController();
    informers.start(stop.signal);
    informer.whenSynced(stop.signal).then(
      () => onSynced(namespace),
      () => {},
    );
    const overlay = new Overlay(informer);
    this.#watches.set(namespace, { informer, overlay, stop, stopped: informers.stopped() });
  }

  #leave(namespace: string): void {
    this.#watches.get(namespace)?.stop.abort();
    this.#watches.delete(namespace);
  }
}

/** Keeps of managedFields who wrote `data`, and nothing else. */
function slimSecret(secret: Live): Live {
  const { managedFields = [], annotations: _, ...metadata } = secret.metadata;
  const writers = managedFields.flatMap(({ manager, fieldsV1 }) => {
    const data = fieldOf(fieldsV1, 'f:data');
    return manager === undefined || data === undefined ? [] : [{ manager, fieldsV1: { 'f:data': data } }];
  });
  return { ...secret, metadata: { ...metadata, managedFields: writers } };
}

/**
 * The API server notes who wrote which field: a key that another one wrote, or that nobody has, is not the operator's.
 * Keys that others have added do no harm.
 */
function writtenBy({ metadata }: Live, keys: readonly string[]): boolean {
  const writersOf = (key: string) =>
    (metadata.managedFields ?? [])
      .filter(({ fieldsV1 }) => fieldOf(fieldOf(fieldsV1, 'f:data'), `f:${key}`) !== undefined)
      .map(({ manager }) => manager);
  return keys.every((key) => {
    const writers = writersOf(key);
    return writers.length > 0 && writers.every((manager) => manager === fieldManagers.controller);
  });
}

function fieldOf(fields: unknown, name: string): object | undefined {
  if (typeof fields !== 'object' || fields === null) return undefined;
  const value: unknown = Reflect.get(fields, name);
  return typeof value === 'object' && value !== null ? value : undefined;
}
