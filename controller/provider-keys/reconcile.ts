// Copies providers' keys from Vault into one Secret of the tenant, from which its workers mount them as they mount any
// key. Vault is asked again at an interval; while it is away the Secret keeps what it has.
import { isDeepStrictEqual } from 'node:util';
import { tenantVaultPath, type VaultLayout } from '../../src/admission/vault-path.ts';
import {
  type Campaign,
  fieldManagers,
  labels,
  MANAGED_BY,
  PROVIDER_KEYS_SECRET,
  type Tenant,
} from '../../src/api/index.ts';
import { Backoff } from '../../src/kube/backoff.ts';
import {
  type Client,
  type Clock,
  covers,
  type Informer,
  isAlreadyExists,
  isConflict,
  type Live,
  type ObjectKey,
  type Secret,
  secrets,
} from '../../src/kube/index.ts';
import type { KeyValue, SecretValue } from '../../src/vault/index.ts';
import {
  asVaultError,
  jittered,
  VAULT_RETRY,
  type VaultTrouble,
  vaultTrouble,
} from '../../src/vault/trouble.ts';
import { nameTaken } from '../children/events.ts';
import { belongsTo } from '../children/keeper.ts';
import { tenantOwner } from '../owners.ts';
import type { LiveTenant } from '../resources.ts';
import type { Step } from '../tenant/decide.ts';
import { ownRefs, type WantedKey, wantedKeys } from './plan.ts';

export interface KeyVault {
  readonly keys: Pick<KeyValue, 'read' | 'tenantPath'>;
  readonly layout: VaultLayout;
  /** How often a key is read again, milliseconds. */
  readonly intervalMs: number;
}

export interface ProviderKeysOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly tenants: Informer<Tenant>;
  readonly campaigns: Informer<Campaign>;
  /** Undefined: the installation has no Vault. */
  readonly vault: KeyVault | undefined;
  /** Told when keys have come, gone or failed. */
  readonly onChange: (tenant: LiveTenant) => void;
}

export interface KeyTrouble {
  readonly reason: VaultTrouble;
  readonly message: string;
}

interface KnownKey {
  /** Monotonic milliseconds. */
  dueAt: number;
  trouble?: KeyTrouble | undefined;
  readonly backoff: Backoff;
}

interface Known {
  readonly keys: Map<string, KnownKey>;
  /** Names that the Secret holds; undefined before it was looked at. */
  held?: ReadonlySet<string>;
  /** Of the Secret as this process wrote or found it last. */
  resourceVersion?: string | undefined;
  taken: boolean;
  said: string;
  step?: Step;
}

const NO_KEYS: Step = {
  status: 'True',
  reason: 'NoKeysInVault',
  message: 'No provider key of the Tenant is in Vault.',
};

/** Of its lease, when what was read has one. */
const LEASE_SHARE = 2 / 3;
const AGAIN_MS = 50;
const TAKEN_MS = 5_000;

export class ProviderKeys {
  readonly #o: ProviderKeysOptions;
  readonly #known = new Map<string, Known>();

  constructor(options: ProviderKeysOptions) {
    this.#o = options;
  }

  get layout(): VaultLayout | undefined {
    return this.#o.vault?.layout;
  }

  /** What the Tenant's condition should say; undefined while this process has not looked and does not know. */
  stepOf(tenant: LiveTenant): Step | undefined {
    const known = this.#known.get(tenant.metadata.uid)?.step;
    if (known !== undefined || ownRefs(tenant).length > 0) return known;
    return NO_KEYS;
  }

  /** Why the Secret does not hold this key; undefined when nothing is known against it. */
  troubleOf({ metadata: { uid } }: LiveTenant, name: string): KeyTrouble | undefined {
    return this.#known.get(uid)?.keys.get(name)?.trouble;
  }

  async reconcile(
    key: ObjectKey,
    { signal }: { readonly signal: AbortSignal },
  ): Promise<{ requeueAfterMs: number } | undefined> {
    const { tenants, campaigns, vault } = this.#o;
    const tenant = tenants.get(key);
    const namespace = tenant?.status?.namespace;
    this.#forgetOthers();
    if (tenant === undefined || namespace === undefined || tenant.metadata.deletionTimestamp !== undefined)
      return undefined;
    const known = this.#of(tenant);
    const wanted =
      vault === undefined ? [] : wantedKeys(tenant, campaigns.list(namespace), namespace, vault.layout);
    for (const name of [...known.keys.keys()])
      if (!wanted.some((one) => one.name === name)) known.keys.delete(name);
    try {
      if (vault !== undefined) await this.#keep(tenant, namespace, known, wanted, vault, signal);
    } catch (error) {
      if (isConflict(error) || isAlreadyExists(error)) return { requeueAfterMs: AGAIN_MS };
      throw error;
    }
    this.#say(tenant, namespace, known);
    return this.#next(known);
  }

