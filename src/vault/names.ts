// What Skald's things are called in Vault: `skald vault setup` makes them, the programs use them.

/** Auth roles, and the policies that each has alone. */
export const VAULT_ROLES = {
  /** The operator's own service account. */
  controller: 'skald-controller',
  /** A tenant's service account {@link BOT_SERVICE_ACCOUNT}, whichever namespace it is in. */
  bot: 'skald-bot',
} as const;

/**
 * In each tenant's namespace. Whoever Kubernetes allows to make a token of it, the tenant's gateway, is to Vault the
 * reader of that tenant's bot token. No pod runs under it.
 */
export const BOT_SERVICE_ACCOUNT = 'skald-bot';

/** Roles of the PKI mount. */
export const PKI_ROLES = {
  worker: 'skald-worker',
  gateway: 'skald-gateway',
  operator: 'skald-operator',
} as const;
