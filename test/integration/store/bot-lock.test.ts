import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { acquireBotLock, StoreError } from '../../../src/store/index.ts';
import { type TestDatabase, testDatabase } from './database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database[Symbol.asyncDispose]());

const never = new AbortController().signal;
const bot = '100000000000000001';

test('the second waits until the first lets go', async () => {
  const first = await acquireBotLock({ url: database.url, applicationId: bot, signal: never });
  const order: string[] = [];
  const waiting = Promise.withResolvers<void>();
  const second = acquireBotLock({
    url: database.url,
    applicationId: bot,
    signal: never,
    onWaiting: waiting.resolve,
  }).then((lock) => {
    order.push('second holds');
    return lock;
  });
  await waiting.promise;
  order.push('first lets go');
  await first.release();
  const lock = await second;
  expect(order).toEqual(['first lets go', 'second holds']);
  expect(first.lost.aborted).toBe(false);
  await lock.release();
});

test('two bots do not wait for each other', async () => {
  const locks = await Promise.all(
    [bot, '100000000000000002'].map((applicationId) =>
      acquireBotLock({
        url: database.url,
        applicationId,
        signal: never,
        onWaiting: () => expect.unreachable('it waits for another bot'),
      }),
    ),
  );
  for (const lock of locks) await lock.release();
});

test('a lock whose connection was ended is reported as lost, and the next one gets it', async () => {
  const lock = await acquireBotLock({ url: database.url, applicationId: bot, signal: never });
  const lost = once(lock.lost, 'abort');
  await database.admin(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'skald-bot-lock%'",
  );
  await lost;
  expect(lock.lost.reason).toBeInstanceOf(StoreError);
  expect(String(lock.lost.reason)).toMatch(/Could not keep the lock of the bot 100000000000000001/);
  const next = await acquireBotLock({ url: database.url, applicationId: bot, signal: never });
  await next.release();
});

test('giving up while waiting rejects with the reason of the signal, and leaves no waiter', async () => {
  const first = await acquireBotLock({ url: database.url, applicationId: bot, signal: never });
  const giveUp = new AbortController();
  const second = acquireBotLock({
    url: database.url,
    applicationId: bot,
    signal: giveUp.signal,
    onWaiting: () => giveUp.abort(new Error('no longer wanted')),
  });
  await expect(second).rejects.toThrow('no longer wanted');
  await first.release();
  const third = await acquireBotLock({ url: database.url, applicationId: bot, signal: never });
  await third.release();
});

test('a database that is not there is an error without the password', async () => {
  const url = 'postgres://skald:hunter22@127.0.0.1:1/skald';
  const attempt = acquireBotLock({ url, applicationId: bot, signal: never });
  await expect(attempt).rejects.toThrow(
    /Could not lock the bot .* in 127\.0\.0\.1:1\/skald: connect ECONNREFUSED/,
  );
  await expect(attempt).rejects.not.toThrow(/hunter22/);
});
