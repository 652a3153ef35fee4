/** Vault as Skald uses it: Transit for tokens at rest, KV for secrets that others keep, PKI for certificates. */
export {
  type VaultAnswer,
  VaultClient,
  type VaultClientOptions,
  type VaultHealth,
  type VaultLog,
  type VaultRequest,
} from './client.ts';
export { KeyValue, type SecretArea, type SecretValue } from './key-value.ts';
export { BOT_SERVICE_ACCOUNT, PKI_ROLES, VAULT_ROLES } from './names.ts';
export type { VaultObserver, VaultOutcome } from './observer.ts';
export { vaultPath } from './paths.ts';
export { Pki, type SignedCertificate, type SignRequest } from './pki.ts';
export {
  VAULT_AUDIENCE,
  type VaultSettings,
  type VaultSettingsInput,
  vaultSettings,
  vaultSettingsSchema,
} from './settings.ts';
export { tokenFile } from './token-file.ts';
export { ciphertextVersion, isCiphertext, Transit, transitKeyOf } from './transit.ts';
export { VaultError, type VaultErrorKind } from './vault-error.ts';
