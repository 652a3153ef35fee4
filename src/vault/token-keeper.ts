// The life of the client's own token: login, renewal, login again. One attempt at a time, whoever asks.
import { Backoff } from '../kube/backoff.ts';
import type { Clock } from '../kube/clock.ts';
import { fieldsAt, isFields, numberAt, textAt } from './decode.ts';
import type { VaultObserver } from './observer.ts';
import { VaultError } from './vault-error.ts';

/** A token is renewed after this share of its life, less up to JITTER of it: the third that is left is for faults. */
const RENEW_AT = 2 / 3;
const JITTER = 0.1;
/** While Vault does not answer or refuses us: pauses between attempts. */
const RETRY = { baseMs: 500, maxMs: 15_000, jitter: 0.5 } as const;
/** A token that is older than this may be dead when a request is denied: see {@link TokenKeeper.mayBeStale}. */
const STALE_MS = 60_000;
/** Vault counts whole seconds; a token is not used in its last moment. */
const MARGIN_MS = 500;

export interface HeldToken {
  /** Secret. */
  readonly token: string;
}

interface Held extends HeldToken {
  /** Monotonic milliseconds. */
  readonly since: number;
  readonly ttlMs: number;
  /** Life at login; a renewal that grants less has met the maximum. */
  readonly fullTtlMs: number;
  readonly renewable: boolean;
}

/** The three requests that concern the token itself. Each throws VaultError. */
export interface TokenRequests {
  login(signal: AbortSignal): Promise<unknown>;
  renew(token: string, signal: AbortSignal): Promise<unknown>;
}

export interface TokenKeeperOptions {
  readonly requests: TokenRequests;
  readonly clock: Clock;
  readonly log: {
    info(fields: object, message: string): void;
    warn(fields: object, message: string): void;
  };
  readonly observer: VaultObserver;
  /** @defaultValue Math.random */
  readonly random?: () => number;
}

export class TokenKeeper {
  readonly #o: TokenKeeperOptions;
  readonly #random: () => number;
  readonly #backoff: Backoff;
  readonly #end = new AbortController();
  #held: Held | undefined;
  #login: Promise<Held> | undefined;
  /** Of the last login. A renewal that failed says nothing about logins. */
  #failure: { readonly error: VaultError; readonly until: number } | undefined;
  /** When {@link run} tries again, monotonic milliseconds. */
  #retryAt = 0;
  #reported = false;

  constructor(options: TokenKeeperOptions) {
    this.#o = options;
    this.#random = options.random ?? Math.random;
    this.#backoff = new Backoff(RETRY, this.#random);
  }

  /** Why there is no token; undefined while there is one, and before the first attempt. */
  get problem(): VaultError | undefined {
    return this.#usable() ? undefined : this.#failure?.error;
  }

  get loggedIn(): boolean {
    return this.#usable() !== undefined;
  }

  /**
   * A token that should be good: the one that is held, or a new login's. While logins fail, the last failure is thrown
   * at once and Vault is asked again only when its pause is over.
   */
  async token(signal?: AbortSignal): Promise<HeldToken> {
    return this.#usable() ?? (await this.#logIn(signal));
  }

