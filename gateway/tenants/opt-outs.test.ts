import { expect, test } from 'vitest';
import { FakeClock } from '../../src/kube/fake-clock.ts';
import type { Row } from '../../src/store/database.ts';
import type { Database } from '../../src/store/index.ts';
import { silentLogger } from '../../src/telemetry/log.ts';
import { LOOK_MS, OptOuts, RETRY_MS } from './opt-outs.ts';

class FakeDatabase {
  readonly rows = new Set<string>();
  broken = false;

  async query(_what: string, sql: string, [userId]: readonly unknown[] = []): Promise<readonly Row[]> {
    if (this.broken) throw new Error('connection refused');
    if (sql.startsWith('SELECT user_id')) return [...this.rows].map((user_id) => ({ user_id }));
    const before = this.rows.size;
    if (sql.includes('DELETE')) this.rows.delete(String(userId));
    else this.rows.add(String(userId));
    return this.rows.size === before ? [] : [{}];
  }
}

function setup({ there = true, settled = true } = {}) {
  const clock = new FakeClock();
  const fake = new FakeDatabase();
  const database = fake as unknown as Database;
  const state = { there, settled, changes: 0 };
  const optOuts = new OptOuts({
    database: () => (state.there ? database : undefined),
    settled: () => state.settled,
    changed: () => {
      state.changes += 1;
    },
    clock,
    log: silentLogger(),
  });
  return { clock, fake, database, state, optOuts };
}

test('nothing is known before the database was read, and it is read until it was', async () => {
  const { clock, fake, optOuts, state } = setup();
  fake.rows.add('1');
  fake.broken = true;
  expect(optOuts.known()).toBeUndefined();
  await clock.settle();
  expect(optOuts.known()).toBeUndefined();
  fake.broken = false;
  await clock.advance(RETRY_MS);
  await clock.settle();
  expect(optOuts.known()).toEqual(new Set(['1']));
  expect(state.changes).toBe(1);
});

test('a database that goes away takes nothing of what is known', async () => {
  const { clock, fake, optOuts } = setup();
  fake.rows.add('1');
  optOuts.known();
  await clock.settle();
  fake.broken = true;
  await clock.advance(LOOK_MS);
  await clock.settle();
  expect(optOuts.known()).toEqual(new Set(['1']));
});

test('where there is no database nobody has opted out; whether there is one is waited for', async () => {
  const { clock, optOuts, state } = setup({ there: false, settled: false });
  optOuts.known();
  await clock.settle();
  expect(optOuts.known()).toBeUndefined();
  state.settled = true;
  await clock.advance(RETRY_MS);
  await clock.settle();
  expect(optOuts.known()).toEqual(new Set());
});

test('what a command changes is told at once, and once', async () => {
  const { clock, database, optOuts, state } = setup();
  optOuts.known();
  await clock.settle();
  const before = state.changes;
  expect(await optOuts.change('1', true, database)).toBe(true);
  expect(await optOuts.change('1', true, database)).toBe(false);
  expect(optOuts.known()).toEqual(new Set(['1']));
  expect(state.changes).toBe(before + 1);
  await optOuts.change('1', false, database);
  expect(optOuts.known()).toEqual(new Set());
});
