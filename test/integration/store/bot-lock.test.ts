import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { acquireBotLock, StoreError, tryBotLock } from '../../../src/store/index.ts';
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

test('a lock whose connection was ended is reported as lost at once, and the next one gets it', async () => {
  // No heartbeat within the test: the end of the connection itself is noticed.
  const lock = await acquireBotLock({
    url: database.url,
    applicationId: bot,
    signal: never,
    heartbeatMs: 600_000,
  });
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

test('a lock whose connection has gone silent is reported as lost', async () => {
  await using proxy = await silenceableProxy(database.url);
  const lock = await acquireBotLock({
    url: proxy.url,
    applicationId: '100000000000000003',
    signal: never,
    heartbeatMs: 100,
  });
  const lost = once(lock.lost, 'abort');
  proxy.silence();
  await lost;
  expect(String(lock.lost.reason)).toMatch(/no answer within 100 ms/);
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

// pg's own connect() never settles when it is ended meanwhile and the server closes: a gateway that closed just then
// hung for ever.
test('giving up while the database has not answered yet rejects at once', async () => {
  const dialled = Promise.withResolvers<void>();
  const server = createServer((socket) => {
    socket.on('error', () => {}).resume();
    dialled.resolve();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  const giveUp = new AbortController();
  const begun = performance.now();
  const url = `postgres://nobody@127.0.0.1:${address.port}/skald`;
  const attempt = acquireBotLock({ url, applicationId: bot, signal: giveUp.signal });
  await dialled.promise;
  giveUp.abort(new Error('no longer wanted'));
  await expect(attempt).rejects.toThrow('no longer wanted');
  expect(performance.now() - begun).toBeLessThan(2_000);
  server.close();
});

test('letting go does not wait for a database that does not answer', async () => {
  await using proxy = await silenceableProxy(database.url);
  const applicationId = '100000000000000004';
  const lock = await acquireBotLock({ url: proxy.url, applicationId, signal: never });
  proxy.silence();
  const begun = performance.now();
  await lock.release();
  expect(performance.now() - begun).toBeLessThan(4_000);
});

test('an attempt that does not wait is told that another holds the lock', async () => {
  const options = { url: database.url, applicationId: bot, signal: never };
  const first = await acquireBotLock({ ...options, holder: 'a' });
  expect(await tryBotLock({ ...options, holder: 'b' })).toBeUndefined();
  expect(first.lost.aborted).toBe(false);
  await first.release();
  const second = await tryBotLock({ ...options, holder: 'b' });
  expect(second?.lost.aborted).toBe(false);
  await second?.release();
});

test('what the server still has of a holder whose connection went silent is not taken for another pod', async () => {
  await using proxy = await silenceableProxy(database.url);
  const options = { applicationId: '100000000000000005', signal: never, holder: 'a' };
  const lock = await acquireBotLock({ ...options, url: proxy.url, heartbeatMs: 100 });
  const lost = once(lock.lost, 'abort');
  proxy.silence();
  await lost;
  expect(await tryBotLock({ ...options, url: database.url, holder: 'b' })).toBeUndefined();
  const again = await tryBotLock({ ...options, url: database.url });
  expect(again?.lost.aborted).toBe(false);
  await again?.release();
});

test('a database that is not there is an error without the password', async () => {
  const url = 'postgres://skald:hunter22@127.0.0.1:1/skald';
  const attempt = acquireBotLock({ url, applicationId: bot, signal: never });
  await expect(attempt).rejects.toThrow(
    /Could not lock the bot .* in 127\.0\.0\.1:1\/skald: connect ECONNREFUSED/,
  );
  await expect(attempt).rejects.not.toThrow(/hunter22/);
});

/** A way to the database that can stop passing anything on without closing: a cable that was pulled. */
async function silenceableProxy(url: string) {
  const { port, hostname } = new URL(url);
  const sockets: Socket[] = [];
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    client.pipe(upstream).pipe(client);
    for (const socket of [client, upstream]) sockets.push(socket.on('error', () => {}));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  const through = new URL(url);
  through.hostname = '127.0.0.1';
  through.port = String(address.port);
  return {
    url: through.href,
    silence: () => {
      for (const socket of sockets) socket.unpipe().pause();
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
