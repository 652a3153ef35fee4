// The bot's token, if the caller may have it. Never printed.
import { BOT_TOKEN_SECRET, type Tenant, tenantNamespace } from '../../../src/api/index.ts';
import { type Client, isForbidden, type Live, secrets } from '../../../src/kube/index.ts';
import { readSecretFile } from '../../../src/settings/index.ts';
import { isCiphertext } from '../../../src/vault/transit.ts';
import { type Check, skipped } from '../check.ts';

const ALTERNATIVE =
  'Give it in a file: --token-file FILE. Until then the conditions above are what the gateway has found.';

/** Secret, or why there is none. */
export async function botToken(
  tenant: Live<Tenant>,
  { client, tokenFile, signal }: { client: Client; tokenFile: string | undefined; signal: AbortSignal },
): Promise<{ readonly token: string } | { readonly why: Check }> {
  if (tokenFile !== undefined) return { token: await readSecretFile(tokenFile, 'the bot token') };
  const not = (text: string) => ({ why: skipped('discord', text, ALTERNATIVE) });
  const { discord } = tenant.spec;
  if (discord.vault !== undefined) return not('Not asked: the bot token is in Vault.');
  const namespace = tenant.status?.namespace ?? tenantNamespace(tenant);
  try {
    const secret = await client.find(secrets, { namespace, name: BOT_TOKEN_SECRET }, { signal });
    const encoded = secret?.data?.[discord.botTokenSecretRef?.key ?? 'token'];
    if (encoded === undefined) return not('Not asked: there is no bot token.');
    const token = Buffer.from(encoded, 'base64').toString('utf8').trim();
    return isCiphertext(token)
      ? not('Not asked: the bot token is encrypted at rest, as it should be.')
      : { token };
  } catch (error) {
    if (isForbidden(error))
      return not('Not asked: you may not read the bot token, which is as it should be.');
    throw error;
  }
}
