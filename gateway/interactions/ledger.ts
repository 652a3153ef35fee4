/**
 * Which interactions were taken, so that each has one effect, and what became of their answers. Kept in the tenant's
 * schema, across pods and restarts. While that is away this process still knows those that it took itself, and Discord
 * takes only one first answer to an interaction, which commands give before they do anything.
 */
import { randomBytes } from 'node:crypto';
import type { Clock } from '../../src/kube/index.ts';
import {
  type Claimed,
  type InteractionClaim,
  type InteractionOutcome,
  type InteractionStore,
  KEEP_MINUTES,
  type LostInteraction,
} from '../../src/store/index.ts';
import type { Logger } from '../../src/telemetry/log.ts';

export interface LedgerOptions {
  /** Undefined: there is none, or it is not known yet. */
  readonly store: () => Pick<InteractionStore, 'claim' | 'record' | 'told' | 'sweep'> | undefined;
  readonly clock: Pick<Clock, 'monotonic' | 'setTimeout'>;
  readonly log: Logger;
}

/** An interaction that is this process's to answer. */
export interface Entry {
  /** Of the same person: an answer that never arrived. */
  readonly lost: LostInteraction | undefined;
  /** Of several in quick succession the last is written. Never throws. */
  record(outcome: InteractionOutcome): void;
}

/** Longest wait for the database, milliseconds: Discord wants an answer within 3 s. */
export const CLAIM_MS = 700;
const KEEP_MS = KEEP_MINUTES * 60_000;

export class InteractionLedger {
  readonly #o: LedgerOptions;
  /** This process, for this tenant. */
  readonly #holder = randomBytes(8).toString('hex');
  /** When each was taken here. */
  readonly #taken = new Map<string, number>();
  #sweep: { cancel(): void };
  #closed = false;

  constructor(options: LedgerOptions) {
    this.#o = options;
    this.#sweep = this.#sweepLater();
  }

  /** @returns undefined: it was taken before */
  async claim(claim: Omit<InteractionClaim, 'holder'>): Promise<Entry | undefined> {
    this.#forget();
    if (this.#taken.has(claim.id)) return undefined;
    this.#taken.set(claim.id, this.#o.clock.monotonic());
    const claimed = await this.#claimStored({ ...claim, holder: this.#holder });
    if (claimed?.first === false) return undefined;
    return { lost: claimed?.lost, record: this.#recorder(claim.id) };
  }

  /** The person was told what became of it. Never throws. */
  async told(id: string): Promise<void> {
    await this.#write((store) => store.told(id));
  }

  close(): void {
    this.#closed = true;
    this.#sweep.cancel();
  }

  /** Undefined: the database did not say in time. */
  async #claimStored(claim: InteractionClaim): Promise<Claimed | undefined> {
    const store = this.#o.store();
    if (store === undefined) return undefined;
    const { promise: late, resolve } = Promise.withResolvers<undefined>();
    const timer = this.#o.clock.setTimeout(() => resolve(undefined), CLAIM_MS);
    const asked = store.claim(claim).catch((error: unknown) => {
      this.#o.log.warn({ err: error, interaction: claim.id }, 'An interaction could not be claimed');
      return undefined;
    });
    return await Promise.race([asked, late]).finally(() => timer.cancel());
  }

  #recorder(id: string): (outcome: InteractionOutcome) => void {
    let next: InteractionOutcome | undefined;
    let writing = false;
    const run = async (): Promise<void> => {
      writing = true;
      for (let outcome = next; outcome !== undefined; outcome = next) {
        const now = outcome;
        next = undefined;
        await this.#write((store) => store.record(id, this.#holder, now));
      }
      writing = false;
    };
    return (outcome) => {
      next = outcome;
      if (!writing) void run();
    };
  }

  async #write(
    work: (store: NonNullable<ReturnType<LedgerOptions['store']>>) => Promise<void>,
  ): Promise<void> {
    const store = this.#o.store();
    if (store === undefined) return;
    try {
      await work(store);
    } catch (error) {
      if (!this.#closed) this.#o.log.debug({ err: error }, 'What became of an interaction was not written');
    }
  }

  #forget(): void {
    const before = this.#o.clock.monotonic() - KEEP_MS;
    for (const [id, at] of this.#taken) {
      // In the order in which they were taken.
      if (at > before) return;
      this.#taken.delete(id);
    }
  }

  /** Also what an earlier process has left. */
  #sweepLater(): { cancel(): void } {
    return this.#o.clock.setTimeout(() => {
      this.#sweep = this.#sweepLater();
      void this.#write((store) => store.sweep());
    }, KEEP_MS);
  }
}
