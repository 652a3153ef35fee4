// Keeps the tenants' bot tokens encrypted at rest. This is the one place of the operator where a plaintext token passes
// through, once, on its way to Vault (ADR 0016).
import { createHmac, randomBytes } from 'node:crypto';
import type { VaultLayout } from '../../../src/admission/vault-path.ts';
import { BOT_TOKEN_SECRET, fieldManagers, type Tenant } from '../../../src/api/index.ts';
import { Backoff } from '../../../src/kube/backoff.ts';
import {
  type Client,
  type Clock,
  type EventRecorder,
  type Informer,
  isConflict,
  type Live,
  type ObjectKey,
  type Secret,
  secrets,
} from '../../../src/kube/index.ts';
import { type Transit, transitKeyOf } from '../../../src/vault/index.ts';
import { asVaultError, jittered, VAULT_RETRY, vaultTrouble } from '../../../src/vault/trouble.ts';
import type { VaultError } from '../../../src/vault/vault-error.ts';
import { Pace } from '../../children/pace.ts';
import { type LiveTenant, tenants as tenantResource } from '../../resources.ts';
import type { Step } from '../decide.ts';
import { type TokenContent, tokenContent, tokenIn, withCiphertext, writerOf } from './content.ts';
import { decideToken, encrypted, type TokenDecision } from './decide.ts';
import { tokenEvent } from './events.ts';
import type { TokenWatch } from './watch.ts';

export interface TokenKeeperOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly recorder: EventRecorder;
  readonly tenants: Informer<Tenant>;
  readonly watch: Pick<TokenWatch, 'version'>;
  /** Undefined: the installation has no Vault. */
  readonly vault: TokenVault | undefined;
  /** Told when what a Tenant's condition should say has changed. */
  readonly onChange: (key: ObjectKey) => void;
}

export interface TokenVault {
  readonly transit: Pick<Transit, 'encrypt' | 'rewrap' | 'latestVersion'>;
  readonly layout: VaultLayout;
  /** How often a Transit key is asked for its newest version, milliseconds. */
  readonly keyVersionMs: number;
}

/** What is remembered of a tenant's token. No token, and nothing that one could be found out from. */
interface Known {
  /** Key inside the Secret that the rest is about. */
  dataKey?: string;
  resourceVersion?: string;
  content?: TokenContent;
  writer?: string | undefined;
  /** Of the plaintext in the Secret, and of the one that was encrypted last. */
  digest?: string | undefined;
  encryptedDigest?: string;
  latestVersion?: number;
  askVersionAt: number;
  step?: Step;
  readonly backoff: Backoff;
}

/** The watch tells when it knows more; this is for what it cannot tell. */
const SOON_MS = 5_000;
/** Somebody wrote the Secret between our read and our write. */
const AGAIN_MS = 50;

export class TokenKeeper {
  readonly #o: TokenKeeperOptions;
  readonly #known = new Map<string, Known>();
  readonly #pace: Pace;
  readonly #digestKey = randomBytes(32);

  constructor(options: TokenKeeperOptions) {
    this.#o = options;
    this.#pace = new Pace(() => options.clock.now());
  }

