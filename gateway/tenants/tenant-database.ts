/**
 * The way into a tenant's schema: the DSN that the operator keeps in one Secret, and a small pool that follows it. Nothing
 * is connected before somebody asks, nor ten seconds after.
 */
import { COMMAND_DATABASE_SECRET } from '../../src/api/index.ts';
import { type Informer, type Informers, type Secret, secrets } from '../../src/kube/index.ts';
import { Database, parseDatabaseUrl } from '../../src/store/index.ts';
import type { Logger } from '../../src/telemetry/log.ts';

export interface TenantDatabaseOptions {
  readonly informers: Informers;
  readonly namespace: string;
  readonly log: Logger;
}

/** Of each tenant: a process may have hundreds. */
const MAX_CONNECTIONS = 2;

export class TenantDatabase {
  readonly #o: TenantDatabaseOptions;
  readonly #secret: Informer<Secret>;
  #url = '';
  #pool: Database | undefined;
  #closed = false;

  constructor(options: TenantDatabaseOptions) {
    this.#o = options;
    const { informers, namespace } = options;
    this.#secret = informers.get(secrets, {
      namespace,
      fieldSelector: `metadata.name=${COMMAND_DATABASE_SECRET}`,
    });
    // A Secret that is gone is made again with another login's password: what is known goes on working until then.
    this.#secret.addHandler({ add: (one) => this.#follow(one), update: (_, one) => this.#follow(one) });
  }

  /** Undefined until the Secret was read. */
  get current(): Database | undefined {
    return this.#pool;
  }

  /** Whether `current` says all that there is: undefined means that the operator has made no way in. */
  get settled(): boolean {
    return this.#pool !== undefined || this.#secret.hasSynced;
  }

  /** Ends the connections when what runs on them is done. */
  async close(): Promise<void> {
    this.#closed = true;
    const pool = this.#pool;
    this.#pool = undefined;
    await pool?.close();
  }

  #follow({ data }: Pick<Secret, 'data'>): void {
    const url = Buffer.from(data?.url ?? '', 'base64')
      .toString('utf8')
      .trim();
    if (url === this.#url || this.#closed) return;
    try {
      parseDatabaseUrl(url);
    } catch (error) {
      // The operator puts it right; until then what is known is kept.
      this.#o.log.warn({ err: error }, `The Secret ${COMMAND_DATABASE_SECRET} holds no DSN`);
      return;
    }
    this.#url = url;
    // The next connection begins with it; those that are open stay with the login that they have.
    this.#pool ??= new Database({
      url: () => this.#url,
      applicationName: 'skald-gateway',
      maxConnections: MAX_CONNECTIONS,
    });
  }
}
