/**
 * Retries for speech and language providers: only before the first byte of an answer. Afterwards half a
 * sentence may have been heard, and a second try would say it twice.
 */

export interface RetryPolicy {
  /** Tries in all. @defaultValue 3 */
  readonly tries: number;
  /** Upper bound of the first wait, milliseconds; doubles each time. @defaultValue 250 */
  readonly firstMs: number;
  /** Upper bound of every wait, milliseconds. @defaultValue 1000 */
  readonly mostMs: number;
}

export const retryDefaults = { tries: 3, firstMs: 250, mostMs: 1000 } satisfies RetryPolicy;

/** A provider answered, and not with what was asked for. */
export class ProviderError extends Error {
  override readonly name = 'ProviderError';
  /** Its role. */
  readonly provider: string;
  /** HTTP status; undefined: no answer came. */
  readonly status: number | undefined;
  /** Whether trying again may help. */
  readonly retryable: boolean;
  /** How long it wants to be left alone, milliseconds; undefined: it did not say. */
  readonly retryAfterMs: number | undefined;

  constructor(
    provider: string,
    message: string,
    options: ErrorOptions & { status?: number; retryable?: boolean; retryAfterMs?: number | undefined },
  ) {
    super(message, options);
    this.provider = provider;
    this.status = options.status;
    this.retryable = options.retryable ?? isRetryableStatus(options.status);
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** No answer, "too many requests", "request timeout" and the server's own errors; never what the request itself caused. */
export function isRetryableStatus(status: number | undefined): boolean {
  return status === undefined || status === 408 || status === 409 || status === 429 || status >= 500;
}

/**
 * `Retry-After` in milliseconds: it is a number of seconds or a date. Undefined when it is neither.
 *
 * @param now milliseconds since the epoch
 */
export function retryAfterMs(header: string | null | undefined, now = Date.now()): number | undefined {
  const text = header?.trim() ?? '';
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
  const at = text === '' ? Number.NaN : Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}

export interface RetryParts {
  readonly signal: AbortSignal;
  readonly policy?: RetryPolicy;
  /** 0..1. @defaultValue Math.random */
  readonly random?: () => number;
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/**
 * Runs `attempt` until it succeeds, fails for good, or the tries are used up. Waits are "full jitter":
 * anything between 0 and the bound, so that sessions that failed together do not come back together. A provider that
 * says when to come back is waited for, if that is no longer than the longest wait; otherwise it is not tried again.
 *
 * @throws what the last attempt threw; the abort reason when aborted.
 */
export async function withRetries<T>(attempt: () => Promise<T>, parts: RetryParts): Promise<T> {
  const policy = parts.policy ?? retryDefaults;
  const sleep = parts.sleep ?? abortableSleep;
  for (let tried = 1; ; tried++) {
    parts.signal.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      parts.signal.throwIfAborted();
      const final = error instanceof ProviderError && !error.retryable;
      const wanted = error instanceof ProviderError ? (error.retryAfterMs ?? 0) : 0;
      if (final || tried >= policy.tries || wanted > policy.mostMs) throw error;
      const bound = Math.min(policy.mostMs, policy.firstMs * 2 ** (tried - 1));
      await sleep(Math.max(wanted, (parts.random ?? Math.random)() * bound), parts.signal);
    }
  }
}

/** @throws the abort reason. */
export async function abortableSleep(ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
