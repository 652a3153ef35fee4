/**
 * What went wrong, as callers decide by it: `unreachable` (nobody answered, or only that it cannot answer now),
 * `sealed`, `denied` (by policy, or the login was refused), `not-found`, `invalid` (this request never succeeds).
 */
export type VaultErrorKind = 'unreachable' | 'sealed' | 'denied' | 'not-found' | 'invalid';

/**
 * A request to Vault that failed. The message says what was asked and what happened in this project's own words: no
 * part of a request's or an answer's body is in it, because both can hold a secret. It has no cause for the same reason.
 */
export class VaultError extends Error {
  override readonly name = 'VaultError';
  readonly kind: VaultErrorKind;
  /** HTTP status code, when Vault answered. */
  readonly status: number | undefined;

  constructor(kind: VaultErrorKind, message: string, status?: number) {
    super(message);
    this.kind = kind;
    this.status = status;
  }

  /** The same request can succeed later, without anybody changing it. */
  get temporary(): boolean {
    return this.kind === 'unreachable' || this.kind === 'sealed';
  }
}
