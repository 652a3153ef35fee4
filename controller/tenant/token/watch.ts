// Follows the tenants' Secrets with bot tokens, by their metadata: one watch for each namespace, on the one name. That
// a Secret has changed is all that is seen; whoever wants to know more reads it.
import { BOT_TOKEN_SECRET, type Tenant } from '../../../src/api/index.ts';
import {
  type Client,
  type Clock,
  type Informer,
  Informers,
  type KubeObject,
  type Live,
  type Logger,
  metadataOf,
  secrets,
} from '../../../src/kube/index.ts';
import { followNamespaces } from '../../tenant-namespaces.ts';

export interface TokenWatchOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Logger;
  readonly tenants: Informer<Tenant>;
  /** Told of a change, and when the namespace is known: a Secret that is not there tells nobody. */
  readonly onChange: (namespace: string) => void;
}

/** `unknown`: not seen yet. */
export type TokenSecretVersion = 'unknown' | 'missing' | { readonly resourceVersion: string };

export class TokenWatch {
  readonly #o: TokenWatchOptions;
  readonly #watches = new Map<
    string,
    { readonly informer: Informer<KubeObject>; readonly stop: () => Promise<void> }
  >();

  constructor(options: TokenWatchOptions) {
    this.#o = options;
  }

  /** Until the signal is aborted; may be run again afterwards. */
  async run(signal: AbortSignal): Promise<void> {
    const follower = {
      enter: (namespace: string) => this.#enter(namespace),
      leave: (namespace: string) => void this.#leave(namespace),
    };
    await followNamespaces(this.#o.tenants, follower, signal);
    await Promise.all([...this.#watches.keys()].map((namespace) => this.#leave(namespace)));
  }

  version(namespace: string): TokenSecretVersion {
    const informer = this.#watches.get(namespace)?.informer;
    if (informer === undefined || !informer.hasSynced) return 'unknown';
    const secret = informer.get({ namespace, name: BOT_TOKEN_SECRET });
    if (secret === undefined) return 'missing';
    return { resourceVersion: secret.metadata.resourceVersion };
  }

  #enter(namespace: string): void {
    if (this.#watches.has(namespace)) return;
    const { client, clock, log, onChange } = this.#o;
    const informers = new Informers({ client, clock, log });
    const informer = informers.get<KubeObject>(metadataOf(secrets), {
      namespace,
      fieldSelector: `metadata.name=${BOT_TOKEN_SECRET}`,
      transform: versionOnly,
    });
    const changed = (): void => onChange(namespace);
    informer.addHandler({
      add: (_, { initial }) => (initial ? undefined : changed()),
      update: changed,
      delete: changed,
    });
    const end = new AbortController();
    informers.start(end.signal);
    informer.whenSynced(end.signal).then(changed, () => {});
    const stop = (): Promise<void> => {
      end.abort();
      return informers.stopped();
    };
    this.#watches.set(namespace, { informer, stop });
  }

  async #leave(namespace: string): Promise<void> {
    const watch = this.#watches.get(namespace);
    this.#watches.delete(namespace);
    await watch?.stop();
  }
}

/** Annotations can hold a copy of the token: they are not kept. */
function versionOnly(secret: Live): Live {
  const { name, namespace, uid, resourceVersion } = secret.metadata;
  return {
    apiVersion: secret.apiVersion,
    kind: secret.kind,
    metadata: { name, uid, resourceVersion, ...(namespace === undefined ? {} : { namespace }) },
  } as Live;
}
