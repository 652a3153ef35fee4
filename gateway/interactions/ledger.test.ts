import { expect, test } from 'vitest';
import { FakeClock } from '../../src/kube/fake-clock.ts';
import type { Claimed, InteractionClaim, InteractionOutcome } from '../../src/store/index.ts';
import { silentLogger } from '../../src/telemetry/log.ts';
import { CLAIM_MS, InteractionLedger, type LedgerOptions } from './ledger.ts';

const claim = (id: string): Omit<InteractionClaim, 'holder'> => ({
  id,
  guildId: '1',
  userId: '2',
  command: 'session start',
  correlationId: '4c1f2a8e',
});

/** One table for any number of processes. */
class Table {
  readonly claimed = new Set<string>();
  readonly written: (InteractionOutcome & { readonly id: string })[] = [];
  sweeps = 0;
  answer: () => Promise<void> = async () => {};

  store() {
    return {
      claim: async ({ id }: InteractionClaim): Promise<Claimed> => {
        await this.answer();
        const first = !this.claimed.has(id);
        this.claimed.add(id);
        return { first, lost: undefined };
      },
      record: async (id: string, _holder: string, outcome: InteractionOutcome) => {
        await this.answer();
        this.written.push({ id, ...outcome });
      },
      told: async () => {},
      sweep: async () => void this.sweeps++,
    };
  }
}

function ledgerOf(store: LedgerOptions['store'], clock = new FakeClock()): InteractionLedger {
  return new InteractionLedger({ store, clock, log: silentLogger() });
}

test('what another process has taken is taken no more, nor what this one has', async () => {
  const table = new Table();
  const [one, other] = [ledgerOf(() => table.store()), ledgerOf(() => table.store())];
  expect(await one.claim(claim('7'))).toBeDefined();
  expect(await one.claim(claim('7'))).toBeUndefined();
  expect(await other.claim(claim('7'))).toBeUndefined();
  expect(await other.claim(claim('8'))).toBeDefined();
});

test('of two at the same moment in one process one is taken, with or without a database', async () => {
  for (const store of [() => new Table().store(), () => undefined]) {
    const ledger = ledgerOf(store);
    const both = await Promise.all([ledger.claim(claim('7')), ledger.claim(claim('7'))]);
    expect(both.filter((entry) => entry !== undefined)).toHaveLength(1);
  }
});

test('a database that fails keeps nobody waiting and nothing from being done', async () => {
  const table = new Table();
  table.answer = () => Promise.reject(new Error('away'));
  const ledger = ledgerOf(() => table.store());
  const entry = await ledger.claim(claim('7'));
  entry?.record({ state: 'answered', failed: false, result: 'Done.' });
  expect(entry).toMatchObject({ lost: undefined });
  expect(await ledger.claim(claim('7'))).toBeUndefined();
});

test('a database that says nothing is waited for a moment', async () => {
  const table = new Table();
  table.answer = () => new Promise(() => {});
  const clock = new FakeClock();
  const ledger = ledgerOf(() => table.store(), clock);
  let entry: unknown;
  const asked = ledger.claim(claim('7')).then((taken) => (entry = taken));
  await clock.advance(CLAIM_MS - 1);
  expect(entry).toBeUndefined();
  await clock.advance(1);
  await asked;
  expect(entry).toBeDefined();
});

test('of several outcomes in quick succession the last is written', async () => {
  const table = new Table();
  const ledger = ledgerOf(() => table.store());
  const entry = await ledger.claim(claim('7'));
  for (const result of ['one', 'two', 'three']) entry?.record({ state: 'answered', failed: false, result });
  await new Promise((resolve) => setImmediate(resolve));
  expect(table.written.map(({ result }) => result)).toEqual(['one', 'three']);
});

test('old rows are removed every hour, until it is closed', async () => {
  const table = new Table();
  const clock = new FakeClock();
  const ledger = ledgerOf(() => table.store(), clock);
  await clock.advance(3 * 3_600_000);
  expect(table.sweeps).toBe(3);
  ledger.close();
  await clock.advance(3 * 3_600_000);
  expect(table.sweeps).toBe(3);
});
