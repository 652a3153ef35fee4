/**
 * What was said, into the tenant's schema, and what it cost.
 *
 * Rows are written behind the conversation: nobody waits for the database. They queue in order and are tried
 * again until they are in; ids are chosen here, so a row that was written without an answer is not written
 * twice. Without a database everything works and only the counters of this process remain.
 */
import { randomUUID } from 'node:crypto';
import type {
  Counters,
  RecollectionRequest,
  Recollections,
  SessionRow,
  SessionStore,
  TranscriptSegment,
  UsedProvider,
} from '../../src/store/index.ts';
import type { Logger } from '../../src/telemetry/log.ts';

type Usage = Partial<Counters>;
type Entry = {
  readonly what: string;
  readonly write: (store: SessionStore) => Promise<unknown>;
  /** Whose words it has. */
  readonly speakerId?: string;
  /** It is not to be written any more. */
  forgotten?: boolean;
};

export interface JournalOptions {
  /** Undefined: no transcript database. Awaited on first use, so that its import does not hold up the start. */
  readonly openStore: (() => Promise<SessionStore>) | undefined;
  readonly session: SessionRow;
  /** See {@link Journal.recordTranscripts}. */
  readonly recordTranscripts: boolean;
  readonly log: Logger;
  /** The database is out of reach and why; undefined: it works. */
  readonly health: (failure: string | undefined) => void;
}

const MOST_WAITING = 5000;
const RETRY_MS = { first: 250, most: 10_000, reopen: 2000 };

export class Journal {
  private readonly options: JournalOptions;
  private store: SessionStore | undefined;
  private readonly waiting: Entry[] = [];
  private writing: Promise<void> | undefined;
  /** The statement that is on its way. */
  private attempt: Promise<unknown> = Promise.resolve();
  private readonly stopRetrying = new AbortController();
  /** Of all processes that served the session before this one. */
  private before: Counters | undefined;
  private readonly own: { -readonly [name in keyof Counters]: number } = {
    utterances: 0,
    replies: 0,
    bargeIns: 0,
    sttSeconds: 0,
    llmTokens: 0,
    ttsCharacters: 0,
    spendUSD: 0,
  };
  droppedRows = 0;
  /** False: words are not kept from now on, counters are. */
  recordTranscripts: boolean;

  constructor(options: JournalOptions) {
    this.options = options;
    this.recordTranscripts = options.recordTranscripts;
  }

  /** Over all processes, as far as known. */
  get counters(): Counters {
    const sum = { ...this.own };
    if (this.before !== undefined) {
      for (const name of Object.keys(sum) as (keyof Counters)[]) sum[name] += this.before[name];
    }
    return sum;
  }

  /** Where the transcript lies, for the result; undefined: nowhere. */
  get transcriptRef(): string | undefined {
    const { openStore, session } = this.options;
    return openStore !== undefined && this.recordTranscripts ? `sessions/${session.uid}` : undefined;
  }

  /**
   * Writes the session's row and reads what an earlier process left.
   * @returns the latest segments, oldest first; empty without a database.
   */
  async begin(last: number): Promise<readonly TranscriptSegment[]> {
    const { openStore, session, log, health } = this.options;
    if (openStore === undefined) return [];
    try {
      const store = await openStore();
      await store.upsertSession(session);
      this.before = await store.readCounters(session.uid);
      const earlier = await store.readTranscript(session.uid, { last });
      this.store = store;
      health(undefined);
      this.kick();
      return earlier;
    } catch (error) {
      log.warn({ err: error }, 'The transcript database cannot be used yet');
      health('The transcript database does not answer; what is said is kept and written later.');
      this.reopen();
      return [];
    }
  }

  segment(segment: Omit<TranscriptSegment, 'id' | 'sessionUid'>): void {
    if (!this.recordTranscripts) return;
    const row = { ...segment, id: randomUUID(), sessionUid: this.options.session.uid };
    const { speakerId } = row;
    this.enqueue({ what: 'segment', write: (store) => store.appendSegment(row), speakerId });
  }

