/**
 * From how a tenant stores its bot token to the token itself. What needs Vault is tried until it succeeds; while Vault is
 * away a bot keeps the token that it has, because it is connected with it.
 */
import type { VaultRef } from '../../src/api/index.ts';
import { Backoff } from '../../src/kube/backoff.ts';
import type { Logger } from '../../src/telemetry/log.ts';
import { asVaultError, jittered, VAULT_RETRY, vaultTrouble } from '../../src/vault/trouble.ts';
import { VaultError } from '../../src/vault/vault-error.ts';
import { pause } from '../pause.ts';
import type { BotToken, MissingToken, StoredToken } from './bot-token.ts';
import type { TenantVault } from './tenant-vault.ts';

export interface BotTokenSourceOptions {
  /** Undefined: the installation has no Vault. */
  readonly vault: Pick<TenantVault, 'decrypt' | 'read' | 'refusal' | 'close'> | undefined;
  /** How often a token in Vault is read again, milliseconds. */
  readonly refreshMs: number;
  readonly log: Logger;
  /** Told what there is now; the same token may be told again. */
  readonly onToken: (token: BotToken) => void;
  /** For jitter. @defaultValue Math.random */
  readonly random?: () => number;
}

/** Of its lease, when a token has one. */
const LEASE_SHARE = 2 / 3;

export class BotTokenSource {
  readonly #o: BotTokenSourceOptions;
  /** How the token is stored, as one text: the same again changes nothing. */
  #stored = '';
  #work = new AbortController();
  #held = false;

  constructor(options: BotTokenSourceOptions) {
    this.#o = options;
  }

  /** What is stored now. */
  update(stored: StoredToken): void {
    const text = JSON.stringify(stored);
    if (text === this.#stored) return;
    this.#stored = text;
    this.#work.abort();
    this.#work = new AbortController();
    this.#begin(stored, this.#work.signal);
  }

  async close(): Promise<void> {
    this.#work.abort();
    await this.#o.vault?.close();
  }

  #begin(stored: StoredToken, signal: AbortSignal): void {
    const { vault } = this.#o;
    if (stored.kind === 'missing') {
      this.#tell(stored);
      return;
    }
    if (stored.kind === 'plaintext') {
      this.#tell({ kind: 'present', token: stored.token });
      return;
    }
    if (vault === undefined) {
      this.#tell(NO_VAULT[stored.kind]);
      return;
    }
    if (stored.kind === 'ciphertext') {
      const { ciphertext } = stored;
      this.#follow(signal, async () => {
        const token = (await vault.decrypt(ciphertext, signal).catch(asRefusal)).trim();
        return { token, againMs: undefined };
      });
      return;
    }
    const refusal = vault.refusal(stored.ref);
    if (refusal !== undefined) {
      this.#tell({ kind: 'missing', reason: 'VaultPathNotAllowed', message: refusal });
      return;
    }
    this.#follow(signal, () => this.#read(vault, stored.ref, signal));
  }

  async #read(
    vault: Pick<TenantVault, 'read'>,
    ref: VaultRef,
    signal: AbortSignal,
  ): Promise<{ token: string; againMs: number }> {
    const { value, leaseSeconds = Number.POSITIVE_INFINITY } = await vault.read(ref, signal);
    const againMs = Math.min(this.#o.refreshMs, leaseSeconds * 1000 * LEASE_SHARE);
    return { token: value.trim(), againMs: jittered(againMs, this.#o.random) };
  }

  /** Asks until it is answered, and again when the answer says so. */
  #follow(
    signal: AbortSignal,
    ask: () => Promise<{ readonly token: string; readonly againMs: number | undefined }>,
  ): void {
    const { log } = this.#o;
    const backoff = new Backoff(VAULT_RETRY, this.#o.random);
    const run = async (): Promise<void> => {
      while (!signal.aborted) {
        let waitMs: number | undefined;
        try {
          const { token, againMs } = await ask();
          if (signal.aborted) return;
          this.#tell({ kind: 'present', token });
          backoff.reset();
          waitMs = againMs;
        } catch (error) {
          if (signal.aborted) return;
          const failure = asVaultError(error);
          waitMs = backoff.next();
          log.warn({ err: failure, retryInMs: Math.round(waitMs) }, 'The bot token cannot be had from Vault');
          if (!this.#held || isFinal(failure)) this.#tell(troubleOf(failure));
        }
        if (waitMs === undefined) return;
        await pause(waitMs, signal);
      }
    };
    run().catch((error: unknown) => {
      if (signal.aborted) return;
      log.error({ err: error }, 'The bot token cannot be had because of a fault');
      const message = 'The bot token cannot be had because of a fault of the gateway; see its log.';
      if (!this.#held) this.#tell({ kind: 'missing', reason: 'TokenMissing', message });
    });
  }

  #tell(token: BotToken): void {
    this.#held = token.kind === 'present';
    this.#o.onToken(token);
  }
}

/** Vault has answered, and there is no token: as when its Secret is deleted. */
function isFinal({ kind }: VaultError): boolean {
  return kind === 'not-found' || kind === 'invalid';
}

/** A tenant that has no Transit key yet: the ciphertext is another one's. */
function asRefusal(error: unknown): never {
  const failure = asVaultError(error);
  throw failure.kind === 'not-found' ? new VaultError('invalid', failure.message, failure.status) : failure;
}

function troubleOf(error: VaultError): MissingToken {
  return { kind: 'missing', reason: vaultTrouble(error), message: error.message };
}

const NO_VAULT: Readonly<Record<'ciphertext' | 'vault', MissingToken>> = {
  ciphertext: {
    kind: 'missing',
    reason: 'VaultNotConfigured',
    message: 'The token is encrypted by Vault, and this gateway has no Vault configured.',
  },
  vault: {
    kind: 'missing',
    reason: 'VaultNotConfigured',
    message: 'The token is in Vault, and this gateway has no Vault configured.',
  },
};
