import type { VaultClient } from './client.ts';
import { isFields } from './decode.ts';
import { vaultPath } from './paths.ts';
import { VaultError } from './vault-error.ts';

/** What a tenant's secrets are for; a folder of their own each, because different identities may read them. */
export type SecretArea = 'discord' | 'providers';

export interface SecretValue {
  /** Secret. */
  readonly value: string;
  /** Of KV version 2: to see that it has changed. */
  readonly version?: number;
  /** Read it again before this long has passed, in an engine whose secrets end. */
  readonly leaseSeconds?: number;
}

/** Reads secrets that somebody else writes. */
export class KeyValue {
  readonly #client: VaultClient;

  constructor(client: VaultClient) {
    this.#client = client;
  }

  /**
   * The path, below the KV mount, of what belongs to one tenant: `<prefix>/<namespace>/<area>/<path>`. The way for
   * whatever comes from a manifest: nobody reaches another tenant's part.
   * @throws VaultError of kind `invalid` for a path that is none.
   */
  tenantPath(namespace: string, area: SecretArea, path: string): string {
    return vaultPath(this.#client.settings.kvPrefix, namespace, area, path);
  }

  /**
   * One key of the newest version of a secret in the KV mount (version 2).
   * @param path below the mount, without `data/`
   * @throws VaultError of kind `not-found` when the secret was deleted or has no such key.
   */
  async read(path: string, key: string, signal?: AbortSignal): Promise<SecretValue> {
    const full = vaultPath(this.#client.settings.kvMount, 'data', path);
    const answer = await this.#client.request({ method: 'GET', path: full, signal, operation: 'kv.read' });
    const { data, metadata } = answer.data;
    if (!isFields(data)) throw notFound(full, 'is deleted, or is not in a KV engine of version 2');
    const version = isFields(metadata) ? metadata.version : undefined;
    return {
      value: textOf(data, key, full),
      ...(typeof version === 'number' ? { version } : {}),
      ...(answer.leaseSeconds === undefined ? {} : { leaseSeconds: answer.leaseSeconds }),
    };
  }

  /**
   * One field of what any secrets engine answers to a read, such as a database's credentials or KV version 1. These
   * come with a lease: at its end they do not work any more.
   * @param path with the engine's mount
   */
  async readFrom(path: string, key: string, signal?: AbortSignal): Promise<SecretValue> {
    const full = vaultPath(path);
    const answer = await this.#client.request({ method: 'GET', path: full, signal, operation: 'kv.read' });
    return {
      value: textOf(answer.data, key, full),
      ...(answer.leaseSeconds === undefined ? {} : { leaseSeconds: answer.leaseSeconds }),
    };
  }
}

function textOf(data: Readonly<Record<string, unknown>>, key: string, path: string): string {
  const value = data[key];
  if (typeof value !== 'string' || value === '') throw notFound(path, `has no text under the key "${key}"`);
  return value;
}

function notFound(path: string, what: string): VaultError {
  return new VaultError('not-found', `Vault: the secret ${path} ${what}`);
}
