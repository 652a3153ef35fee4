/**
 * Who does not want to be heard in any session of the tenant, as the database has it. Until that was read once, nobody is
 * heard: a list that is not known is not an empty one. After that, sessions go on with what is known.
 */
import type { Timer } from '../../src/kube/index.ts';
import { type Database, PrivacyStore } from '../../src/store/index.ts';
import type { Logger } from '../../src/telemetry/log.ts';

/** While it is not known, milliseconds. */
export const RETRY_MS = 1_000;
/** In case another gateway has changed it, milliseconds. */
export const LOOK_MS = 60_000;

export interface OptOutsOptions {
  /** Undefined: not known, or there is none. */
  readonly database: () => Database | undefined;
  /** Whether `database` says all that there is to say: undefined means that there is none. */
  readonly settled: () => boolean;
  /** What {@link OptOuts.known} says has changed. */
  readonly changed: () => void;
  readonly clock: { setTimeout(callback: () => void, delayMs: number): Timer };
  readonly log: Logger;
}

export class OptOuts {
  readonly #o: OptOutsOptions;
  #known: ReadonlySet<string> | undefined;
  #timer: Timer | undefined;
  #asked = false;
  #closed = false;
  /** Counts what commands have changed: a read that began before says nothing of it. */
  #version = 0;

  constructor(options: OptOutsOptions) {
    this.#o = options;
  }

  /** Begins to read, so that the first session need not wait for it. */
  prepare(): void {
    if (this.#asked) return;
    this.#asked = true;
    void this.#look();
  }

  /** User ids; undefined: being read, and `changed` will be called. */
  known(): ReadonlySet<string> | undefined {
    this.prepare();
    return this.#known;
  }

  /** Kept, and then told to running sessions. @returns false: it was so already. @throws {StoreError} */
  async change(userId: string, out: boolean, database: Database): Promise<boolean> {
    const store = new PrivacyStore(database);
    const changed = out ? await store.optOut(userId) : await store.optIn(userId);
    this.#version += 1;
    if (this.#known !== undefined) {
      const others = [...this.#known].filter((other) => other !== userId);
      this.#know(new Set(out ? [...others, userId] : others));
    }
    return changed;
  }

  close(): void {
    this.#closed = true;
    this.#timer?.cancel();
  }

  async #look(): Promise<void> {
    const version = this.#version;
    try {
      const known = await this.#read();
      if (this.#closed) return;
      if (known !== undefined && version === this.#version) this.#know(known);
    } catch (error) {
      if (this.#closed) return;
      this.#o.log.warn({ err: error }, 'It could not be read who does not want to be heard');
    }
    const delay = this.#known === undefined ? RETRY_MS : LOOK_MS;
    this.#timer = this.#o.clock.setTimeout(() => void this.#look(), delay);
  }

  async #read(): Promise<ReadonlySet<string> | undefined> {
    const database = this.#o.database();
    if (database !== undefined) return await new PrivacyStore(database).optOuts();
    // Without a database there is nothing that anybody could have opted out with.
    return this.#o.settled() ? new Set() : undefined;
  }

  #know(known: ReadonlySet<string>): void {
    const same = this.#known?.size === known.size && [...known].every((userId) => this.#known?.has(userId));
    this.#known = known;
    if (!same) this.#o.changed();
  }
}
