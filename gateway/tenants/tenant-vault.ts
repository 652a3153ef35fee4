/**
 * One tenant's way into Vault. The gateway has no rights there of its own: it asks Kubernetes for a token of the tenant's
 * ServiceAccount `skald-bot`, which it may as long as the tenant is assigned to it, and logs in with that (ADR 0016).
 */
import { tenantVaultPath } from '../../src/admission/vault-path.ts';
import type { VaultRef } from '../../src/api/index.ts';
import { ApiError, type Client, type Clock } from '../../src/kube/index.ts';
import type { Logger } from '../../src/telemetry/log.ts';
import {
  BOT_SERVICE_ACCOUNT,
  KeyValue,
  type SecretValue,
  Transit,
  transitKeyOf,
  VAULT_AUDIENCE,
  VaultClient,
  VaultError,
  type VaultObserver,
  type VaultSettings,
} from '../../src/vault/index.ts';

/** Life of a token that Kubernetes is asked for, seconds; the shortest that it gives. */
const ACCOUNT_TOKEN_SECONDS = 600;

export interface GatewayVault {
  /** `auth.role` is the tenants'. */
  readonly settings: VaultSettings;
  readonly observer?: VaultObserver;
  /** How often a token in Vault is read again, milliseconds. */
  readonly refreshMs: number;
}

export interface TenantVaultOptions {
  readonly vault: GatewayVault;
  readonly namespace: string;
  /** The gateway's own. */
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Logger;
}

export class TenantVault {
  readonly #o: TenantVaultOptions;
  readonly #closed = new AbortController();
  readonly #closing = new Set<Promise<void>>();
  /** Kept while a token in Vault is followed: what was read under a lease ends with the login. */
  #reader: VaultClient | undefined;

  constructor(options: TenantVaultOptions) {
    this.#o = options;
  }

  /** Logs in for this one request, and gives the login back. @throws VaultError */
  async decrypt(ciphertext: string, signal: AbortSignal): Promise<string> {
    const client = this.#logIn();
    try {
      return await new Transit(client).decrypt(transitKeyOf(this.#o.namespace), ciphertext, signal);
    } finally {
      this.#close(client);
    }
  }

  /** Why this reference cannot be the tenant's bot token; undefined when it can. */
  refusal({ path }: VaultRef): string | undefined {
    const { vault, namespace } = this.#o;
    const allowed = tenantVaultPath(path, vault.settings, namespace, 'discord');
    return allowed.ok ? undefined : allowed.message;
  }

  /** @throws VaultError */
  read({ path, key }: VaultRef, signal: AbortSignal): Promise<SecretValue> {
    const { vault, namespace } = this.#o;
    const allowed = tenantVaultPath(path, vault.settings, namespace, 'discord');
    if (!allowed.ok) throw new VaultError('invalid', allowed.message);
    if (this.#reader === undefined) {
      this.#reader = this.#logIn();
      void this.#reader.run(this.#closed.signal);
    }
    const keys = new KeyValue(this.#reader);
    return keys.read(keys.tenantPath(namespace, 'discord', allowed.path), key, signal);
  }

  async close(): Promise<void> {
    this.#closed.abort();
    if (this.#reader !== undefined) this.#close(this.#reader);
    this.#reader = undefined;
    await Promise.all(this.#closing);
  }

  #logIn(): VaultClient {
    const { vault, clock, log } = this.#o;
    return new VaultClient({
      settings: vault.settings,
      jwt: (signal) => this.#accountToken(signal),
      clock,
      log: { info: (fields, message) => log.debug(fields, message), warn: log.warn.bind(log) },
      ...(vault.observer === undefined ? {} : { observer: vault.observer }),
    });
  }

  #close(client: VaultClient): void {
    const closing = client.close().finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }

  async #accountToken(signal: AbortSignal): Promise<string> {
    const { client, namespace, vault } = this.#o;
    let answer: unknown;
    try {
      answer = await client.raw({
        method: 'POST',
        path: `/api/v1/namespaces/${namespace}/serviceaccounts/${BOT_SERVICE_ACCOUNT}/token`,
        body: {
          apiVersion: 'authentication.k8s.io/v1',
          kind: 'TokenRequest',
          spec: {
            audiences: [vault.settings.auth.audience ?? VAULT_AUDIENCE],
            expirationSeconds: ACCOUNT_TOKEN_SECONDS,
          },
        },
        repeatable: true,
        retry: false,
        signal,
      });
    } catch (error) {
      signal.throwIfAborted();
      throw refused(error, namespace);
    }
    const token = tokenIn(answer);
    if (token === undefined) throw new VaultError('unreachable', 'Kubernetes answered without a token');
    return token;
  }
}

function refused(error: unknown, namespace: string): VaultError {
  const account = `the ServiceAccount ${BOT_SERVICE_ACCOUNT} in namespace ${namespace}`;
  const status = error instanceof ApiError ? error.status : undefined;
  if (status === 403) {
    return new VaultError('denied', `This gateway may not ask for a token of ${account}: its RoleBinding`);
  }
  if (status === 404)
    return new VaultError('unreachable', `There is no ${account.slice(4)}: the operator makes it`);
  return new VaultError('unreachable', `Kubernetes gives no token of ${account}`);
}

function tokenIn(answer: unknown): string | undefined {
  if (typeof answer !== 'object' || answer === null || !('status' in answer)) return undefined;
  const { status } = answer;
  if (typeof status !== 'object' || status === null || !('token' in status)) return undefined;
  return typeof status.token === 'string' && status.token !== '' ? status.token : undefined;
}
