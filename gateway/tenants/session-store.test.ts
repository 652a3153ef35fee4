import { describe, expect, test } from 'vitest';
import type { VoiceSession } from '../../src/api/index.ts';
import { FakeClock } from '../../src/kube/fake-clock.ts';
import { ApiError, type EventHandler, type Live } from '../../src/kube/index.ts';
import { aSession } from '../sessions/fixtures.ts';
import { changedMutes, MUTE_ATTEMPTS, type MuteChange, TenantSessions, UNSEEN_MS } from './session-store.ts';

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

describe('changedMutes', () => {
  test.each<[string, string[], MuteChange, string[] | undefined]>([
    ['adds', ['Bart'], { mute: ['Ulla'] }, ['Bart', 'Ulla']],
    ['takes away', ['Bart', 'Ulla'], { unmute: ['Bart'] }, ['Ulla']],
    ['adds what is there already: nothing', ['Bart'], { mute: ['Bart'] }, undefined],
    ['takes away what is not there: nothing', ['Bart'], { unmute: ['Ulla'] }, undefined],
    ['both at once', ['Bart'], { mute: ['Ulla'], unmute: ['Bart'] }, ['Ulla']],
    ['never twice', [], { mute: ['Ulla', 'Ulla'] }, ['Ulla']],
  ])('%s', (_, muted, change, expected) => {
    expect(changedMutes(muted, change)).toEqual(expected);
  });
});

describe('setMutes', () => {
  /** An API server with one session, which others write first as often as `others` says. */
  function server(others: readonly (readonly string[])[] = [], muted: readonly string[] = []) {
    let version = 1;
    let object: Live<VoiceSession> | undefined = aSession({ spec: { mutedNpcs: [...muted] } });
    const waiting = [...others];
    const refuse = (status: number, reason: string): never => {
      throw new ApiError({ status, reason, detail: '', method: 'PATCH', path: '/' });
    };
    const write = (mutedNpcs: readonly string[]): Live<VoiceSession> => {
      version += 1;
      const before = object ?? aSession();
      object = {
        ...before,
        metadata: { ...before.metadata, resourceVersion: String(version) },
        spec: { ...before.spec, mutedNpcs: [...mutedNpcs] },
      };
      return object;
    };
    const patches: unknown[] = [];
    const store = new TenantSessions(
      {
        create: async () => refuse(500, 'Unexpected'),
        get: async () => (object ?? refuse(404, 'NotFound')) as never,
        patch: async (_resource, _key, patch) => {
          patches.push(patch);
          const other = waiting.shift();
          if (other !== undefined) write(other);
          if (object === undefined) return refuse(404, 'NotFound');
          const { merge } = patch as { merge: Pick<Live<VoiceSession>, 'metadata' | 'spec'> };
          const { uid, resourceVersion } = merge.metadata;
          if (uid !== object.metadata.uid || resourceVersion !== object.metadata.resourceVersion)
            return refuse(409, 'Conflict');
          return write(merge.spec.mutedNpcs ?? []) as never;
        },
      },
      { list: () => [], get: () => undefined, addHandler: () => () => {} },
      new FakeClock(),
    );
    const replace = (change: Live<VoiceSession> | undefined) => {
      object = change;
    };
    return { store, patches, session: object, replace, mutes: () => object?.spec.mutedNpcs };
  }

  test('what somebody else muted or unmuted meanwhile stays so', async () => {
    const { store, session, mutes, patches } = server([['Bart', 'Ulla'], ['Ulla']], ['Bart']);
    const written = await store.setMutes(session, { mute: ['Greta'] });
    expect(mutes()).toEqual(['Ulla', 'Greta']);
    expect(written?.spec.mutedNpcs).toEqual(['Ulla', 'Greta']);
    expect(patches).toHaveLength(3);
  });

  test('what is so already is not written', async () => {
    const { store, session, patches } = server([], ['Bart']);
    expect(await store.setMutes(session, { mute: ['Bart'] })).toBe(session);
    expect(patches).toEqual([]);
  });

  test('a session that is gone, or another of its name, is left alone', async () => {
    const gone = server();
    gone.replace(undefined);
    expect(await gone.store.setMutes(gone.session, { mute: ['Bart'] })).toBeUndefined();
    const other = server();
    const another = aSession();
    other.replace({ ...another, metadata: { ...another.metadata, uid: 'uid-9' } });
    expect(await other.store.setMutes(other.session, { mute: ['Bart'] })).toBeUndefined();
    expect(other.mutes()).toBeUndefined();
  });

  test('gives up when others are quicker again and again', async () => {
    const others = Array.from({ length: MUTE_ATTEMPTS }, (_, index) => [`npc ${index}`]);
    const { store, session, patches } = server(others);
    await expect(store.setMutes(session, { mute: ['Bart'] })).rejects.toThrow('Conflict');
    expect(patches).toHaveLength(MUTE_ATTEMPTS);
  });
});
