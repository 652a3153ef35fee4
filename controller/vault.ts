// The operator's Vault: logged in as the operator's own ServiceAccount, which may encrypt and read providers' keys, and
// neither decrypt nor read bot tokens (ADR 0015).
import { readFile } from 'node:fs/promises';
import type { Metrics } from '../src/kube/index.ts';
import { ConfigurationError } from '../src/settings/index.ts';
import type { Logger } from '../src/telemetry/log.ts';
import { tokenFile, VaultClient, vaultSettings } from '../src/vault/index.ts';
import { vaultMetrics } from '../src/vault/metrics.ts';
import type { Settings } from './settings.ts';

/**
 * Undefined when the installation has no Vault. It logs in when it is first needed; whoever leads keeps the login alive
 * with `run`.
 */
export function vaultOf(settings: Settings, metrics: Metrics, log: Logger): VaultClient | undefined {
  const vault = vaultSettings(settings.vault);
  if (vault === undefined) {
    log.warn('No Vault is configured: bot tokens are plaintext in their Secrets (SKALD_VAULT_ADDRESS)');
    return undefined;
  }
  return new VaultClient({
    settings: vault,
    jwt: tokenFile(vault.tokenFile),
    log: log.child({ part: 'vault' }),
    observer: vaultMetrics(metrics),
  });
}

/**
 * PEM of the CAs that Vault's certificate is verified with, when they are not the system's.
 * @throws ConfigurationError when the file cannot be read
 */
export async function vaultCaOf({ vault }: Settings): Promise<string | undefined> {
  if (vault.address === undefined || vault.caFile === undefined) return undefined;
  try {
    return await readFile(vault.caFile, 'utf8');
  } catch {
    throw new ConfigurationError([`${vault.caFile}: the CA certificates of Vault cannot be read`]);
  }
}
