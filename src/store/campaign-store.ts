// What a tenant's database knows of its campaigns: which one a server starts, and what was played.
import type { Database } from './database.ts';
import { number, optionalTime, text } from './row.ts';

export interface CampaignHistory {
  readonly sessions: number;
  /** Of the sessions that have ended. */
  readonly seconds: number;
  /** Start of the last one. */
  readonly last: Date | undefined;
}

export class CampaignStore {
  readonly #database: Pick<Database, 'query'>;

  constructor(database: Pick<Database, 'query'>) {
    this.#database = database;
  }

  /** The campaign that `/session start` takes on this server when none is named. @throws {StoreError} */
  async loaded(guildId: string): Promise<string | undefined> {
    const [row] = await this.#database.query(
      `read the campaign that server ${guildId} has loaded`,
      'SELECT campaign FROM loaded_campaigns WHERE guild_id = $1',
      [guildId],
    );
    return row === undefined ? undefined : text(row, 'campaign');
  }

  /** The last one counts. @throws {StoreError} */
  async load(guildId: string, campaign: string, userId: string): Promise<void> {
    await this.#database.query(
      `keep the campaign that server ${guildId} has loaded`,
      `INSERT INTO loaded_campaigns (guild_id, campaign, loaded_by) VALUES ($1, $2, $3)
       ON CONFLICT (guild_id) DO UPDATE SET
         campaign = excluded.campaign, loaded_by = excluded.loaded_by, loaded_at = excluded.loaded_at`,
      [guildId, campaign, userId],
    );
  }

  /** Of the sessions in voice channels. @throws {StoreError} */
  async history(campaign: string): Promise<CampaignHistory> {
    const [row] = await this.#database.query(
      `read what was played of ${campaign}`,
      `SELECT count(*) AS sessions, max(started_at) AS last,
         coalesce(sum(extract(epoch FROM ended_at - started_at)), 0)::double precision AS seconds
       FROM sessions WHERE campaign = $1 AND voice_channel_id <> ''`,
      [campaign],
    );
    if (row === undefined) return { sessions: 0, seconds: 0, last: undefined };
    return {
      sessions: number(row, 'sessions'),
      seconds: number(row, 'seconds'),
      last: optionalTime(row, 'last'),
    };
  }
}