  /**
   * What was said before that an NPC may remember; nothing while no words are kept, or without a database.
   *
   * @throws StoreError
   */
  async recollect(
    request: Omit<RecollectionRequest, 'namespace' | 'campaign' | 'guildId' | 'sessionUid'>,
  ): Promise<Recollections> {
    if (!this.recordTranscripts || this.store === undefined) return { exchanges: [], recaps: [] };
    const { uid: sessionUid, namespace, campaign, guildId } = this.options.session;
    return await this.store.recollect({ ...request, sessionUid, namespace, campaign, guildId });
  }

  /** Drops what waits of a speaker's words. Resolves when none of them is on its way any more. */
  async forget(speakerId: string): Promise<void> {
    for (const entry of this.waiting) if (entry.speakerId === speakerId) entry.forgotten = true;
    await this.attempt.catch(() => {});
  }

  /** @param provider whom its units and its spend went to */
  count(usage: Usage, provider?: UsedProvider): void {
    for (const name of Object.keys(usage) as (keyof Counters)[]) this.own[name] += usage[name] ?? 0;
    const record = { ...usage, provider, id: randomUUID(), sessionUid: this.options.session.uid };
    this.enqueue({ what: 'counters', write: (store) => store.addCounters(record) });
  }

  /** Writes what waits, at most `graceMs`, and closes the connection. */
  async close(endReason: string | undefined, graceMs: number): Promise<void> {
    const { openStore, session, log } = this.options;
    if (openStore === undefined) return;
    if (endReason !== undefined) {
      this.enqueue({ what: 'end', write: (store) => store.endSession(session.uid, new Date(), endReason) });
    }
    const timer = setTimeout(() => this.stopRetrying.abort(new Error('out of time')), graceMs);
    await this.writing;
    clearTimeout(timer);
    this.stopRetrying.abort(new Error('closed'));
    if (this.waiting.length > 0)
      log.error({ rows: this.waiting.length }, 'Rows of the transcript were not written');
    await this.store?.close().catch(() => {});
  }

  private enqueue(entry: Entry): void {
    if (this.options.openStore === undefined) return;
    if (this.waiting.length >= MOST_WAITING) {
      this.waiting.shift();
      this.droppedRows++;
    }
    this.waiting.push(entry);
    this.kick();
  }

  private kick(): void {
    if (this.store === undefined || this.writing !== undefined) return;
    const { store } = this;
    this.writing = this.drain(store).finally(() => {
      this.writing = undefined;
    });
  }

  private async drain(store: SessionStore): Promise<void> {
    let retryMs = RETRY_MS.first;
    for (let entry = this.waiting[0]; entry !== undefined; entry = this.waiting[0]) {
      try {
        this.attempt = entry.forgotten === true ? Promise.resolve() : entry.write(store);
        await this.attempt;
        this.waiting.shift();
        retryMs = RETRY_MS.first;
        this.options.health(undefined);
      } catch (error) {
        this.options.log.warn(
          { err: error, what: entry.what, waiting: this.waiting.length },
          'A row was not written',
        );
        this.options.health(
          'The transcript database does not answer; what is said is kept and written later.',
        );
        if (!(await this.pause(retryMs))) return;
        retryMs = Math.min(RETRY_MS.most, retryMs * 2);
      }
    }
  }

  private reopen(): void {
    void this.pause(RETRY_MS.reopen).then(async (again) => {
      if (again) await this.begin(0);
    });
  }

  /** False: closing, do not try again. */
  private async pause(ms: number): Promise<boolean> {
    const { signal } = this.stopRetrying;
    if (signal.aborted) return false;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      signal.addEventListener(
        'abort',
        () => {
          clearTimeout(timer);
          resolve();
        },
        { once: true },
      );
    });
    return !signal.aborted;
  }
}
