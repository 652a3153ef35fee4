/**
 * The bot token as its tenant stores it: in the one Secret for it that a gateway may read, plain or encrypted by Vault, or in
 * Vault itself.
 */
import type { TenantDiscord, TenantReason, VaultRef } from '../../src/api/index.ts';
import type { Secret } from '../../src/kube/index.ts';
import { isCiphertext } from '../../src/vault/transit.ts';

/** What the bot is given. */
export type BotToken = { readonly kind: 'present'; readonly token: string } | MissingToken;

export interface MissingToken {
  readonly kind: 'missing';
  readonly reason: TenantReason;
  readonly message: string;
}

export type StoredToken =
  | { readonly kind: 'plaintext'; readonly token: string }
  | { readonly kind: 'ciphertext'; readonly ciphertext: string }
  | { readonly kind: 'vault'; readonly ref: VaultRef }
  | MissingToken;

/**
 * @param secret undefined: it does not exist
 * @param readable false: the Secret could not be read yet, e.g. because the role binding is still to come
 */
export function storedTokenOf(
  discord: Pick<TenantDiscord, 'botTokenSecretRef' | 'vault'>,
  secret: Pick<Secret, 'data'> | undefined,
  readable: boolean,
): StoredToken {
  if (discord.vault !== undefined) return { kind: 'vault', ref: discord.vault };
  const key = discord.botTokenSecretRef?.key ?? 'token';
  if (!readable) return missing('The Secret skald-bot-token cannot be read yet.');
  if (secret === undefined)
    return missing('There is no Secret skald-bot-token in the namespace of the tenant.');
  const encoded = secret.data?.[key];
  if (encoded === undefined) return missing(`The Secret skald-bot-token has no key ${key}.`);
  const token = Buffer.from(encoded, 'base64').toString('utf8').trim();
  if (token === '') return missing(`The key ${key} of the Secret skald-bot-token is empty.`);
  return isCiphertext(token) ? { kind: 'ciphertext', ciphertext: token } : { kind: 'plaintext', token };
}

function missing(message: string): MissingToken {
  return { kind: 'missing', reason: 'TokenMissing', message };
}
