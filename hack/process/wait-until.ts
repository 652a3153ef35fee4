import { setTimeout as delay } from 'node:timers/promises';

export interface WaitOptions {
  /** What is awaited, as it completes "Waited 30 s for ...". */
  what: string;
  /** Milliseconds after which the wait fails. */
  deadlineMs: number;
  /** Milliseconds between two looks. @defaultValue 50 */
  everyMs?: number;
  signal?: AbortSignal | undefined;
  /** Throws when waiting has become pointless, e.g. because the process that should answer has died. */
  check?: () => void;
  /** Added to the error of a missed deadline, e.g. the end of a log. */
  detail?: () => string;
}

/**
 * Polls a real condition until it holds and returns its value. A condition that throws counts as "not yet"; the last
 * error becomes the cause of the failure.
 */
export async function waitUntil<T>(
  condition: (signal: AbortSignal) => Promise<T | undefined | false>,
  options: WaitOptions,
): Promise<T> {
  const end = AbortSignal.timeout(options.deadlineMs);
  const signal = options.signal ? AbortSignal.any([end, options.signal]) : end;
  let cause: unknown;
  for (;;) {
    options.signal?.throwIfAborted();
    options.check?.();
    if (end.aborted) break;
    try {
      const value = await condition(signal);
      if (value !== undefined && value !== false) return value;
    } catch (error) {
      cause = error;
    }
    await delay(options.everyMs ?? 50);
  }
  const detail = options.detail?.();
  throw new Error(
    `Waited ${Math.round(options.deadlineMs / 1000)} s for ${options.what}, in vain${detail ? `:\n${detail}` : ''}`,
    { cause },
  );
}
