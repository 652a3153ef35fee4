import { describe, expect, it } from 'vitest';
import type { ListPage } from './client.ts';
import { ApiError } from './errors.ts';
import { FakeClock } from './fake-clock.ts';
import { silentLogger } from './log.ts';
import type { KubeObject } from './object.ts';
import { Reflector } from './reflector.ts';
import { isWatch, setup } from './reflector-fixture.ts';
import { configMaps } from './resources.ts';

describe('Reflector', () => {
  it('lists, then follows changes; users of one selection share one list and one watch', async () => {
    const t = setup();
    await t.create('a');
    expect(t.informers.get(configMaps)).toBe(t.informer);
    t.start();
    expect(t.informer.hasSynced).toBe(false);
    await t.informer.whenSynced();
    await t.clock.settle();
    await t.create('b');
    await t.change('a', '1');
    await t.remove('b');
    await t.clock.settle();
    expect(t.words()).toEqual(['add a', 'add b', 'update a', 'delete b']);
    expect([t.lists(), t.watches()]).toEqual([1, 1]);
    await t.stop();
    expect(t.server.watchCount).toBe(0);
    expect(t.clock.pendingTimers).toBe(0);
  });

  it('goes on from the last version after a watch broke, without a new list', async () => {
    const t = setup();
    t.start();
    await t.clock.settle();
    t.server.endWatches(new Error('connection reset'));
    await t.create('a');
    await t.clock.advance(1_000);
    expect(t.words()).toEqual(['add a']);
    expect(t.lists()).toBe(1);
    await t.stop();
  });

  it('goes on from a bookmark when that is newer than the last change', async () => {
    const t = setup();
    t.start();
    await t.clock.settle();
    await t.client.create(configMaps, { metadata: { namespace: 'ns', name: 'a' } });
    const elsewhere = t.informers.get(configMaps, { labelSelector: 'never=set' });
    await elsewhere.whenSynced();
    await t.clock.settle();
    await t.create('b');
    t.server.sendBookmarks();
    await t.clock.settle();
    t.server.compact();
    t.server.endWatches();
    await t.clock.advance(5_000);
    // Without the bookmark the selection that saw no change would have had to list again.
    expect(t.lists()).toBe(2);
    await t.stop();
  });

  it('reads the list again after a bookmark that goes back, and nothing that is gone comes back', async () => {
    const t = setup();
    t.start();
    await t.clock.settle();
    const early = t.server.version;
    await t.create('a');
    await t.remove('a');
    await t.clock.settle();
    t.server.sendBookmarks(early);
    await t.clock.advance(5_000);
    t.server.endWatches(new Error('broken'));
    await t.clock.advance(5_000);
    expect(t.words()).toEqual(['add a', 'delete a']);
    expect(t.lists()).toBe(2);
    expect(t.informer.resourceVersion).toBe(t.server.version);
    await t.stop();
  });

  it('reads the list again after 410 and says what happened in between', async () => {
    const t = setup();
    await t.create('kept');
    await t.create('gone');
    await t.create('remade');
    t.start();
    await t.clock.settle();
    t.server.fault = (request) => (isWatch(request) ? { status: 500 } : undefined);
    t.server.endWatches(new Error('connection reset'));
    await t.clock.settle();
    t.said.length = 0;
    await t.change('kept', '1');
    await t.remove('gone');
    await t.remove('remade');
    const remade = await t.create('remade');
    t.server.compact();
    t.server.fault = () => undefined;
    await t.clock.advance(60_000);
    expect(t.words()).toEqual(['delete gone', 'delete remade', 'update kept', 'add remade']);
    expect(t.said.at(-1)?.uid).toBe(remade.metadata.uid);
    expect(t.lists()).toBe(2);
    await t.stop();
  });

  it('tries for ever, more slowly at first, and is back within 3 s of an outage of any length', async () => {
    const t = setup();
    t.server.fault = () => ({ status: 500 });
    t.start();
    await t.clock.advance(120_000);
    const tries = t.server.requests.length;
    expect(tries).toBeGreaterThan(40);
    expect(tries).toBeLessThan(90);
    t.server.fault = () => undefined;
    await t.clock.advance(3_000);
    expect(t.informer.hasSynced).toBe(true);
    await t.stop();
  });

  it('reads the list again at once when an outage took the history with it, however often it had tried', async () => {
    const t = setup();
    t.start();
    await t.clock.settle();
    await t.clock.advance(5_000);
    t.server.fault = () => ({ status: 503 });
    t.server.endWatches(new Error('connection reset'));
    await t.clock.advance(4_000);
    t.server.fault = () => undefined;
    await t.create('a');
    t.server.compact();
    const before = t.watches();
    while (t.watches() === before) await t.clock.advance(50);
    // That attempt met 410.
    await t.clock.advance(200);
    expect(t.words()).toEqual(['add a']);
    await t.stop();
  });

  it('waits as long as a 429 asks', async () => {
    const t = setup();
    t.server.fault = () => ({ status: 429, headers: { 'retry-after': '7' } });
    t.start();
    await t.clock.advance(6_900);
    expect(t.server.requests).toHaveLength(1);
    t.server.fault = () => undefined;
    await t.clock.advance(200);
    expect(t.informer.hasSynced).toBe(true);
    await t.stop();
  });

  it('gives up a watch that went silent, and bookmarks keep a quiet one alive', async () => {
    const t = setup();
    t.start();
    await t.clock.settle();
    for (let minute = 0; minute < 4; minute += 1) {
      await t.clock.advance(60_000);
      t.server.sendBookmarks();
    }
    expect(t.watches()).toBe(1);
    await t.clock.advance(215_000);
    expect(t.watches()).toBe(2);
    await t.stop();
  });

  it('does not spin when every watch ends at once', async () => {
    const t = setup();
    t.start();
    await t.clock.settle();
    for (let second = 0; second < 600; second += 1) {
      t.server.endWatches();
      await t.clock.advance(100);
    }
    expect(t.watches()).toBeLessThan(40);
    await t.stop();
  });

  it('drops managedFields before caching', async () => {
    const t = setup();
    const metadata = { namespace: 'ns', name: 'a', managedFields: [{ manager: 'someone' }] };
    await t.client.create(configMaps, { metadata });
    t.start();
    await t.clock.settle();
    expect(t.informer.get({ namespace: 'ns', name: 'a' })?.metadata.managedFields).toBeUndefined();
    await t.stop();
  });

  it('a handler that throws loses the change for itself only', async () => {
    const t = setup();
    const seen: string[] = [];
    t.informer.addHandler({
      add: () => {
        throw new Error('bad handler');
      },
    });
    t.informer.addHandler({ add: ({ metadata }) => seen.push(metadata.name) });
    t.start();
    await t.create('a');
    await t.create('b');
    await t.clock.settle();
    expect(seen).toEqual(['a', 'b']);
    await t.stop();
  });

  it('ends at once when it is told to between its list and its watch', async () => {
    const t = setup();
    await t.create('a');
    let stopped: Promise<void> | undefined;
    t.informer.addHandler({
      add: () => {
        stopped = t.stop();
      },
    });
    t.start();
    await t.clock.settle();
    await stopped;
    expect(stopped).toBeDefined();
    expect(t.clock.pendingTimers).toBe(0);
  });

  it('a late handler gets what is there as initial adds', async () => {
    const t = setup();
    await t.create('a');
    t.start();
    await t.clock.settle();
    const seen: [string, boolean][] = [];
    t.informer.addHandler({ add: ({ metadata }, { initial }) => seen.push([metadata.name, initial]) });
    await t.create('b');
    await t.clock.settle();
    expect(seen).toEqual([
      ['a', true],
      ['b', false],
    ]);
    await t.stop();
  });

  it('reads all pages, and the whole list at once when the continue token expires', async () => {
    const clock = new FakeClock();
    const asked: { limit?: number | undefined; continue?: string | undefined }[] = [];
    let expire = false;
    const page = (names: string[], next?: string): ListPage<KubeObject> => ({
      items: names.map((name) => ({ metadata: { name, uid: name, resourceVersion: '1' } })),
      resourceVersion: '7',
      ...(next ? { continue: next } : {}),
    });
    const lists: string[][] = [];
    const run = async () => {
      const stop = new AbortController();
      const reflector = new Reflector({
        name: 'things',
        clock,
        log: silentLogger,
        pageSize: 2,
        source: {
          list: async ({ limit, continue: token }) => {
            asked.push({ limit, continue: token });
            if (limit === undefined) return page(['a', 'b', 'c']);
            if (token === undefined) return page(['a', 'b'], 'next');
            if (!expire) return page(['c']);
            throw new ApiError({ status: 410, reason: 'Expired', detail: '', method: 'GET', path: '' });
          },
          watch: () => {
            stop.abort();
            throw new Error('the test ends here');
          },
        },
        sink: {
          replace: (objects) => void lists.push(objects.map(({ metadata }) => metadata.name)),
          put: () => {},
          remove: () => {},
          progress: () => {},
          knows: () => false,
        },
      });
      await reflector.run(stop.signal);
    };
    await run();
    expire = true;
    await run();
    expect(lists).toEqual([
      ['a', 'b', 'c'],
      ['a', 'b', 'c'],
    ]);
    expect(asked.at(-1)).toEqual({ limit: undefined, continue: undefined });
  });
});
