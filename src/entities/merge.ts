/**
 * The entities of a campaign: what people keep in the database over what the manifest says, by name. Pure.
 */
import type { Campaign } from '../api/index.ts';
import {
  type EntityText,
  entityBytes,
  entityKey,
  GAME_MASTER_SCOPE,
  isReservedScope,
  MOST_ENTITIES,
  MOST_ENTITY_BYTES,
  npcScope,
  ofManifest,
  type StoredEntity,
} from './entity.ts';

export interface ListedEntity extends EntityText {
  /** `manifest`: read-only. `changed`: of the database, over one of the manifest. `hidden`: of the manifest, not known. */
  readonly origin: 'manifest' | 'added' | 'changed' | 'hidden';
}

/** What the Campaign itself brings: its own, which win by name, and those of its ConfigMap. */
export function manifestEntities({ spec, status }: Pick<Campaign, 'spec' | 'status'>): EntityText[] {
  const byKey = new Map<string, EntityText>();
  for (const entity of [...(spec.entities ?? []), ...(status?.entities ?? [])]) {
    const key = entityKey(entity.name);
    if (!byKey.has(key)) byKey.set(key, ofManifest(entity));
  }
  return [...byKey.values()];
}

/** All of them by name, the hidden ones too. */
export function listEntities(
  manifest: readonly EntityText[],
  stored: readonly StoredEntity[],
): readonly ListedEntity[] {
  const seeds = new Map(manifest.map((entity) => [entityKey(entity.name), entity]));
  const listed = new Map<string, ListedEntity>();
  for (const [key, entity] of seeds) listed.set(key, { ...entity, origin: 'manifest' });
  for (const { hidden, ...entity } of stored) {
    const key = entityKey(entity.name);
    const seed = seeds.get(key);
    if (!hidden) listed.set(key, { ...entity, origin: seed === undefined ? 'added' : 'changed' });
    else if (seed !== undefined) listed.set(key, { ...seed, origin: 'hidden' });
  }
  return [...listed.values()].sort((one, other) => one.name.localeCompare(other.name));
}

/**
 * What a worker is told: what people keep first, so that it is the manifest's that is left out when there is too much.
 * What only the game master knows is not told.
 */
export function entitiesForWorker(
  manifest: readonly EntityText[],
  stored: readonly StoredEntity[],
): EntityText[] {
  const taken = new Set(stored.map(({ name }) => entityKey(name)));
  const own = stored.filter(({ hidden }) => !hidden);
  const seeds = manifest.filter(({ name }) => !taken.has(entityKey(name)));
  const told: EntityText[] = [];
  let bytes = 0;
  for (const { name, kind, description, knowledge } of [...own, ...seeds]) {
    if (knowledge.includes(GAME_MASTER_SCOPE)) continue;
    const entity = { name, kind, description, knowledge: [...knowledge] };
    bytes += entityBytes(entity);
    if (told.length === MOST_ENTITIES || bytes > MOST_ENTITY_BYTES) break;
    told.push(entity);
  }
  return told;
}

/** The scopes of an NPC: those that the manifest gives it, none that is reserved, and the one of its own name. */
export function scopesOfNpc(npc: {
  readonly name: string;
  readonly knowledge?: readonly string[] | undefined;
}): string[] {
  return [...(npc.knowledge ?? []).filter((scope) => !isReservedScope(scope)), npcScope(npc.name)];
}
