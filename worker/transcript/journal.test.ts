import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { noCounters, type SessionStore } from '../../src/store/session-store.ts';
import { silentLogger } from '../../src/telemetry/log.ts';
import { Journal } from './journal.ts';

/** The store's methods, failing as often as it is told. */
class FlakyStore {
  failures = 0;
  readonly written: string[] = [];
  readonly ids: string[] = [];

  private async attempt(what: string, id?: string): Promise<void> {
    if (id !== undefined) this.ids.push(id);
    if (this.failures-- > 0) throw new Error('connection refused');
    this.written.push(what);
  }

  upsertSession = async (): Promise<void> => {};
  readCounters = async () => ({ ...noCounters, replies: 5 });
  readTranscript = async () => [];
  appendSegment = async (row: { id: string; text: string }): Promise<boolean> => {
    await this.attempt(row.text, row.id);
    return true;
  };
  addCounters = async (): Promise<void> => this.attempt('counters');
  endSession = async (_: string, __: Date, reason: string): Promise<void> => this.attempt(`end ${reason}`);
  close = async (): Promise<void> => {};
}

function setUp(options: { recordTranscripts?: boolean; database?: boolean } = {}) {
  const store = new FlakyStore();
  const health: (string | undefined)[] = [];
  const journal = new Journal({
    openStore: options.database === false ? undefined : async () => store as unknown as SessionStore,
    session: { uid: 'u', namespace: 'n', name: 's', campaign: 'c', guildId: 'g', startedAt: new Date(0) },
    recordTranscripts: options.recordTranscripts ?? true,
    log: silentLogger(),
    health: (failure) => health.push(failure),
  });
  const say = (text: string): void =>
    journal.segment({
      startedAt: new Date(0),
      endedAt: new Date(1),
      speakerKind: 'player',
      speakerId: '1',
      speakerName: 'Alice',
      text,
    });
  return { store, health, journal, say };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('Journal', () => {
  it('writes rows in the order in which they were said, also those from before it was open', async () => {
    const { store, journal, say } = setUp();
    say('one');
    await journal.begin(10);
    say('two');
    await journal.close('Requested', 1000);
    expect(store.written).toEqual(['one', 'two', 'end Requested']);
  });

  it('tries a row again with the same id until it is in, and says that the database is away', async () => {
    const { store, health, journal, say } = setUp();
    await journal.begin(10);
    store.failures = 2;
    say('one');
    say('two');
    await vi.advanceTimersByTimeAsync(5000);
    expect(store.written).toEqual(['one', 'two']);
    expect(new Set(store.ids).size).toBe(2);
    expect(store.ids).toHaveLength(4);
    expect(health.some((failure) => failure !== undefined)).toBe(true);
    expect(health.at(-1)).toBeUndefined();
  });

  it('counts on from what earlier processes counted', async () => {
    const { journal } = setUp();
    journal.count({ replies: 1 });
    expect(journal.counters.replies).toBe(1);
    await journal.begin(10);
    journal.count({ replies: 1, sttSeconds: 2.5 });
    expect(journal.counters).toMatchObject({ replies: 7, sttSeconds: 2.5 });
  });

  it('works without a database, with the counters of this process', async () => {
    const { journal, say } = setUp({ database: false });
    expect(await journal.begin(10)).toEqual([]);
    say('one');
    journal.count({ utterances: 1 });
    await journal.close('Requested', 1000);
    expect(journal.counters.utterances).toBe(1);
    expect(journal.transcriptRef).toBeUndefined();
  });

  it('keeps no words where the tenant wants none, but counts', async () => {
    const { store, journal, say } = setUp({ recordTranscripts: false });
    await journal.begin(10);
    say('one');
    journal.count({ utterances: 1 });
    await journal.close('Requested', 1000);
    expect(store.written).toEqual(['counters', 'end Requested']);
    expect(journal.transcriptRef).toBeUndefined();
  });

  it('gives up in time when the database stays away', async () => {
    const { store, journal, say } = setUp();
    await journal.begin(10);
    store.failures = 1e9;
    say('one');
    const closed = journal.close('Requested', 3000);
    await vi.advanceTimersByTimeAsync(3100);
    await closed;
    expect(store.written).toEqual([]);
  });
});
