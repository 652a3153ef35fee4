/**
 * A role's provider and the one that takes its place. Who is asked is decided before anything of an answer is used; once
 * its first piece is there, it is this provider's to the end, so that nobody ever hears both.
 */

import type { Admission, Breaker } from './breaker.ts';
import type { ProviderEndpoint } from './http.ts';
import { abortableSleep, ProviderError } from './retry.ts';
import type { ProviderService } from './service.ts';

export interface Candidate<Client> {
  readonly endpoint: ProviderEndpoint;
  readonly client: Client;
}

/** An answer that has begun. */
export interface Served<Client, Value> extends Candidate<Client> {
  readonly value: Value;
  /**
   * What became of it. To be called when it is over; later calls change nothing.
   *
   * @param failure undefined: it came to its end, or was not wanted any more
   */
  readonly over: (failure?: unknown) => void;
}

export interface Admitted<Client> extends Omit<Served<Client, never>, 'value'> {
  /** Instead of `over`: it was not asked after all, or not to the end. */
  readonly abandon: () => void;
}

export interface Asking {
  readonly signal: AbortSignal;
  /** How long the first may take to begin before the other is asked instead, tries included, milliseconds. */
  readonly patienceMs: number;
}

export class Standby<Client> {
  readonly first: Candidate<Client>;
  readonly second: Candidate<Client> | undefined;
  private readonly service: ProviderService;
  private readonly troubles = new Map<ProviderEndpoint, string>();

  constructor(first: Candidate<Client>, second: Candidate<Client> | undefined, service: ProviderService) {
    this.first = first;
    this.second = second;
    this.service = service;
  }

  /**
   * @param begin asks one of them, until there is something of the answer
   * @throws what the last of them threw; ProviderError when nobody may be asked; the abort reason when aborted
   */
  async serve<Value>(
    begin: (client: Client, signal: AbortSignal, endpoint: ProviderEndpoint) => Promise<Value>,
    { signal, patienceMs }: Asking,
  ): Promise<Served<Client, Value>> {
    signal.throwIfAborted();
    const { first, second } = this;
    let why: string;
    try {
      const served = await this.ask(first, begin, signal, second && patienceMs);
      this.service.serves(first.endpoint, undefined);
      return served;
    } catch (error) {
      signal.throwIfAborted();
      if (second === undefined) throw error;
      why = messageOf(error);
    }
    return await this.takeOver(second, begin, signal, why);
  }

  /** @param why the first does not serve */
  async takeOver<Value>(
    second: Candidate<Client>,
    begin: (client: Client, signal: AbortSignal, endpoint: ProviderEndpoint) => Promise<Value>,
    signal: AbortSignal,
    why: string,
  ): Promise<Served<Client, Value>> {
    const served = await this.ask(second, begin, signal, undefined);
    this.service.serves(second.endpoint, why);
    return served;
  }

  /** Whoever may be asked now: for what is fed long before it answers. Undefined: nobody. */
  admit(): Admitted<Client> | undefined {
    for (const candidate of [this.first, this.second]) {
      const admission = candidate && this.breakerOf(candidate).admit(this.service.now);
      if (candidate === undefined || admission === undefined) continue;
      return { ...candidate, over: this.verdict(candidate, admission), abandon: admission.abandoned };
    }
    return undefined;
  }

  private async ask<Value>(
    candidate: Candidate<Client>,
    begin: (client: Client, signal: AbortSignal, endpoint: ProviderEndpoint) => Promise<Value>,
    signal: AbortSignal,
    patienceMs: number | undefined,
  ): Promise<Served<Client, Value>> {
    const { endpoint, client } = candidate;
    const admission = this.breakerOf(candidate).admit(this.service.now);
    if (admission === undefined) throw this.refusal(candidate);
    const own = new AbortController();
    const both = AbortSignal.any([signal, own.signal]);
    try {
      const beginning = begin(client, both, endpoint);
      const value = await (patienceMs === undefined
        ? beginning
        : within(beginning, patienceMs, endpoint, signal));
      return { endpoint, client, value, over: this.verdict(candidate, admission) };
    } catch (error) {
      own.abort(error);
      if (signal.aborted) admission.abandoned();
      else this.verdict(candidate, admission)(error);
      signal.throwIfAborted();
      throw error;
    }
  }

  private verdict({ endpoint }: Candidate<Client>, admission: Admission): (failure?: unknown) => void {
    let over = false;
    return (failure) => {
      if (over) return;
      over = true;
      if (failure === undefined) {
        admission.succeeded();
        return;
      }
      this.troubles.set(endpoint, messageOf(failure));
      if (isOwnFault(failure)) admission.abandoned();
      else admission.failed(this.service.now);
    };
  }

  private breakerOf({ endpoint }: Candidate<Client>): Breaker {
    return this.service.breakerOf(endpoint, this.second === undefined);
  }

  private refusal(candidate: Candidate<Client>): ProviderError {
    const { role, baseUrl } = candidate.endpoint;
    const seconds = Math.ceil(this.breakerOf(candidate).remainingMs(this.service.now) / 1000);
    const trouble = this.troubles.get(candidate.endpoint) ?? `${role}: ${baseUrl} kept failing`;
    return new ProviderError(role, `${trouble} (it is not asked again for ${seconds} s)`, {
      retryable: false,
    });
  }
}

/** The request's own, whoever is asked: it says nothing of the provider. */
function isOwnFault(error: unknown): boolean {
  return error instanceof ProviderError && [400, 413, 422].includes(error.status ?? 0);
}

/** @throws ProviderError when it takes longer; whatever `beginning` throws; the abort reason when aborted */
export async function within<Value>(
  beginning: Promise<Value>,
  ms: number,
  { role, baseUrl }: ProviderEndpoint,
  signal: AbortSignal,
): Promise<Value> {
  const over = new AbortController();
  const tooLong = abortableSleep(ms, AbortSignal.any([signal, over.signal])).then(() => {
    throw new ProviderError(role, `${role}: ${baseUrl} did not answer within ${ms} ms`, {});
  });
  // Whoever comes second is not waited for.
  tooLong.catch(() => {});
  beginning.catch(() => {});
  try {
    return await Promise.race([beginning, tooLong]);
  } finally {
    over.abort();
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
