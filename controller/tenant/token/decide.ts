// What is to be done about a tenant's bot token at rest, and what its Tenant's condition TokenEncrypted says: pure.
import { tenantVaultPath, type VaultLayout } from '../../../src/admission/vault-path.ts';
import type { TenantDiscord } from '../../../src/api/index.ts';
import type { Step } from '../decide.ts';
import type { TokenContent } from './content.ts';

export interface TokenObservation {
  readonly discord: Pick<TenantDiscord, 'botTokenSecretRef' | 'vault'>;
  readonly namespace: string;
  /** Undefined: the installation has no Vault. */
  readonly vault: VaultLayout | undefined;
  /** Undefined when the token is in Vault. */
  readonly content: TokenContent | undefined;
  /** The Transit key's newest version; undefined when it could not be asked for. */
  readonly latestVersion: number | undefined;
  /** The very plaintext that was encrypted before, back in the Secret. */
  readonly returned: { readonly writer: string | undefined; readonly waitMs: number } | undefined;
}

export type TokenAction = 'none' | 'encrypt' | 'rewrap' | 'clean';

export interface TokenDecision {
  readonly action: TokenAction;
  /** What to say when there is nothing to do, or while it cannot be done yet. */
  readonly step: Step;
}

export function decideToken(o: TokenObservation): TokenDecision {
  if (o.discord.vault !== undefined) return nothing(inVault(o, o.discord.vault.path));
  if (o.vault === undefined) return nothing(withoutVault(o.content));
  const { content, namespace } = o;
  if (content === undefined || content.kind === 'missing') {
    const message = content?.message ?? `There is no Secret skald-bot-token in namespace ${namespace}.`;
    return nothing({ status: 'False', reason: 'TokenMissing', message });
  }
  if (content.kind === 'plaintext') return plaintext(o, content.immutable);
  const step = encrypted(namespace, content.version);
  if (content.immutable) return nothing(step);
  if (o.latestVersion !== undefined && content.version < o.latestVersion) return { action: 'rewrap', step };
  return { action: content.exposedIn.length > 0 ? 'clean' : 'none', step };
}

function plaintext({ returned }: TokenObservation, immutable: boolean): TokenDecision {
  if (immutable) {
    const message =
      'The Secret skald-bot-token is immutable, so the plaintext in it stays. Delete it and make it again without immutable.';
    return nothing({ status: 'False', reason: 'TokenSecretImmutable', message });
  }
  if (returned === undefined) {
    const message = 'The bot token is plaintext in its Secret; it is about to be encrypted.';
    return { action: 'encrypt', step: { status: 'False', reason: 'Reconciling', message } };
  }
  const step: Step = { status: 'False', reason: 'PlaintextReturned', message: returnedHint(returned.writer) };
  return { action: returned.waitMs > 0 ? 'none' : 'encrypt', step };
}

export function returnedHint(writer: string | undefined): string {
  const who = writer === undefined ? 'Something' : `Field manager ${writer}`;
  return `${who} wrote the plaintext of the bot token again after it was encrypted. Take it out of what it applies (GitOps: leave the Secret’s data to the operator, or put the ciphertext there), or use spec.discord.vault.`;
}

export function encrypted(namespace: string, version: number): Step {
  const message = `The bot token is encrypted with version ${version} of the Transit key skald-${namespace}.`;
  return { status: 'True', reason: 'TokenEncrypted', message };
}

function inVault(o: TokenObservation, path: string): Step {
  if (o.vault === undefined) {
    const message = 'The bot token is in Vault, and this installation has none: the bot cannot connect.';
    return { status: 'False', reason: 'VaultNotConfigured', message };
  }
  const allowed = tenantVaultPath(path, o.vault, o.namespace, 'discord');
  if (!allowed.ok) return { status: 'False', reason: 'VaultPathNotAllowed', message: allowed.message };
  return { status: 'True', reason: 'TokenInVault', message: 'The bot token is in Vault and in no Secret.' };
}

function withoutVault(content: TokenContent | undefined): Step {
  const message =
    content?.kind === 'ciphertext'
      ? 'The bot token is Vault’s ciphertext, and this installation has no Vault: the bot cannot connect.'
      : 'There is no Vault: the bot token is plaintext in its Secret. Whoever may read that Secret has the bot.';
  return { status: 'False', reason: 'VaultNotConfigured', message };
}

function nothing(step: Step): TokenDecision {
  return { action: 'none', step };
}
