import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Live } from './object.ts';
import { isList, isWatch, type Said, setup } from './reflector-fixture.ts';
import { configMaps } from './resources.ts';

// What the code under test draws must not differ between a failing run and its repetition with the seed.
beforeAll(() => void vi.spyOn(Math, 'random').mockReturnValue(0.5));
afterAll(() => void vi.restoreAllMocks());

type Step =
  | { do: 'create' | 'change' | 'remove' | 'remake'; name: string }
  | { do: 'break' | 'end' | 'compact' | 'bookmark' | 'silence' | 'reorder' }
  | { do: 'repeat' | 'old bookmark'; back: number }
  | { do: 'error event'; status: number }
  | { do: 'refuse'; status: number; what: 'list' | 'watch' | 'both' }
  | { do: 'accept' }
  | { do: 'advance'; ms: number };

const name = fc.constantFrom('a', 'b', 'c');
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constantFrom('create', 'change', 'remove', 'remake'), name }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom('break', 'end', 'compact', 'bookmark', 'silence', 'reorder'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom('repeat' as const, 'old bookmark' as const),
      back: fc.nat(6),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('error event' as const),
      status: fc.constantFrom(410, 429, 500),
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
              t.server.repeatEvent(one.back);
              break;
            case 'old bookmark':
              t.server.sendBookmarks(`${Number(t.server.version) - one.back}`);
              break;
            case 'error event':
              t.server.sendError(one.status);
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
      { numRuns: 800 },
    );
  }, 60_000);
});
