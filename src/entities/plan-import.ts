/** What an import changes, and what becomes of each record. Pure. */
import type { Candidate, SkipReason } from './candidate.ts';
import {
  type EntityText,
  entityBytes,
  entityKey,
  MOST_ENTITIES,
  MOST_ENTITY_BYTES,
  type StoredEntity,
  sameEntity,
} from './entity.ts';
import type { FilePosition } from './file-error.ts';

/** `full`: the campaign has as many entities, or as much text, as a worker can be told. */
export type ImportSkip = SkipReason | { readonly problem: 'full' };

export type RecordResult =
  | { readonly kind: 'added' | 'updated' | 'unchanged'; readonly shortened: boolean }
  | { readonly kind: 'skipped'; readonly skipped: ImportSkip };

export interface ImportRecord {
  readonly position: FilePosition;
  readonly name: string;
  readonly result: RecordResult;
}

export interface ImportPlan {
  /** To be written. */
  readonly entities: readonly EntityText[];
  readonly records: readonly ImportRecord[];
}

export function planImport(
  candidates: readonly Candidate[],
  manifest: readonly EntityText[],
  stored: readonly StoredEntity[],
): ImportPlan {
  const kept = new Map(stored.map((entity) => [entityKey(entity.name), entity]));
  const seeds = new Map(manifest.map((entity) => [entityKey(entity.name), entity]));
  const room = new Room(seeds, kept);
  const entities: EntityText[] = [];
  const records = candidates.map(({ position, name, found }): ImportRecord => {
    if ('skipped' in found) return { position, name, result: { kind: 'skipped', skipped: found.skipped } };
    const { entity, shortened } = found;
    const key = entityKey(entity.name);
    const before = kept.get(key);
    const seed = seeds.get(key);
    const known = before ?? seed;
    const same = known !== undefined && before?.hidden !== true && sameEntity(known, entity);
    if (same) return { position, name, result: { kind: 'unchanged', shortened } };
    if (!room.take(key, entity))
      return { position, name, result: { kind: 'skipped', skipped: { problem: 'full' } } };
    entities.push(entity);
    return { position, name, result: { kind: before === undefined ? 'added' : 'updated', shortened } };
  });
  return { entities, records };
}

/** What a campaign may still take. */
class Room {
  readonly #sizes = new Map<string, number>();
  #bytes = 0;

  constructor(seeds: ReadonlyMap<string, EntityText>, kept: ReadonlyMap<string, StoredEntity>) {
    for (const [key, entity] of [...seeds, ...kept]) this.#set(key, entityBytes(entity));
  }

  take(key: string, entity: EntityText): boolean {
    const before = this.#sizes.get(key);
    const count = this.#sizes.size + (before === undefined ? 1 : 0);
    const size = entityBytes(entity);
    if (count > MOST_ENTITIES || this.#bytes - (before ?? 0) + size > MOST_ENTITY_BYTES) return false;
    this.#set(key, size);
    return true;
  }

  #set(key: string, size: number): void {
    this.#bytes += size - (this.#sizes.get(key) ?? 0);
    this.#sizes.set(key, size);
  }
}
