import { expect, test } from 'vitest';
import type { VoiceSession } from '../../src/api/index.ts';
import { FakeClock } from '../../src/kube/fake-clock.ts';
import type { EventHandler, Live } from '../../src/kube/index.ts';
import { aSession } from '../sessions/fixtures.ts';
import { TenantSessions, UNSEEN_MS } from './session-store.ts';

function setup() {
  const clock = new FakeClock();
  const cache: Live<VoiceSession>[] = [];
  const handlers: EventHandler<VoiceSession>[] = [];
  const unused = async (): Promise<never> => {
    throw new Error('not expected');
  };
  const answer: unknown = aSession();
  const store = new TenantSessions(
    { create: async () => answer as never, get: unused, patch: unused },
    {
      list: () => cache,
      get: () => cache[0],
      addHandler: (handler) => {
        handlers.push(handler);
        return () => {};
      },
    },
    clock,
  );
  const watched = () => {
    cache.push(aSession());
    for (const handler of handlers) handler.add?.(aSession(), { initial: false });
  };
  return { clock, store, watched };
}

test('a created session is there at once, and once only when the cache has it', async () => {
  const { store, watched } = setup();
  await store.create(aSession());
  expect(store.list()).toHaveLength(1);
  watched();
  expect(store.list()).toHaveLength(1);
});

test('a created session that the cache never shows is forgotten', async () => {
  const { clock, store } = setup();
  await store.create(aSession());
  await clock.advance(UNSEEN_MS - 1);
  expect(store.list()).toHaveLength(1);
  await clock.advance(1);
  expect(store.list()).toEqual([]);
});
