import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Client, type ListPage } from './client.ts';
import { ApiError } from './errors.ts';
import { FakeApiServer, type SeenRequest } from './fake-api-server.ts';
import { FakeClock } from './fake-clock.ts';
import { Informers } from './informer.ts';
import { silentLogger } from './log.ts';
import type { KubeObject, Live } from './object.ts';
import { Reflector } from './reflector.ts';
import { configMaps } from './resources.ts';

type Said = { type: 'add' | 'update' | 'delete'; name: string; uid: string; old?: string; version: string };

function setup() {
  const clock = new FakeClock();
  const server = new FakeApiServer();
  const client = new Client({ transport: server, clock });
  const informers = new Informers({ client, clock });
  const informer = informers.get(configMaps);
  const said: Said[] = [];
  const entry = (type: Said['type'], object: Live): Said => ({
    type,
    name: object.metadata.name,
    uid: object.metadata.uid,
    version: object.metadata.resourceVersion,
  });
  informer.addHandler({
    add: (object) => said.push(entry('add', object)),
    update: (old, object) => said.push({ ...entry('update', object), old: old.metadata.resourceVersion }),
    delete: (object) => said.push(entry('delete', object)),
  });
  const stop = new AbortController();
  const at = (name: string) => ({ namespace: 'ns', name });
  return {
    clock,
    server,
    client,
    informers,
    informer,
    said,
    start: () => informers.start(stop.signal),
    stop: async () => {
      stop.abort();
      await informers.stopped();
    },
    create: (name: string) => client.create(configMaps, { metadata: at(name) }),
    change: (name: string, value: string) =>
      client.patch(configMaps, at(name), { merge: { data: { value } } }),
    remove: (name: string) => client.delete(configMaps, at(name)),
    words: () => said.map(({ type, name }) => `${type} ${name}`),
    watches: () => server.requests.filter(isWatch).length,
    lists: () => server.requests.filter(isList).length,
  };
}

function isWatch({ method, query }: SeenRequest): boolean {
  return method === 'GET' && query.get('watch') === 'true';
}

function isList({ method, path, query }: SeenRequest): boolean {
  return method === 'GET' && path.endsWith('/configmaps') && query.get('watch') === null;
}

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

  it('tries for ever, ever more slowly, while the server refuses', async () => {
    const t = setup();
    t.server.fault = () => ({ status: 500 });
    t.start();
    await t.clock.advance(120_000);
    const tries = t.server.requests.length;
    expect(tries).toBeGreaterThan(8);
    expect(tries).toBeLessThan(25);
    t.server.fault = () => undefined;
    await t.clock.advance(30_000);
    expect(t.informer.hasSynced).toBe(true);
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
    expect(t.watches()).toBeLessThan(20);
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

type Step =
  | { do: 'create' | 'change' | 'remove' | 'remake'; name: string }
  | { do: 'break' | 'end' | 'compact' | 'bookmark' | 'silence' | 'repeat' | 'reorder' }
  | { do: 'refuse'; status: number; what: 'list' | 'watch' | 'both' }
  | { do: 'accept' }
  | { do: 'advance'; ms: number };

const name = fc.constantFrom('a', 'b', 'c');
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constantFrom('create', 'change', 'remove', 'remake'), name }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom('break', 'end', 'compact', 'bookmark', 'silence', 'repeat', 'reorder'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('refuse' as const),
      status: fc.constantFrom(410, 429, 500, 503),
      what: fc.constantFrom('list', 'watch', 'both'),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'accept' as const }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('advance' as const), ms: fc.constantFrom(0, 300, 20_000) }),
  },
);

/** What a follower may be told of one name: it exists or it does not, and each incarnation has one UID. */
function checkStory(said: readonly Said[]): void {
  const alive = new Map<string, { uid: string; version: string }>();
  for (const one of said) {
    const now = alive.get(one.name);
    if (one.type === 'add') {
      expect(now, 'an add of what exists').toBeUndefined();
      alive.set(one.name, one);
    } else if (one.type === 'update') {
      expect(one.uid, 'an update of another incarnation').toBe(now?.uid);
      expect(one.old, 'an update from a state that was not told').toBe(now?.version);
      expect(Number(one.version), 'back in time').toBeGreaterThan(Number(now?.version));
      alive.set(one.name, one);
    } else {
      expect(one.uid, 'a delete of another incarnation').toBe(now?.uid);
      alive.delete(one.name);
    }
  }
}

describe('Reflector against a model', () => {
  it('shows what the server has once the faults stop, and never tells an impossible story', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 50 }), async (steps) => {
        const t = setup();
        t.start();
        for (const one of steps) {
          switch (one.do) {
            case 'create':
              await t.create(one.name).catch(() => {});
              break;
            case 'change':
              await t.change(one.name, t.server.version).catch(() => {});
              break;
            case 'remove':
              await t.remove(one.name);
              break;
            case 'remake':
              await t.remove(one.name);
              await t.create(one.name).catch(() => {});
              break;
            case 'break':
              t.server.endWatches(new Error('broken'));
              break;
            case 'end':
              t.server.endWatches();
              break;
            case 'compact':
              t.server.compact();
              break;
            case 'bookmark':
              t.server.sendBookmarks();
              break;
            case 'silence':
              t.server.silenceWatches();
              break;
            case 'repeat':
              t.server.repeatEvent();
              break;
            case 'reorder':
              t.server.swapNextEvents();
              break;
            case 'refuse':
              t.server.fault = (request) => {
                const hit =
                  (one.what !== 'list' && isWatch(request)) || (one.what !== 'watch' && isList(request));
                return hit ? { status: one.status } : undefined;
              };
              break;
            case 'accept':
              t.server.fault = () => undefined;
              break;
            case 'advance':
              await t.clock.advance(one.ms);
          }
        }
        t.server.fault = () => undefined;
        t.server.stopFaults();
        await t.clock.advance(400_000);
        const { items } = await t.client.list(configMaps);
        const state = (objects: readonly Live[]) =>
          objects
            .map(({ metadata }) => `${metadata.name} ${metadata.uid} ${metadata.resourceVersion}`)
            .sort();
        expect(state(t.informer.list())).toEqual(state(items));
        checkStory(t.said);
        await t.stop();
        expect(t.clock.pendingTimers).toBe(0);
      }),
      { numRuns: 150 },
    );
  }, 60_000);
});
