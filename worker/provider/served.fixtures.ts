/** Providers of one role that do as they are told, and what became known of them. */
import type { ProviderRole } from '../../src/api/provider-roles.ts';
import type { Counters, UsedProvider } from '../../src/store/index.ts';
import type { ProviderEndpoint } from './http.ts';
import { ProviderService } from './service.ts';

export function anEndpoint(role: ProviderRole, change: Partial<ProviderEndpoint> = {}): ProviderEndpoint {
  return {
    role,
    kind: 'openai',
    baseUrl: 'https://first.example/v1',
    model: 'first',
    apiKey: undefined,
    reach: 'public',
    pricePerUnitUSD: 1,
    ...change,
  };
}

/** A fallback of another kind, at another price. */
export function aSecond(role: ProviderRole): ProviderEndpoint {
  return anEndpoint(role, {
    ...{ baseUrl: 'https://second.example/v1', model: 'second', pricePerUnitUSD: 10 },
    kind: role === 'llm' ? 'google' : 'deepgram',
  });
}

export function aService() {
  const used: [model: string, usage: Partial<Counters>][] = [];
  const told: (string | undefined)[] = [];
  const clock = { now: 0 };
  const service = new ProviderService({
    count: (usage: Partial<Counters>, { model }: UsedProvider) => used.push([model, usage]),
    onFallback: (message) => told.push(message),
    now: () => clock.now,
  });
  return { service, used, told, clock };
}