  /** Vault has refused this token: another one, from a new login unless there has been one since. */
  async replace(refused: HeldToken, signal?: AbortSignal): Promise<HeldToken> {
    if (this.#held === refused) this.#drop();
    return this.token(signal);
  }

  /**
   * Whether a denial may mean that the token is dead. Older versions of Vault do not tell that from a missing
   * permission, and a token keeps the policies of its login: one new login a minute finds out about both.
   */
  mayBeStale(held: HeldToken): boolean {
    return held !== this.#held || this.#o.clock.monotonic() - this.#held.since > STALE_MS;
  }

  /** Keeps a token alive until the signal aborts or `end`. Without it, tokens are made when a request needs one. */
  async run(until: AbortSignal): Promise<void> {
    const signal = AbortSignal.any([until, this.#end.signal]);
    while (!signal.aborted) {
      try {
        const held = this.#usable() ?? (await this.#logIn(signal));
        await this.#pauseUntilDue(held, signal);
        // Somebody else may have logged in since.
        if (!signal.aborted && this.#held === held) await this.#prolong(held, signal);
      } catch {
        if (signal.aborted) return;
        await this.#pause(Math.max(RETRY.baseMs, this.#retryAt - this.#o.clock.monotonic()), signal);
      }
    }
  }

  /** The token that is held, for its revocation; afterwards there is none, and no login starts any more. */
  end(): HeldToken | undefined {
    const held = this.#held;
    this.#end.abort(new VaultError('unreachable', 'The Vault client is closed.'));
    this.#drop();
    return held;
  }

  async #prolong(held: Held, signal: AbortSignal): Promise<void> {
    // What cannot be renewed to its full life any more is near its maximum: a new one is made while this one works.
    if (!held.renewable || held.ttlMs < held.fullTtlMs - 1000) {
      await this.#logIn(signal);
      return;
    }
    const at = this.#o.clock.monotonic();
    try {
      const auth = authOf(
        await this.#o.requests.renew(held.token, this.#end.signal),
        'auth/token/renew-self',
      );
      if (this.#held !== held) return;
      this.#hold({ ...held, since: at, ttlMs: auth.ttlMs, renewable: auth.renewable });
    } catch (error) {
      if (signal.aborted || !(error instanceof VaultError)) throw error;
      if (error.temporary) {
        // The token lives on; its last third is for this.
        this.#retryLater(error, 'The token for Vault could not be renewed; trying again');
        throw error;
      }
      if (this.#held === held) this.#drop();
      await this.#logIn(signal);
    }
  }

  /** Callers share one attempt; one that gives up does not end it for the others. */
  async #logIn(signal: AbortSignal | undefined): Promise<Held> {
    this.#end.signal.throwIfAborted();
    if (this.#login === undefined) {
      if (this.#failure && this.#failure.until > this.#o.clock.monotonic()) throw this.#failure.error;
      const attempt = this.#newToken().finally(() => {
        if (this.#login === attempt) this.#login = undefined;
      });
      // A caller that has given up leaves nobody to see the failure.
      attempt.catch(() => {});
      this.#login = attempt;
    }
    return unlessAborted(this.#login, signal);
  }

  async #newToken(): Promise<Held> {
    const since = this.#o.clock.monotonic();
    try {
      const auth = authOf(await this.#o.requests.login(this.#end.signal), 'login');
      this.#end.signal.throwIfAborted();
      const { token, ttlMs, renewable } = auth;
      const held = { token, since, ttlMs, fullTtlMs: ttlMs, renewable };
      this.#hold(held);
      this.#o.log.info({ ttlSeconds: ttlMs / 1000, renewable }, 'Logged in to Vault');
      return held;
    } catch (error) {
      this.#end.signal.throwIfAborted();
      const known =
        error instanceof VaultError ? error : new VaultError('invalid', 'The login at Vault failed.');
      const until = this.#retryLater(known, 'The login at Vault failed; trying again');
      this.#failure = { error: known, until };
      throw known;
    }
  }

  #hold(held: Held): void {
    this.#held = held;
    this.#failure = undefined;
    this.#backoff.reset();
    this.#report(true);
  }

  #drop(): void {
    this.#held = undefined;
    this.#report(false);
  }

  /** @returns when, monotonic milliseconds */
  #retryLater(error: VaultError, message: string): number {
    const pauseMs = Math.min(this.#backoff.next(), this.#longestPauseMs());
    this.#retryAt = this.#o.clock.monotonic() + pauseMs;
    this.#o.log.warn({ err: error, kind: error.kind, retryInMs: Math.round(pauseMs) }, message);
    this.#report(this.#usable() !== undefined);
    return this.#retryAt;
  }

  /** While a token lives, its end is not slept through: there is always another attempt before it. */
  #longestPauseMs(): number {
    const held = this.#usable();
    if (held === undefined || held.ttlMs === 0) return RETRY.maxMs;
    return Math.max(RETRY.baseMs, (held.since + held.ttlMs - this.#o.clock.monotonic()) / 3);
  }

  #report(held: boolean): void {
    if (held === this.#reported) return;
    this.#reported = held;
    this.#o.observer.loggedIn?.(held);
  }

  #usable(): Held | undefined {
    const held = this.#held;
    // Tokens without an end (lease 0) are not for programs, but a role can be set up to give them.
    if (held === undefined || held.ttlMs === 0) return held;
    return this.#o.clock.monotonic() < held.since + held.ttlMs - MARGIN_MS ? held : undefined;
  }

  async #pauseUntilDue(held: Held, signal: AbortSignal): Promise<void> {
    const share = RENEW_AT - JITTER * this.#random();
    const dueIn = held.since + held.ttlMs * share - this.#o.clock.monotonic();
    // An endless token is looked at daily: it may have been replaced by then.
    await this.#pause(held.ttlMs === 0 ? 86_400_000 : dueIn, signal);
  }

  async #pause(forMs: number, signal: AbortSignal): Promise<void> {
    await this.#o.clock.sleep(Math.max(0, forMs), signal).catch(() => {});
  }
}

function authOf(body: unknown, where: string): { token: string; ttlMs: number; renewable: boolean } {
  const auth = fieldsAt(body, 'auth', where);
  const ttl = numberAt(auth, 'lease_duration', where);
  return {
    token: textAt(auth, 'client_token', where),
    ttlMs: ttl * 1000,
    renewable: isFields(auth) && auth.renewable === true,
  };
}

function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
