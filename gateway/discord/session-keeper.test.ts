import type { SessionInfo } from '@discordjs/ws';
import { expect, test } from 'vitest';
import { FakeClock } from '../../src/kube/fake-clock.ts';
import type { GatewaySession } from '../../src/store/index.ts';
import { createLogger } from '../../src/telemetry/log.ts';
import { KEEP_AFTER_MS, keptSessions, SessionKeeper, type SessionStore } from './session-keeper.ts';

const session: SessionInfo = {
  shardId: 0,
  shardCount: 1,
  sessionId: 's1',
  resumeURL: 'wss://r',
  sequence: 7,
};

function setup() {
  const clock = new FakeClock();
  const calls: unknown[] = [];
  const now = { sessions: [session], snapshot: 'guilds', mayWrite: true, broken: false };
  const store: SessionStore = {
    read: async () => undefined,
    write: async (_, { sequence, snapshot }) => {
      if (now.broken) throw new Error('no database');
      calls.push([sequence, snapshot]);
    },
    forget: async (_, shardId) => void calls.push(['forget', shardId]),
  };
  const lines: string[] = [];
  const keeper = new SessionKeeper({
    applicationId: '1',
    store,
    clock,
    log: createLogger({ name: 'gateway', destination: { write: (line) => lines.push(line) } }),
    mayWrite: () => now.mayWrite,
    sessions: () => now.sessions,
    snapshot: () => now.snapshot,
  });
  return { clock, calls, now, keeper, lines };
}

test('many changes are one write, a little later', async () => {
  const { clock, calls, keeper } = setup();
  keeper.changed();
  keeper.changed();
  await clock.advance(KEEP_AFTER_MS - 1);
  expect(calls).toEqual([]);
  await clock.advance(1);
  expect(calls).toEqual([[7, 'guilds']]);
});

test('a snapshot that has not changed is not written again, unless the session is another', async () => {
  const { clock, calls, now, keeper } = setup();
  keeper.changed();
  await clock.advance(KEEP_AFTER_MS);
  now.sessions = [{ ...session, sequence: 8 }];
  keeper.changed();
  await clock.advance(KEEP_AFTER_MS);
  now.sessions = [{ ...session, sessionId: 's2', sequence: 1 }];
  keeper.changed();
  await clock.advance(KEEP_AFTER_MS);
  expect(calls).toEqual([
    [7, 'guilds'],
    [8, undefined],
    [1, 'guilds'],
  ]);
});

test('at the end the last word is kept, or the session is forgotten; nothing comes after', async () => {
  for (const last of ['keep', 'forget'] as const) {
    const { clock, calls, keeper } = setup();
    keeper.changed();
    await keeper.close(last);
    keeper.changed();
    await clock.advance(KEEP_AFTER_MS);
    expect(calls).toEqual(last === 'keep' ? [[7, 'guilds']] : [['forget', 0]]);
  }
});

test('a process that lost the bot writes nothing over what its successor keeps', async () => {
  const { calls, now, keeper } = setup();
  now.mayWrite = false;
  await keeper.close('forget');
  expect(calls).toEqual([]);
});

test('a database that is away is told of once, and gets everything when it is back', async () => {
  const { clock, calls, now, keeper, lines } = setup();
  keeper.changed();
  await clock.advance(KEEP_AFTER_MS);
  now.broken = true;
  for (let count = 0; count < 3; count += 1) {
    keeper.changed();
    await clock.advance(KEEP_AFTER_MS);
  }
  now.broken = false;
  keeper.changed();
  await clock.advance(KEEP_AFTER_MS);
  expect(lines).toHaveLength(1);
  expect(calls).toEqual([
    [7, 'guilds'],
    [7, 'guilds'],
  ]);
});

test('sessions are resumed together or not at all', async () => {
  const rows = new Map<number, GatewaySession>([
    [0, { ...session, shardCount: 2 }],
    [1, { ...session, shardId: 1, shardCount: 2 }],
  ]);
  const store = {
    read: async (_: string, shardId: number) => rows.get(shardId),
    write: async () => {},
    forget: async () => {},
  };
  expect(await keptSessions(store, '1')).toHaveLength(2);
  rows.delete(1);
  expect(await keptSessions(store, '1')).toEqual([]);
});
