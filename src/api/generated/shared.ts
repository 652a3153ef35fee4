// Generated from crds/ by `npm run generate`. Do not edit.

/** A key of a Secret in this namespace that holds a bearer token. */
export interface SecretKeyRef {
  /** Name of the Secret. */
  readonly name: string;
  /** Key inside the Secret. */
  readonly key: string;
}

/** Where the API key is in Vault, instead of `apiKeySecretRef`. */
export interface VaultRef {
  /**
   * Path of the secret in Vault's key-value store (version 2), with the mount and `data`, in the tenant's own
   * part: `<mount>/data/<prefix>/<namespace>/providers/...`, for example
   * `secret/data/skald/skald-demo/providers/openai`.
   */
  readonly path: string;
  /** Key inside that secret. */
  readonly key: string;
}

/** What the AI providers of one session may cost, in US dollars. */
export interface SpendLimit {
  /** From this many US dollars on no new turn is taken; people are told, aloud and in text. */
  readonly soft?: number;
  /** At this many US dollars the session ends with SpendCap. */
  readonly hard?: number;
}
