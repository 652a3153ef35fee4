import { describe, expect, test } from 'vitest';
import type { BotLock } from '../../src/store/index.ts';
import { createLogger } from '../../src/telemetry/log.ts';
import { GuardedLock, retakeDelayMs } from './guarded-lock.ts';

class FakeLock implements BotLock {
  readonly #lost = new AbortController();
  released = false;

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  lose(): void {
    this.#lost.abort(new Error('the database restarts'));
  }

  async release(): Promise<void> {
    this.released = true;
  }
}

/** A guarded lock whose attempts are answered by the test, one after the other. */
function scene() {
  const lines: string[] = [];
  const delays: number[] = [];
  const attempts: { signal: AbortSignal; answer: PromiseWithResolvers<BotLock | undefined> }[] = [];
  const first = new FakeLock();
  const guarded = new GuardedLock(first, {
    log: createLogger({ name: 'gateway', level: 'info', destination: { write: (line) => lines.push(line) } }),
    take: (signal) => {
      const answer = Promise.withResolvers<BotLock | undefined>();
      attempts.push({ signal, answer });
      return answer.promise;
    },
    pause: async (delayMs) => {
      delays.push(delayMs);
    },
  });
  const attempt = async (index: number) => {
    await settled();
    const found = attempts[index];
    if (found === undefined) throw new Error(`there was no attempt ${index}`);
    return found;
  };
  return { guarded, first, attempts, attempt, delays, lines };
}

async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

test('a lock that is not lost is held, and nothing is tried', async () => {
  const { guarded, attempts, first } = scene();
  await settled();
  expect(guarded.held).toBe(true);
  expect(attempts).toEqual([]);
  await guarded.release();
  expect(first.released).toBe(true);
  expect(guarded.held).toBe(false);
  expect(guarded.taken.aborted).toBe(false);
});

test('a lost lock is not held from the very moment, and is tried again until it is taken', async () => {
  const { guarded, first, attempt, delays, lines } = scene();
  first.lose();
  expect(guarded.held).toBe(false);
  for (const index of [0, 1, 2]) (await attempt(index)).answer.reject(new Error('ECONNREFUSED'));
  const next = new FakeLock();
  (await attempt(3)).answer.resolve(next);
  await settled();
  expect(guarded.held).toBe(true);
  expect(guarded.taken.aborted).toBe(false);
  expect(first.released).toBe(true);
  expect(delays).toHaveLength(4);
  // One warning and one recovery, however many attempts it took.
  expect(lines.map((line) => JSON.parse(line).msg)).toEqual([
    expect.stringContaining('was lost'),
    'The lock of the bot is held again',
  ]);
  await guarded.release();
  expect(next.released).toBe(true);
});

test('a lock taken again is watched as the first one was', async () => {
  const { guarded, first, attempt } = scene();
  first.lose();
  const second = new FakeLock();
  (await attempt(0)).answer.resolve(second);
  await settled();
  second.lose();
  expect(guarded.held).toBe(false);
  const third = new FakeLock();
  (await attempt(1)).answer.resolve(third);
  await settled();
  expect(guarded.held).toBe(true);
  await guarded.release();
  expect(third.released).toBe(true);
});

test("another pod's lock is told, and not tried again", async () => {
  const { guarded, first, attempt, attempts } = scene();
  first.lose();
  (await attempt(0)).answer.resolve(undefined);
  await settled();
  expect(guarded.taken.aborted).toBe(true);
  expect(guarded.held).toBe(false);
  expect(attempts).toHaveLength(1);
  await guarded.release();
});

describe('release', () => {
  test('gives up an attempt', async () => {
    const { guarded, first, attempt, attempts } = scene();
    first.lose();
    const { signal, answer } = await attempt(0);
    const released = guarded.release();
    expect(signal.aborted).toBe(true);
    answer.reject(signal.reason);
    await released;
    expect(attempts).toHaveLength(1);
    expect(guarded.taken.aborted).toBe(false);
  });

  test('lets go of a lock that an attempt takes in spite of it', async () => {
    const { guarded, first, attempt, lines } = scene();
    first.lose();
    const { answer } = await attempt(0);
    const released = guarded.release();
    const late = new FakeLock();
    answer.resolve(late);
    await released;
    expect(late.released).toBe(true);
    expect(guarded.held).toBe(false);
    expect(lines.join('')).not.toContain('held again');
  });
});

test('attempts come after 1 s, then rarer, every 30 s at the rarest, and spread', () => {
  expect([0, 1, 2, 3, 4, 5, 50].map((attempt) => retakeDelayMs(attempt, 0))).toEqual([
    1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000,
  ]);
  expect(retakeDelayMs(5, 1)).toBe(15_000);
});
