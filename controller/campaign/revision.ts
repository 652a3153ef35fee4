import { createHash } from 'node:crypto';
import type { EntitiesSource } from '../../src/admission/campaign.ts';
import type { EffectiveProviders } from '../../src/admission/providers.ts';
import type { Campaign } from '../../src/api/index.ts';

/** Hash of everything that a session of the campaign is configured with; keys enter by reference only. */
export function revisionOf(
  campaign: Pick<Campaign, 'spec'>,
  providers: EffectiveProviders,
  entities: EntitiesSource,
): string {
  const { providers: _overrides, ...spec } = campaign.spec;
  const effective = { spec, providers, entities: entities.state === 'read' ? entities.entities : [] };
  return createHash('sha256')
    .update(JSON.stringify(sorted(effective)))
    .digest('hex')
    .slice(0, 16);
}

/** The order of keys says nothing. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, sorted(item)]),
  );
}