  async #keep(
    tenant: LiveTenant,
    namespace: string,
    known: Known,
    wanted: readonly WantedKey[],
    vault: KeyVault,
    signal: AbortSignal,
  ): Promise<void> {
    const { client } = this.#o;
    if (wanted.length === 0 && known.held?.size === 0) return;
    const object = { namespace, name: PROVIDER_KEYS_SECRET };
    const live = await client.find(secrets, object, { signal });
    known.taken = live !== undefined && !isOf(live, tenant);
    if (known.taken) return;
    if (wanted.length === 0) {
      if (live !== undefined) await client.delete(secrets, object, { uid: live.metadata.uid, signal });
      known.held = new Set();
      return;
    }
    // Somebody else has written it: what it holds may not be what Vault does.
    if (live?.metadata.resourceVersion !== known.resourceVersion) {
      for (const state of known.keys.values()) if (state.trouble === undefined) state.dueAt = 0;
    }
    const data: Record<string, string> = {};
    await Promise.all(
      wanted.map(async (one) => {
        const value = await this.#value(one, namespace, known, live?.data?.[one.name], vault, signal);
        if (value !== undefined) data[one.name] = value;
      }),
    );
    known.resourceVersion = (await this.#write(tenant, live, data, signal))?.metadata.resourceVersion;
    known.held = new Set(Object.keys(data));
  }

  /** The key's value in base64: read now when it is time to or there is none, else as the Secret has it. */
  async #value(
    { name, path, key }: WantedKey,
    namespace: string,
    known: Known,
    held: string | undefined,
    { keys, intervalMs }: KeyVault,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const now = this.#o.clock.monotonic();
    const state = known.keys.get(name) ?? { dueAt: 0, backoff: new Backoff(VAULT_RETRY) };
    known.keys.set(name, state);
    const waits = state.trouble !== undefined && now < state.dueAt;
    if (waits || (held !== undefined && now < state.dueAt)) return held;
    try {
      const read = await keys.read(keys.tenantPath(namespace, 'providers', path), key, signal);
      state.trouble = undefined;
      state.backoff.reset();
      state.dueAt = now + jittered(Math.min(intervalMs, leaseMs(read)));
      return Buffer.from(read.value.trim()).toString('base64');
    } catch (error) {
      signal.throwIfAborted();
      const failure = asVaultError(error);
      state.trouble = { reason: vaultTrouble(failure), message: failure.message };
      state.dueAt = now + state.backoff.next();
      return held;
    }
  }

  async #write(
    tenant: LiveTenant,
    live: Live<Secret> | undefined,
    data: Record<string, string>,
    signal: AbortSignal,
  ): Promise<Live<Secret> | undefined> {
    const wanted: Secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: {
        name: PROVIDER_KEYS_SECRET,
        namespace: tenant.status?.namespace ?? '',
        labels: { [labels.managedBy]: MANAGED_BY, [labels.tenant]: tenant.metadata.name },
        ownerReferences: [tenantOwner(tenant)],
      },
      type: 'Opaque',
      data,
    };
    const options = { fieldManager: fieldManagers.controller, signal };
    if (live === undefined) {
      return Object.keys(data).length > 0 ? this.#o.client.create(secrets, wanted, options) : undefined;
    }
    if (isDeepStrictEqual(live.data ?? {}, data) && covers(wanted, live)) return live;
    const { uid, resourceVersion } = live.metadata;
    const metadata = { ...wanted.metadata, uid, resourceVersion };
    return this.#o.client.update(secrets, { ...wanted, metadata }, options);
  }

  #say(tenant: LiveTenant, namespace: string, known: Known): void {
    const step = this.#step(tenant, namespace, known);
    const troubles = [...known.keys].map(([name, { trouble }]) => [name, trouble?.reason]);
    const said = JSON.stringify([step, troubles, [...(known.held ?? [])]]);
    known.step = step;
    if (said === known.said) return;
    known.said = said;
    this.#o.onChange(tenant);
  }

  #step(tenant: LiveTenant, namespace: string, known: Known): Step {
    const refs = ownRefs(tenant);
    const layout = this.layout;
    if (refs.length === 0) {
      return {
        status: 'True',
        reason: 'NoKeysInVault',
        message: 'No provider key of the Tenant is in Vault.',
      };
    }
    if (layout === undefined) {
      const message = 'A provider key of the Tenant is in Vault, and this installation has none.';
      return { status: 'False', reason: 'VaultNotConfigured', message };
    }
    for (const { path } of refs) {
      const allowed = tenantVaultPath(path, layout, namespace, 'providers');
      if (!allowed.ok) return { status: 'False', reason: 'VaultPathNotAllowed', message: allowed.message };
    }
    if (known.taken) {
      const message = nameTaken(`Secret ${PROVIDER_KEYS_SECRET}`);
      return { status: 'False', reason: 'NameTaken', message };
    }
    const own = wantedKeys(tenant, [], namespace, layout);
    const lacking = own.find(({ name }) => known.held?.has(name) !== true);
    const trouble = lacking === undefined ? undefined : known.keys.get(lacking.name)?.trouble;
    if (trouble !== undefined) return { status: 'False', ...trouble };
    const message = `The keys of the Tenant's providers are in the Secret ${PROVIDER_KEYS_SECRET}.`;
    return { status: 'True', reason: 'ProviderKeysReady', message };
  }

  #next(known: Known): { requeueAfterMs: number } | undefined {
    if (known.taken) return { requeueAfterMs: TAKEN_MS };
    if (known.keys.size === 0) return undefined;
    const dueAt = Math.min(...[...known.keys.values()].map((key) => key.dueAt));
    return { requeueAfterMs: Math.max(dueAt - this.#o.clock.monotonic(), 0) };
  }

  #of({ metadata: { uid } }: LiveTenant): Known {
    let known = this.#known.get(uid);
    if (known === undefined) {
      known = { keys: new Map(), taken: false, said: '' };
      this.#known.set(uid, known);
    }
    return known;
  }

  #forgetOthers(): void {
    const all = this.#o.tenants.list();
    if (this.#known.size <= all.length) return;
    const there = new Set(all.map(({ metadata }) => metadata.uid));
    for (const uid of this.#known.keys()) if (!there.has(uid)) this.#known.delete(uid);
  }
}

function isOf(secret: Live<Secret>, { metadata: { uid, name } }: LiveTenant): boolean {
  return belongsTo(secret, uid, labels.tenant, name);
}

function leaseMs({ leaseSeconds }: SecretValue): number {
  return leaseSeconds === undefined ? Number.POSITIVE_INFINITY : leaseSeconds * 1000 * LEASE_SHARE;
}
