import type { VaultErrorKind } from './vault-error.ts';

/** What the client tells its program, which makes metrics of it. Nothing here depends on what users call things. */
export interface VaultObserver {
  /**
   * One request has ended.
   * @param operation e.g. `transit.encrypt`, `auth.login`
   * @param outcome `aborted` when the caller gave it up
   */
  request?(operation: string, outcome: VaultOutcome, seconds: number): void;
  /** Whether there is a token that Vault accepts, as far as is known. Called when that changes. */
  loggedIn?(held: boolean): void;
}

export type VaultOutcome = 'ok' | VaultErrorKind | 'aborted';
