/** Defaults of `skald vault setup`: those of the programs' own settings (src/vault/settings.ts) and of the chart. */
export const SETUP_DEFAULTS = {
  authType: 'kubernetes',
  audience: 'vault',
  transitMount: 'transit',
  kvMount: 'secret',
  kvPrefix: 'skald',
  pkiMount: 'skald-pki',
  trustDomain: 'skald.local',
  systemNamespace: 'skald-system',
  serviceAccount: 'skald-controller',
} as const;
