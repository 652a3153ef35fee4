/**
 * What people keep of the tenant's campaigns, as this gateway last read it. It is read when somebody asks for it, again
 * when a command of this gateway has changed it, and while a session is live in case somebody else has. A database that
 * is away keeps nobody waiting: the sessions go on with what is known.
 */
import type { StoredEntity } from '../../src/entities/entity.ts';
import type { Timer } from '../../src/kube/index.ts';
import type { Database } from '../../src/store/index.ts';
import { EntityStore } from '../../src/store/index.ts';
import type { Logger } from '../../src/telemetry/log.ts';

/** How long a session waits for the first answer, milliseconds. */
export const FIRST_READ_MS = 2_000;
/** How often it is looked whether the database is known, milliseconds. */
const SETTLE_MS = 100;
/** How soon a read that failed is tried again, milliseconds. */
export const RETRY_MS = 5_000;
/** How often it is looked whether somebody else has changed something, milliseconds. */
export const LOOK_MS = 30_000;

export interface CampaignEntitiesOptions {
  /** Undefined: not known, or there is none. */
  readonly database: () => Database | undefined;
  /** Whether `database` says all that there is to say: undefined means that there is none. */
  readonly settled: () => boolean;
  /** Campaigns that are being played. */
  readonly played: () => Iterable<string>;
  /** What {@link CampaignEntities.known} says has changed. */
  readonly changed: () => void;
  readonly clock: { setTimeout(callback: () => void, delayMs: number): Timer };
  readonly log: Logger;
}

export interface KnownEntities {
  readonly entities: readonly StoredEntity[];
  /** Nothing was read yet, and reading fails: there may be more. */
  readonly missing: boolean;
}

interface Known {
  entities: readonly StoredEntity[] | undefined;
  version: string;
  /** The first read has failed, or takes too long. */
  missing: boolean;
}

export class CampaignEntities {
  readonly #o: CampaignEntitiesOptions;
  readonly #known = new Map<string, Known>();
  #timer: Timer | undefined;
  #closed = false;

  constructor(options: CampaignEntitiesOptions) {
    this.#o = options;
    this.#schedule(RETRY_MS);
  }

  /** Undefined: being read for the first time, and `changed` will be called. */
  known(campaign: string): KnownEntities | undefined {
    const known = this.#known.get(campaign) ?? this.#begin(campaign);
    if (known.entities !== undefined) return { entities: known.entities, missing: false };
    return known.missing ? { entities: [], missing: !this.#none } : undefined;
  }

  /** As the database has it now. @throws {StoreError} */
  async read(campaign: string, database: Database): Promise<readonly StoredEntity[]> {
    const store = new EntityStore(database);
    // The version first: a change in between is then read once more, not missed.
    const version = await store.version(campaign);
    const entities = await store.list(campaign);
    const known = this.#known.get(campaign);
    if (known?.entities !== undefined && known.version === version) return known.entities;
    this.#known.set(campaign, { entities, version, missing: false });
    this.#o.changed();
    return entities;
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  /** The installation has no database, or has none for this tenant yet. */
  get #none(): boolean {
    return this.#o.database() === undefined && this.#o.settled();
  }

  #begin(campaign: string): Known {
    const known: Known = { entities: undefined, version: '', missing: this.#none };
    this.#known.set(campaign, known);
    if (known.missing) return known;
    this.#o.clock.setTimeout(() => this.#giveUpWaiting(campaign), FIRST_READ_MS);
    this.#whenSettled(() => void this.#look(campaign), FIRST_READ_MS);
    return known;
  }

  /** A gateway that has just started does not know its database at once. */
  #whenSettled(then: () => void, waitMs: number): void {
    if (this.#closed) return;
    if (this.#o.settled() || waitMs <= 0) then();
    else this.#o.clock.setTimeout(() => this.#whenSettled(then, waitMs - SETTLE_MS), SETTLE_MS);
  }

  #giveUpWaiting(campaign: string): void {
    const known = this.#known.get(campaign);
    if (this.#closed || known === undefined || known.entities !== undefined || known.missing) return;
    known.missing = true;
    this.#o.changed();
  }

  /** Reads it when it is another than what is known. */
  async #look(campaign: string): Promise<void> {
    const database = this.#o.database();
    if (database === undefined) {
      if (this.#o.settled()) this.#giveUpWaiting(campaign);
      return;
    }
    try {
      const known = this.#known.get(campaign);
      if (known?.entities !== undefined) {
        const version = await new EntityStore(database).version(campaign);
        if (version === known.version) return;
      }
      await this.read(campaign, database);
    } catch (error) {
      if (this.#closed) return;
      this.#o.log.warn({ err: error, campaign }, 'Entities could not be read');
      this.#giveUpWaiting(campaign);
    }
  }

  #schedule(delayMs: number): void {
    if (this.#closed) return;
    this.#timer = this.#o.clock.setTimeout(() => void this.#lookAgain(), delayMs);
  }

  async #lookAgain(): Promise<void> {
    const played = new Set(this.#o.played());
    for (const campaign of this.#known.keys()) if (!played.has(campaign)) this.#known.delete(campaign);
    await Promise.all([...played].map((campaign) => this.#look(campaign)));
    const all = [...played].every((campaign) => this.#known.get(campaign)?.entities !== undefined);
    this.#schedule(all ? LOOK_MS : RETRY_MS);
  }
}