  /** What the Tenant's condition should say; undefined while this process has not looked and does not know. */
  stepOf(tenant: LiveTenant): Step | undefined {
    const { spec, status, metadata } = tenant;
    const known = this.#known.get(metadata.uid)?.step;
    if (known !== undefined || this.#o.vault !== undefined) return known;
    // Without Vault most is said before anything is read.
    const { discord } = spec;
    const namespace = status?.namespace ?? '';
    const nothing = { vault: undefined, content: undefined, latestVersion: undefined, returned: undefined };
    return decideToken({ discord, namespace, ...nothing }).step;
  }

  async reconcile(
    key: ObjectKey,
    { signal }: { readonly signal: AbortSignal },
  ): Promise<{ requeueAfterMs: number } | undefined> {
    const tenant = this.#o.tenants.get(key);
    this.#forgetOthers();
    const namespace = tenant?.status?.namespace;
    if (tenant === undefined || namespace === undefined || tenant.metadata.deletionTimestamp !== undefined)
      return undefined;
    const known = this.#of(tenant);
    if (tenant.spec.discord.vault !== undefined) {
      this.#say(tenant, known, this.#decide(tenant, namespace, known).step);
      return undefined;
    }
    const live = await this.#look(tenant, namespace, known, signal);
    if (live === 'unknown') return { requeueAfterMs: SOON_MS };
    try {
      return await this.#act(tenant, namespace, known, live, signal);
    } catch (error) {
      if (isConflict(error)) return { requeueAfterMs: AGAIN_MS };
      const failure = asVaultError(error);
      this.#say(tenant, known, failed(namespace, known.content, failure));
      const waits = failure.temporary || known.content?.kind !== 'ciphertext';
      return {
        requeueAfterMs: waits ? known.backoff.next() : jittered(this.#o.vault?.keyVersionMs ?? SOON_MS),
      };
    }
  }

  async #act(
    tenant: LiveTenant,
    namespace: string,
    known: Known,
    live: Live<Secret> | undefined,
    signal: AbortSignal,
  ): Promise<{ requeueAfterMs: number } | undefined> {
    await this.#askVersion(namespace, known, signal);
    const { action, step } = this.#decide(tenant, namespace, known);
    if (action === 'none') {
      known.backoff.reset();
      this.#say(tenant, known, step);
      const waitMs = step.reason === 'PlaintextReturned' ? this.#pace.waitMs(tenant.metadata.uid) : undefined;
      return waitMs === undefined ? this.#nextLook(known) : { requeueAfterMs: waitMs };
    }
    const secret =
      live ?? (await this.#o.client.find(secrets, { namespace, name: BOT_TOKEN_SECRET }, { signal }));
    if (secret === undefined) return { requeueAfterMs: AGAIN_MS };
    await this.#seal(tenant, namespace, known, secret, action, signal);
    known.backoff.reset();
    this.#say(tenant, known, this.#decide(tenant, namespace, known).step);
    return this.#nextLook(known);
  }

  /** Encrypts, wraps anew or cleans the Secret as it was read: whatever was written since makes it a conflict. */
  async #seal(
    tenant: LiveTenant,
    namespace: string,
    known: Known,
    secret: Live<Secret>,
    action: Exclude<TokenDecision['action'], 'none'>,
    signal: AbortSignal,
  ): Promise<void> {
    const { client, vault } = this.#o;
    if (vault === undefined) throw new Error('without Vault there is nothing to encrypt with');
    const dataKey = keyOf(tenant);
    const token = tokenIn(secret, dataKey) ?? '';
    const transitKey = transitKeyOf(namespace);
    const ciphertext = action === 'clean' ? token : await vault.transit[action](transitKey, token, signal);
    const before = known.content;
    const written = await client.update(secrets, withCiphertext(secret, dataKey, ciphertext), {
      fieldManager: fieldManagers.controller,
      signal,
    });
    const digest = action === 'encrypt' ? this.#digest(token) : undefined;
    const returned = digest !== undefined && digest === known.encryptedDigest;
    if (digest !== undefined) known.encryptedDigest = digest;
    if (action === 'encrypt') this.#pace.done(tenant.metadata.uid);
    const { writer } = known;
    this.#remember(tenant, known, written);
    const cleaned = Object.keys(secret.metadata.annotations ?? {}).filter(
      (name) => written.metadata.annotations?.[name] !== secret.metadata.annotations?.[name],
    );
    const event = tokenEvent({ action, namespace, before, after: known.content, returned, writer, cleaned });
    this.#o.recorder.event({ resource: tenantResource, object: tenant }, event);
  }

  /** Reads the Secret when it is not the one that is known, or something is still to be done about that. */
  async #look(
    tenant: LiveTenant,
    namespace: string,
    known: Known,
    signal: AbortSignal,
  ): Promise<Live<Secret> | undefined | 'unknown'> {
    const seen = this.#o.watch.version(namespace);
    if (seen === 'unknown') return 'unknown';
    if (seen === 'missing') {
      this.#remember(tenant, known, undefined);
      return undefined;
    }
    const settled = known.step?.status === 'True' || this.#o.vault === undefined;
    const same = known.resourceVersion === seen.resourceVersion && known.dataKey === keyOf(tenant);
    if (settled && same && known.content !== undefined) return undefined;
    const live = await this.#o.client.find(secrets, { namespace, name: BOT_TOKEN_SECRET }, { signal });
    this.#remember(tenant, known, live);
    return live;
  }

