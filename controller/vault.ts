// The operator's Vault: logged in as the operator's own ServiceAccount, which may encrypt and read providers' keys, and
// neither decrypt nor read bot tokens (ADR 0015).
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import type { Metrics } from '../src/kube/index.ts';
import { ConfigurationError } from '../src/settings/index.ts';
import type { Logger } from '../src/telemetry/log.ts';
import { tokenFile, VaultClient, vaultSettings } from '../src/vault/index.ts';
import { vaultMetrics } from '../src/vault/metrics.ts';
import type { Settings } from './settings.ts';

/**
 * Undefined when the installation has no Vault. It logs in when it is first needed; whoever leads keeps the login alive
 * with `run`.
 * @throws ConfigurationError when the CA file cannot be read
 */
export async function vaultOf(
  settings: Settings,
  metrics: Metrics,
  log: Logger,
): Promise<VaultClient | undefined> {
  const vault = vaultSettings(settings.vault);
  if (vault === undefined) {
    log.warn('No Vault is configured: bot tokens are plaintext in their Secrets (SKALD_VAULT_ADDRESS)');
    return undefined;
  }
  const { caFile } = vault;
  if (caFile !== undefined) {
    await access(caFile, constants.R_OK).catch(() => {
      throw new ConfigurationError([`${caFile}: the CA certificates of Vault cannot be read`]);
    });
  }
  return new VaultClient({
    settings: vault,
    jwt: tokenFile(vault.tokenFile),
    log: log.child({ part: 'vault' }),
    observer: vaultMetrics(metrics),
  });
}
