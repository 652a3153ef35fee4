/**
 * What is known of a session's providers beyond one request: how often each fails, who serves a role at the moment, and
 * what each has been used for. It outlives the configuration: to mute an NPC makes no broken provider whole.
 */
import type { ProviderRole } from '../../src/api/provider-roles.ts';
import type { Counters, UsedProvider } from '../../src/store/index.ts';
import { Breaker, breakerDefaults } from './breaker.ts';
import type { ProviderEndpoint } from './http.ts';

export interface ProviderServiceParts {
  /** What was used of a provider, and what it cost. */
  readonly count: (usage: Partial<Counters>, provider: UsedProvider) => void;
  /** A role is served by its fallback, and why; undefined: none is. */
  readonly onFallback: (message: string | undefined) => void;
  /** Milliseconds. */
  readonly now: () => number;
}

/** Units of the roles that are counted: see `UsedProvider`. */
const UNITS = { stt: 'sttSeconds', llm: 'llmTokens', tts: 'ttsCharacters' } as const;

/** With nobody to take its place, a provider is tried again sooner, milliseconds. */
const ALONE_OPEN_MS = 5000;

export class ProviderService {
  private readonly parts: ProviderServiceParts;
  private readonly breakers = new Map<string, Breaker>();
  private readonly fallbacks = new Map<
    ProviderRole,
    { readonly endpoint: ProviderEndpoint; readonly why: string }
  >();
  private said: string | undefined;

  constructor(parts: ProviderServiceParts) {
    this.parts = parts;
  }

  get now(): number {
    return this.parts.now();
  }

  /** One for each provider, however often it is configured. */
  breakerOf({ role, kind, baseUrl, model }: ProviderEndpoint, alone: boolean): Breaker {
    const key = [role, kind, baseUrl, model, alone].join(' ');
    const policy = alone ? { ...breakerDefaults, openMs: ALONE_OPEN_MS } : breakerDefaults;
    const breaker = this.breakers.get(key) ?? new Breaker(policy);
    this.breakers.set(key, breaker);
    return breaker;
  }

  /** @param why its provider does not; undefined: it does */
  serves(endpoint: ProviderEndpoint, why: string | undefined): void {
    if (why === undefined) this.fallbacks.delete(endpoint.role);
    else this.fallbacks.set(endpoint.role, { endpoint, why });
    this.tell();
  }

  /** The model that serves a role now: the provider's, or its fallback's. */
  modelOf({ role, model, fallback }: ProviderEndpoint): string {
    const serving = this.fallbacks.get(role)?.endpoint;
    return serving !== undefined && serving.baseUrl === fallback?.baseUrl ? fallback.model : model;
  }

  used({ role, kind, model, pricePerUnitUSD }: ProviderEndpoint, units: number): void {
    if (units <= 0 || !isCounted(role)) return;
    this.parts.count({ [UNITS[role]]: units, spendUSD: units * pricePerUnitUSD }, { role, kind, model });
  }

  private tell(): void {
    const messages = [...this.fallbacks.values()].map(
      ({ endpoint: { role, baseUrl, model }, why }) =>
        `${role}: ${baseUrl} with model ${model} serves, because ${why}`,
    );
    const message = messages.length === 0 ? undefined : messages.join('; ');
    if (message === this.said) return;
    this.said = message;
    this.parts.onFallback(message);
  }
}

function isCounted(role: ProviderRole): role is keyof typeof UNITS {
  return Object.hasOwn(UNITS, role);
}
