/**
 * A real Vault as `skald vault setup` leaves it, which knows the control plane's service accounts: auth method `jwt`
 * with the API server's own public key (the method `kubernetes` is not part of the minimal build; both take the same
 * login). One per test file; `close` removes everything.
 */

import { Admin } from '../../../cli/vault/admin.ts';
import { type Result, setUp } from '../../../cli/vault/apply.ts';
import { SETUP_DEFAULTS } from '../../../cli/vault/defaults.ts';
import type { SetupOptions } from '../../../cli/vault/options.ts';
import { startVault, type VaultOptions, type VaultServer } from '../../../hack/vault/index.ts';
import {
  BOT_SERVICE_ACCOUNT,
  VAULT_AUDIENCE,
  VAULT_ROLES,
  VaultClient,
  type VaultObserver,
  type VaultSettings,
} from '../../../src/vault/index.ts';
import { HttpTransport } from '../../../src/vault/transport.ts';
import { ServiceAccounts } from './tokens.ts';

const AUTH_MOUNT = 'jwt';

export interface SceneOptions extends VaultOptions {
  /** Of an administrator of a control plane from hack/cluster. */
  kubeconfig: string;
  setup?: Partial<SetupOptions>;
}

export interface Who {
  /** Of the service account. */
  namespace: string;
  name: string;
  role: string;
  audience?: string;
}

export class VaultScene {
  readonly vault: VaultServer;
  readonly accounts: ServiceAccounts;
  readonly setup: SetupOptions;
  /** Everything that clients of this scene have logged. */
  readonly logged: unknown[] = [];
  readonly #clients: VaultClient[] = [];

  private constructor(vault: VaultServer, accounts: ServiceAccounts, setup: SetupOptions) {
    this.vault = vault;
    this.accounts = accounts;
    this.setup = setup;
  }

  static async create(options: SceneOptions): Promise<VaultScene> {
    const accounts = await ServiceAccounts.of(options.kubeconfig);
    const vault = await startVault(options);
    try {
      const setup = {
        ...SETUP_DEFAULTS,
        authType: 'jwt' as const,
        authMount: AUTH_MOUNT,
        verification: { kind: 'keys' as const, publicKeys: await accounts.publicKeys() },
        tenantNamespaces: [],
        ...options.setup,
      };
      const scene = new VaultScene(vault, accounts, setup);
      await scene.runSetup();
      return scene;
    } catch (error) {
      accounts.close();
      await vault.stop();
      throw error;
    }
  }

  /** `skald vault setup`, with the root token. */
  async runSetup(change: Partial<SetupOptions> = {}, dryRun = false): Promise<Result[]> {
    const { address, caFile, rootToken } = this.vault;
    const transport = new HttpTransport({ address, caFile });
    try {
      return await setUp(new Admin(transport, rootToken), { ...this.setup, ...change }, dryRun);
    } finally {
      transport.close();
    }
  }

  settings(role: string): VaultSettings {
    return {
      address: this.vault.address,
      caFile: this.vault.caFile,
      auth: { mount: this.setup.authMount, role, audience: VAULT_AUDIENCE },
      transitMount: this.setup.transitMount,
      kvMount: this.setup.kvMount,
      kvPrefix: this.setup.kvPrefix,
      pki: { mount: this.setup.pkiMount },
    };
  }

  /** The product's client as somebody; closed with the scene. */
  client(who: Who, more: { settings?: Partial<VaultSettings>; observer?: VaultObserver } = {}): VaultClient {
    const log = (fields: object, message: string) => void this.logged.push({ ...fields, message });
    const client = new VaultClient({
      settings: { ...this.settings(who.role), ...more.settings },
      jwt: () => this.accounts.token(who.namespace, who.name, who.audience ?? VAULT_AUDIENCE),
      log: { info: log, warn: log },
      ...(more.observer ? { observer: more.observer } : {}),
    });
    this.#clients.push(client);
    return client;
  }

  /** The operator. */
  controller(more: { settings?: Partial<VaultSettings>; observer?: VaultObserver } = {}): VaultClient {
    const { systemNamespace: namespace, serviceAccount: name } = this.setup;
    return this.client({ namespace, name, role: VAULT_ROLES.controller }, more);
  }

  /** Whoever may make tokens of a tenant's `skald-bot`. */
  bot(namespace: string): VaultClient {
    return this.client({ namespace, name: BOT_SERVICE_ACCOUNT, role: VAULT_ROLES.bot });
  }

  async close(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close()));
    this.accounts.close();
    await this.vault.stop();
  }
}
