import { expect, test } from 'vitest';
import { FakeClock } from '../../src/kube/fake-clock.ts';
import { Database, type Row } from '../../src/store/database.ts';
import { silentLogger } from '../../src/telemetry/log.ts';
import { CampaignEntities, FIRST_READ_MS, LOOK_MS, RETRY_MS } from './campaign-entities.ts';

const mill = { name: 'Mill', kind: '', description: 'Grinds.', knowledge: [], hidden: false };

/** Answers from memory. */
class FakeDatabase extends Database {
  rows: readonly Row[] = [mill];
  version = 1;
  broken = false;
  asked = 0;

  constructor() {
    super({ url: 'postgres://nobody@nowhere.invalid/x', applicationName: 'test' });
  }

  override async query(_what: string, sql: string): Promise<readonly Row[]> {
    this.asked += 1;
    if (this.broken) throw new Error('away');
    return sql.includes('count(*)') ? [{ count: '1', latest: String(this.version) }] : this.rows;
  }
}

function setup(options: { settled?: boolean; database?: FakeDatabase | undefined } = {}) {
  const clock = new FakeClock();
  const state = {
    database: 'database' in options ? options.database : new FakeDatabase(),
    settled: options.settled ?? true,
    changes: 0,
    played: ['village'],
  };
  const entities = new CampaignEntities({
    database: () => state.database,
    settled: () => state.settled,
    played: () => state.played,
    changed: () => void state.changes++,
    clock,
    log: silentLogger(),
  });
  return { clock, state, entities };
}

test('the first who asks waits for the answer, and is told', async () => {
  const { clock, state, entities } = setup();
  expect(entities.known('village')).toBeUndefined();
  await clock.settle();
  expect(state.changes).toBe(1);
  expect(entities.known('village')).toEqual({ entities: [mill], missing: false });
});

test('a database that fails keeps nobody waiting; once it answers again, all is told', async () => {
  const database = new FakeDatabase();
  database.broken = true;
  const { clock, state, entities } = setup({ database });
  entities.known('village');
  await clock.settle();
  expect(entities.known('village')).toEqual({ entities: [], missing: true });
  expect(state.changes).toBe(1);
  database.broken = false;
  await clock.advance(RETRY_MS);
  expect(entities.known('village')).toEqual({ entities: [mill], missing: false });
  expect(state.changes).toBe(2);
});

test('one that fails later changes nothing: what was read counts', async () => {
  const database = new FakeDatabase();
  const { clock, state, entities } = setup({ database });
  entities.known('village');
  await clock.settle();
  database.broken = true;
  await clock.advance(LOOK_MS * 3);
  expect(entities.known('village')).toEqual({ entities: [mill], missing: false });
  expect(state.changes).toBe(1);
});

test('without a database nothing is missing', async () => {
  const { entities } = setup({ database: undefined });
  expect(entities.known('village')).toEqual({ entities: [], missing: false });
});

test('a database that is not known yet is waited for, not for ever', async () => {
  const { clock, state, entities } = setup({ settled: false, database: undefined });
  expect(entities.known('village')).toBeUndefined();
  await clock.advance(500);
  expect(entities.known('village')).toBeUndefined();
  state.database = new FakeDatabase();
  state.settled = true;
  await clock.advance(200);
  expect(entities.known('village')).toEqual({ entities: [mill], missing: false });

  const never = setup({ settled: false, database: undefined });
  never.entities.known('village');
  await never.clock.advance(FIRST_READ_MS);
  expect(never.entities.known('village')).toEqual({ entities: [], missing: true });
});

test('what others have changed is seen while the campaign is played', async () => {
  const database = new FakeDatabase();
  const { clock, state, entities } = setup({ database });
  entities.known('village');
  await clock.settle();
  await clock.advance(LOOK_MS + RETRY_MS);
  expect(state.changes).toBe(1);
  database.rows = [];
  database.version = 2;
  await clock.advance(LOOK_MS);
  expect(state.changes).toBe(2);
  expect(entities.known('village')).toEqual({ entities: [], missing: false });
  state.played = [];
  const { asked } = database;
  await clock.advance(LOOK_MS * 2);
  expect(database.asked).toBe(asked);
});

test('what a command reads after its change is told at once', async () => {
  const database = new FakeDatabase();
  const { clock, state, entities } = setup({ database });
  entities.known('village');
  await clock.settle();
  database.rows = [];
  database.version = 2;
  await entities.read('village', database);
  expect(state.changes).toBe(2);
  await entities.read('village', database);
  expect(state.changes).toBe(2);
});

test('closed, it asks no more', async () => {
  const { clock, entities } = setup();
  entities.close();
  expect(clock.pendingTimers).toBe(0);
});
