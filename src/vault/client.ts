// A thin client of Vault (ADR 0015): it logs in with the pod's service account, keeps its token alive, and says what
// failed without repeating what was sent.
import { type Clock, systemClock } from '../kube/clock.ts';
import { type Fields, isFields } from './decode.ts';
import type { VaultObserver, VaultOutcome } from './observer.ts';
import { vaultPath } from './paths.ts';
import { refusal, saysTokenIsInvalid } from './refusal.ts';
import type { VaultSettings } from './settings.ts';
import { type HeldToken, TokenKeeper } from './token-keeper.ts';
import { type Answer, HttpTransport, type Transport } from './transport.ts';
import { VaultError } from './vault-error.ts';

/** For giving the token back at the end, milliseconds. */
const REVOKE_TIMEOUT_MS = 2_000;

export interface VaultLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

export interface VaultClientOptions {
  readonly settings: VaultSettings;
  /** The service account's token. Called at each login, because kubelets rotate projected tokens. */
  readonly jwt: (signal: AbortSignal) => Promise<string>;
  readonly log: VaultLog;
  readonly clock?: Clock;
  readonly observer?: VaultObserver;
  /** @defaultValue HTTP to `settings.address` */
  readonly transport?: Transport;
  /** For jitter. @defaultValue Math.random */
  readonly random?: () => number;
}

export interface VaultRequest {
  readonly method: 'GET' | 'LIST' | 'POST' | 'DELETE';
  /** Below `/v1/`: made by {@link vaultPath}, or a constant. */
  readonly path: string;
  readonly body?: object;
  readonly signal?: AbortSignal | undefined;
  /** For metrics: one of a few words. @defaultValue `other` */
  readonly operation?: string;
  /** False for paths that Vault answers without a token. @defaultValue true */
  readonly authenticated?: boolean;
}

export interface VaultAnswer {
  /** `data` of the answer; empty when there is none. Secret. */
  readonly data: Fields;
  /** How long what was read is good for, when the engine says so. */
  readonly leaseSeconds?: number;
  readonly leaseId?: string;
}

/** What `GET sys/health` says of the server that answers. */
export type VaultHealth = 'active' | 'standby' | 'sealed' | 'uninitialised' | 'unreachable';

export class VaultClient {
  readonly settings: VaultSettings;
  readonly #clock: Clock;
  readonly #observer: VaultObserver;
  readonly #transport: Transport;
  readonly #keeper: TokenKeeper;

  /** @throws VaultError of kind `invalid` when the address is no URL or the mount no path. */
  constructor(options: VaultClientOptions) {
    const { settings } = options;
    this.settings = settings;
    this.#clock = options.clock ?? systemClock;
    this.#observer = options.observer ?? {};
    this.#transport = options.transport ?? new HttpTransport(settings);
    const loginPath = vaultPath('auth', settings.auth.mount, 'login');
    this.#keeper = new TokenKeeper({
      requests: {
        login: async (signal) => {
          const body = { role: settings.auth.role, jwt: await readJwt(options.jwt, signal) };
          return this.#ok({ method: 'POST', path: loginPath, operation: 'auth.login', body, signal });
        },
        renew: (token, signal) =>
          this.#ok(
            { method: 'POST', path: 'auth/token/renew-self', operation: 'auth.renew', body: {}, signal },
            token,
          ),
      },
      clock: this.#clock,
      log: options.log,
      observer: this.#observer,
      ...(options.random ? { random: options.random } : {}),
    });
  }

  get loggedIn(): boolean {
    return this.#keeper.loggedIn;
  }

  /** Why there is no token. Undefined while there is one, and before the first attempt. */
  get problem(): VaultError | undefined {
    return this.#keeper.problem;
  }

  /** Keeps the token alive until the signal aborts. Requests work without it, and log in when they must. */
  run(signal: AbortSignal): Promise<void> {
    return this.#keeper.run(signal);
  }

  /**
   * One request, with a token. A token that Vault does not accept any more is replaced by a new login, once; nothing
   * else is repeated: callers know when to come back.
   *
   * @throws VaultError, or the signal's reason when it aborts
   */
  async request(request: VaultRequest): Promise<VaultAnswer> {
    if (request.authenticated === false) return answered(await this.#ok(request));
    let held = await this.#keeper.token(request.signal);
    let answer = await this.#exchange(request, held.token);
    if (answer.status === 403 && this.#tokenMayBeDead(held, answer)) {
      held = await this.#keeper.replace(held, request.signal);
      answer = await this.#exchange(request, held.token);
    }
    return answered(this.#checked(request, answer));
  }

  /** Asks the server itself; needs no token. */
  async health(signal?: AbortSignal): Promise<VaultHealth> {
    try {
      const { status } = await this.#transport.send({
        method: 'GET',
        path: 'sys/health',
        namespaced: false,
        signal,
      });
      if (status === 200) return 'active';
      if (status === 429 || status === 472 || status === 473) return 'standby';
      if (status === 501) return 'uninitialised';
      return status === 503 ? 'sealed' : 'unreachable';
    } catch (error) {
      if (error instanceof VaultError) return 'unreachable';
      throw error;
    }
  }

  /** Gives the token back (for two seconds at most) and closes the connections. May be called twice. */
  async close(): Promise<void> {
    const held = this.#keeper.end();
    if (held) {
      const signal = AbortSignal.timeout(REVOKE_TIMEOUT_MS);
      const path = 'auth/token/revoke-self';
      await this.#ok({ method: 'POST', path, operation: 'auth.revoke', body: {}, signal }, held.token).catch(
        // It ends by itself; there is nobody to do better.
        () => {},
      );
    }
    this.#transport.close();
  }

  #tokenMayBeDead(held: HeldToken, answer: Answer): boolean {
    return saysTokenIsInvalid(answer.body) || this.#keeper.mayBeStale(held);
  }

  async #ok(request: VaultRequest, token?: string): Promise<unknown> {
    return this.#checked(request, await this.#exchange(request, token));
  }

  #checked(request: VaultRequest, { status, body }: Answer): unknown {
    if (status >= 200 && status < 300) return body;
    throw refusal({ method: request.method, path: request.path, status, body });
  }

  async #exchange(request: VaultRequest, token?: string): Promise<Answer> {
    const { method, path, body, signal, operation = 'other' } = request;
    const began = this.#clock.monotonic();
    const observe = (outcome: VaultOutcome) =>
      this.#observer.request?.(operation, outcome, (this.#clock.monotonic() - began) / 1000);
    try {
      const answer = await this.#transport.send({
        method,
        path,
        body,
        signal,
        ...(token === undefined ? {} : { token }),
      });
      observe(answer.status < 300 ? 'ok' : refusal({ method, path, ...answer }).kind);
      return answer;
    } catch (error) {
      observe(error instanceof VaultError ? error.kind : 'aborted');
      throw error;
    }
  }
}

async function readJwt(jwt: VaultClientOptions['jwt'], signal: AbortSignal): Promise<string> {
  try {
    return await jwt(signal);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof VaultError) throw error;
    // Not the cause's text: whatever reads tokens may quote one.
    const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
    throw new VaultError('unreachable', `The service account's token for Vault could not be had${code}`);
  }
}

function answered(body: unknown): VaultAnswer {
  if (!isFields(body)) return { data: {} };
  const { data, lease_duration: seconds, lease_id: id } = body;
  return {
    data: isFields(data) ? data : {},
    ...(typeof seconds === 'number' && seconds > 0 ? { leaseSeconds: seconds } : {}),
    ...(typeof id === 'string' && id !== '' ? { leaseId: id } : {}),
  };
}
