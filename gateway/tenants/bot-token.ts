/**
 * The bot token in the tenant's one Secret that a gateway may read.
 */
import type { TenantDiscord } from '../../src/api/index.ts';
import type { Secret } from '../../src/kube/index.ts';

export type BotToken =
  | { readonly kind: 'present'; readonly token: string }
  | { readonly kind: 'missing'; readonly message: string };

/** What Vault's Transit engine makes of a token. */
const VAULT_CIPHERTEXT = /^vault:v\d+:/;

/**
 * @param secret undefined: it does not exist
 * @param readable false: the Secret could not be read yet, e.g. because the role binding is still to come
 */
export function botTokenOf(
  discord: Pick<TenantDiscord, 'botTokenSecretRef' | 'vault'>,
  secret: Pick<Secret, 'data'> | undefined,
  readable: boolean,
): BotToken {
  const key = discord.botTokenSecretRef?.key ?? 'token';
  if (!readable) return missing('The Secret skald-bot-token cannot be read yet.');
  if (secret === undefined)
    return missing('There is no Secret skald-bot-token in the namespace of the tenant.');
  const encoded = secret.data?.[key];
  if (encoded === undefined) return missing(`The Secret skald-bot-token has no key ${key}.`);
  const token = Buffer.from(encoded, 'base64').toString('utf8').trim();
  if (token === '') return missing(`The key ${key} of the Secret skald-bot-token is empty.`);
  if (VAULT_CIPHERTEXT.test(token)) {
    return missing('The token is encrypted by Vault, and this gateway has no Vault configured.');
  }
  return { kind: 'present', token };
}

function missing(message: string): BotToken {
  return { kind: 'missing', message };
}