  #remember(tenant: LiveTenant, known: Known, secret: Live<Secret> | undefined): void {
    if (secret === undefined) {
      const { namespace } = tenant.status ?? {};
      const message = `There is no Secret ${BOT_TOKEN_SECRET} in namespace ${namespace}.`;
      known.content = { kind: 'missing', message };
      delete known.resourceVersion;
      known.digest = undefined;
      return;
    }
    const key = keyOf(tenant);
    known.dataKey = key;
    known.resourceVersion = secret.metadata.resourceVersion;
    known.content = tokenContent(secret, key);
    known.writer = writerOf(secret, key);
    known.digest = known.content.kind === 'plaintext' ? this.#digest(tokenIn(secret, key) ?? '') : undefined;
  }

  async #askVersion(namespace: string, known: Known, signal: AbortSignal): Promise<void> {
    const { vault, clock } = this.#o;
    if (vault === undefined || known.content?.kind !== 'ciphertext') return;
    if (clock.monotonic() < known.askVersionAt) return;
    known.latestVersion = await vault.transit.latestVersion(transitKeyOf(namespace), signal);
    known.askVersionAt = clock.monotonic() + jittered(vault.keyVersionMs);
  }

  #decide(tenant: LiveTenant, namespace: string, known: Known): TokenDecision {
    const returned =
      known.digest !== undefined && known.digest === known.encryptedDigest
        ? { writer: known.writer, waitMs: this.#pace.waitMs(tenant.metadata.uid) }
        : undefined;
    return decideToken({
      discord: tenant.spec.discord,
      namespace,
      vault: this.#o.vault?.layout,
      content: known.content,
      latestVersion: known.latestVersion,
      returned,
    });
  }

  #nextLook(known: Known): { requeueAfterMs: number } | undefined {
    if (this.#o.vault === undefined || known.content?.kind !== 'ciphertext') return undefined;
    return { requeueAfterMs: Math.max(known.askVersionAt - this.#o.clock.monotonic(), 0) };
  }

  #say(tenant: LiveTenant, known: Known, step: Step): void {
    const { status, reason, message } = known.step ?? {};
    known.step = step;
    if (status === step.status && reason === step.reason && message === step.message) return;
    this.#o.onChange({ name: tenant.metadata.name });
  }

  #of({ metadata: { uid } }: LiveTenant): Known {
    let known = this.#known.get(uid);
    if (known === undefined) {
      known = { askVersionAt: 0, backoff: new Backoff(VAULT_RETRY) };
      this.#known.set(uid, known);
    }
    return known;
  }

  #forgetOthers(): void {
    const { tenants } = this.#o;
    if (this.#known.size <= tenants.list().length) return;
    const there = new Set(tenants.list().map(({ metadata }) => metadata.uid));
    for (const uid of this.#known.keys()) if (!there.has(uid)) this.#known.delete(uid);
  }

  /** To know a plaintext again without keeping it: of no use outside this process. */
  #digest(token: string): string {
    return createHmac('sha256', this.#digestKey).update(token).digest('base64');
  }
}

/** A token that is encrypted stays so, whatever becomes of Vault. */
function failed(namespace: string, content: TokenContent | undefined, error: VaultError): Step {
  if (content?.kind === 'ciphertext') return encrypted(namespace, content.version);
  return {
    status: 'False',
    reason: vaultTrouble(error),
    message: `The bot token is plaintext: ${error.message}`,
  };
}

function keyOf({ spec }: LiveTenant): string {
  return spec.discord.botTokenSecretRef?.key ?? 'token';
}
