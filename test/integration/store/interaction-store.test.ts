// Interactions in a tenant's schema, with the rights that a gateway has there.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Database, type InteractionClaim, InteractionStore } from '../../../src/store/index.ts';
import { DatabaseAdministration } from '../../../src/store/roles/administration.ts';
import { type AdministeredDatabase, administeredDatabase } from './database.ts';

let server: AdministeredDatabase;
let schema: string;
const pools: Database[] = [];
let stores: InteractionStore[];

beforeAll(async () => {
  server = await administeredDatabase();
  const administration = new DatabaseAdministration({ url: server.administratorUrl });
  const tenant = await administration.ensureTenant('interactions', undefined);
  schema = tenant.schema;
  const url = await administration.issue(tenant.command.stem, 'a');
  // As two pods have them.
  for (const applicationName of ['one', 'other']) pools.push(new Database({ url, applicationName }));
  stores = pools.map((pool) => new InteractionStore(pool));
});

afterAll(async () => {
  for (const pool of pools) await pool.close();
  await server[Symbol.asyncDispose]();
});

let count = 0;

function claim(change: Partial<InteractionClaim> = {}): InteractionClaim {
  count += 1;
  return {
    id: `9000000000000000${count}`,
    guildId: '100000000000000001',
    userId: `user-${count}`,
    command: 'session start',
    correlationId: '4c1f2a8e',
    holder: 'pod-1',
    ...change,
  };
}

function store(): InteractionStore {
  const [first] = stores;
  if (first === undefined) throw new Error('no store');
  return first;
}

test('of twenty that bring one interaction at once, through two pods, one is the first', async () => {
  const one = claim();
  const answers = await Promise.all(
    Array.from({ length: 20 }, async (_, index) => await stores[index % 2]?.claim(one)),
  );
  expect(answers.filter((answer) => answer?.first === true)).toHaveLength(1);
  expect(answers.filter((answer) => answer?.first === false)).toHaveLength(19);
});

test('a lost answer is found by the next interaction of the same person on the same server, until it was told', async () => {
  const lost = claim();
  await store().claim(lost);
  await store().record(lost.id, lost.holder, { state: 'lost', failed: false, result: 'It begins…' });
  const { userId } = lost;
  expect((await store().claim(claim())).lost).toBeUndefined();
  expect((await store().claim(claim({ userId, guildId: '2' }))).lost).toBeUndefined();
  expect((await store().claim(claim({ userId }))).lost).toMatchObject({
    id: lost.id,
    command: 'session start',
    correlationId: '4c1f2a8e',
    result: 'It begins…',
  });
  await store().told(lost.id);
  expect((await store().claim(claim({ userId }))).lost).toBeUndefined();
});

test('one that is being answered is not lost, unless whoever answered it is gone', async () => {
  const running = claim();
  await store().claim(running);
  const { userId } = running;
  expect((await store().claim(claim({ userId }))).lost).toBeUndefined();
  const next = await store().claim(claim({ userId, holder: 'pod-2' }));
  expect(next.lost?.result).toBeUndefined();
  expect(next.lost?.command).toBe('session start');
});

test('after fifteen minutes nothing is told, after an hour nothing is left; another pod’s is not overwritten', async () => {
  const old = claim();
  await store().claim(old);
  await store().record(old.id, 'pod-2', { state: 'answered', failed: false, result: 'not mine' });
  await store().record(old.id, old.holder, { state: 'lost', failed: true, result: 'mine' });
  const age = (minutes: number) =>
    server.admin(
      `UPDATE ${schema}.interactions SET created_at = now() - make_interval(mins => $2) WHERE id = $1`,
      [old.id, minutes],
    );
  const rows = () =>
    server.admin(`SELECT state, failed, result FROM ${schema}.interactions WHERE id = $1`, [old.id]);
  await age(14);
  expect((await store().claim(claim({ userId: old.userId }))).lost?.result).toBe('mine');
  await age(16);
  expect((await store().claim(claim({ userId: old.userId }))).lost).toBeUndefined();
  await store().sweep();
  expect(await rows()).toEqual([{ state: 'lost', failed: true, result: 'mine' }]);
  await age(61);
  await store().sweep();
  expect(await rows()).toEqual([]);
});
