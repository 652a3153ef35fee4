import { VaultError } from './vault-error.ts';

/** Why something that needs Vault does not work, as a condition says it (`src/api/reasons.ts`). */
export type VaultTrouble = 'VaultUnavailable' | 'VaultDenied' | 'VaultSecretMissing' | 'VaultRefused';

const TROUBLES = {
  unreachable: 'VaultUnavailable',
  sealed: 'VaultUnavailable',
  denied: 'VaultDenied',
  'not-found': 'VaultSecretMissing',
  invalid: 'VaultRefused',
} as const satisfies Record<VaultError['kind'], VaultTrouble>;

export function vaultTrouble(error: VaultError): VaultTrouble {
  return TROUBLES[error.kind];
}

/** While something waits for Vault: at most 15 s after its return it is tried again, and not by all at once. */
export const VAULT_RETRY = { baseMs: 500, maxMs: 15_000, jitter: 0.5 } as const;

/** @throws what is no failure of Vault */
export function asVaultError(error: unknown): VaultError {
  if (error instanceof VaultError) return error;
  throw error;
}

/** An interval as it is used: a tenth more or less, so that many who began together do not stay together. */
export function jittered(ms: number, random: () => number = Math.random): number {
  return ms * (0.9 + 0.2 * random());
}
