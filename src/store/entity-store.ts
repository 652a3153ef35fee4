// What people keep of a campaign's world, in the tenant's schema. Every method throws StoreError.
import { type EntityText, entityKey, type StoredEntity } from '../entities/entity.ts';
import type { Database, Row } from './database.ts';
import { flag, number, text, texts } from './row.ts';

/** What became of each entity, by its key (see entityKey). */
export type PutResult = ReadonlyMap<string, 'added' | 'updated' | 'unchanged'>;

/**
 * All or nothing: what exists with other values is changed, what exists as it is is left alone. What was hidden is seen
 * again.
 */
const PUT = `
  WITH given AS (
    SELECT * FROM jsonb_to_recordset($2::jsonb)
      AS given (key text, name text, kind text, description text, knowledge text[])
  ), written AS (
    INSERT INTO entities AS known (campaign, key, name, kind, description, knowledge)
    SELECT $1, key, name, kind, description, knowledge FROM given
    ON CONFLICT (campaign, key) DO UPDATE SET
      name = excluded.name, kind = excluded.kind, description = excluded.description,
      knowledge = excluded.knowledge, hidden = false, updated_at = clock_timestamp()
    WHERE (known.name, known.kind, known.description, known.knowledge, known.hidden)
      IS DISTINCT FROM (excluded.name, excluded.kind, excluded.description, excluded.knowledge, false)
    RETURNING key, created_at = now() AS added
  )
  SELECT key, added FROM written`;

export class EntityStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async list(campaign: string): Promise<readonly StoredEntity[]> {
    const rows = await this.#database.query(
      `read the entities of ${campaign}`,
      'SELECT name, kind, description, knowledge, hidden FROM entities WHERE campaign = $1 ORDER BY key',
      [campaign],
    );
    return rows.map(entityOf);
  }

  /** Another value after every change. */
  async version(campaign: string): Promise<string> {
    const [row] = await this.#database.query(
      `look for changed entities of ${campaign}`,
      `SELECT count(*) AS count, coalesce(max(updated_at)::text, '') AS latest
       FROM entities WHERE campaign = $1`,
      [campaign],
    );
    return row === undefined ? '' : `${number(row, 'count')} ${text(row, 'latest')}`;
  }

  /** Names differ in more than case and spaces. All are written, or none. */
  async put(campaign: string, entities: readonly EntityText[]): Promise<PutResult> {
    const given = entities.map((entity) => ({ ...entity, key: entityKey(entity.name) }));
    const rows = await this.#database.query(`write ${given.length} entities of ${campaign}`, PUT, [
      campaign,
      JSON.stringify(given),
    ]);
    const written = new Map(rows.map((row) => [text(row, 'key'), flag(row, 'added')]));
    return new Map(
      given.map(({ key }) => {
        const added = written.get(key);
        return [key, added === undefined ? 'unchanged' : added ? 'added' : 'updated'];
      }),
    );
  }

  /** @returns whether there was one */
  async remove(campaign: string, name: string): Promise<boolean> {
    const rows = await this.#database.query(
      `remove an entity of ${campaign}`,
      'DELETE FROM entities WHERE campaign = $1 AND key = $2 RETURNING key',
      [campaign, entityKey(name)],
    );
    return rows.length > 0;
  }

  /** Nobody knows of the manifest's entity any more. */
  async hide(campaign: string, name: string): Promise<void> {
    await this.#database.query(
      `hide an entity of ${campaign}`,
      `INSERT INTO entities (campaign, key, name, description, hidden) VALUES ($1, $2, $3, '', true)
       ON CONFLICT (campaign, key) DO UPDATE SET hidden = true, updated_at = clock_timestamp()`,
      [campaign, entityKey(name), name],
    );
  }
}

function entityOf(row: Row): StoredEntity {
  return {
    name: text(row, 'name'),
    kind: text(row, 'kind'),
    description: text(row, 'description'),
    knowledge: texts(row, 'knowledge'),
    hidden: flag(row, 'hidden'),
  };
}
