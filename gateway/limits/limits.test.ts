import { describe, expect, test } from 'vitest';
import { silentLogger } from '../../src/telemetry/log.ts';
import { Allowance } from './allowance.ts';
import { Census } from './census.ts';
import { Limited } from './limited.ts';
import { defaultLimits, type GatewayLimits } from './limits.ts';
import { StreamBudget } from './stream-budget.ts';
import { Turnstile } from './turnstile.ts';

function clock() {
  let at = 0;
  const pass = (ms: number): void => {
    at += ms;
  };
  return { now: () => at, pass };
}

function limits(changes: Partial<GatewayLimits>): GatewayLimits {
  return { ...defaultLimits, ...changes };
}

describe('an allowance', () => {
  test('gives its burst at once, then its rate, and never saves more than the burst', () => {
    const { now, pass } = clock();
    const allowance = new Allowance({ burst: 3, perSecond: 2 }, now);
    const taken = () => Array.from({ length: 10 }, () => allowance.take()).filter(Boolean).length;
    expect(taken()).toBe(3);
    pass(1_000);
    expect(taken()).toBe(2);
    pass(3_600_000);
    expect(taken()).toBe(3);
  });

  test('takes nothing of what is not there in full', () => {
    const allowance = new Allowance({ burst: 10, perSecond: 0 }, () => 0);
    expect([allowance.take(11), allowance.take(10), allowance.isFull]).toEqual([false, true, false]);
  });
});

describe('the budget of a stream', () => {
  test('counts each kind of message apart', () => {
    const budget = new StreamBudget(defaultLimits, () => 0);
    const reports = Array.from({ length: 100 }, () => budget.spend('report', 10));
    expect(reports.filter((excess) => excess === undefined)).toHaveLength(30);
    expect(reports.at(-1)).toMatchObject({ reason: 'message_rate' });
    expect(budget.spend('voiceStateRequest', 10)).toBeUndefined();
  });

  test('is one of bytes, too, over all kinds', () => {
    const budget = new StreamBudget(defaultLimits, () => 0);
    const spent = Array.from({ length: 6 }, () => budget.spend('report', 60_000)?.reason);
    expect(spent).toEqual([undefined, undefined, undefined, undefined, 'byte_rate', 'byte_rate']);
  });

  test('has no room for a single large message', () => {
    expect(new StreamBudget(defaultLimits, () => 0).spend('report', 65_537)?.reason).toBe(
      'message_too_large',
    );
  });
});

describe('the census', () => {
  const few = limits({ streamsPerWorker: 2, streamsPerNamespace: 3, attempts: { burst: 5, perSecond: 1 } });

  test('knows how many streams a worker has, and lets it have others when they are over', () => {
    const census = new Census(few, () => 0);
    const [one, two] = [census.enter('a', 'n'), census.enter('a', 'n')];
    expect([one.ok, two.ok]).toEqual([true, true]);
    expect(census.enter('a', 'n')).toMatchObject({ ok: false, reason: 'stream_limit' });
    if (!one.ok) throw new Error('not let in');
    one.leave();
    one.leave();
    expect(census.enter('a', 'n').ok).toBe(true);
    expect(census.enter('a', 'n').ok).toBe(false);
  });

  test('counts a namespace over all of its workers, and no other namespace with it', () => {
    const census = new Census(few, () => 0);
    expect(['a', 'b', 'c'].map((id) => census.enter(id, 'n').ok)).toEqual([true, true, true]);
    expect(census.enter('d', 'n')).toMatchObject({ ok: false, reason: 'stream_limit' });
    expect(census.enter('d', 'm').ok).toBe(true);
  });

  test('lets a worker try only so often, and bars the one that asked too much for a while', () => {
    const { now, pass } = clock();
    const census = new Census(few, now);
    const enter = () => {
      const entry = census.enter('a', 'n');
      if (entry.ok) entry.leave();
      return entry.ok ? 'in' : entry.reason;
    };
    expect(Array.from({ length: 7 }, enter)).toEqual([
      ...Array(5).fill('in'),
      'attempt_rate',
      'attempt_rate',
    ]);
    census.bar('a');
    pass(9_999);
    expect(enter()).toBe('penalty');
    expect(census.enter('b', 'n').ok).toBe(true);
    pass(1);
    expect(enter()).toBe('in');
  });

  test('forgets those of whom there is nothing to know', () => {
    const { now, pass } = clock();
    const census = new Census(few, now);
    for (let id = 0; id < 20_000; id += 1) {
      const entry = census.enter(`w${id}`, 'n');
      if (entry.ok) entry.leave();
      pass(10);
    }
    expect(census.size).toBeLessThan(3_000);
  });
});

describe('the turnstile', () => {
  test('lets in so many from one address, so many in all, and so many a second', () => {
    const { now, pass } = clock();
    const few = limits({ connections: 4, connectionsPerAddress: 2, handshakes: { burst: 3, perSecond: 1 } });
    const turnstile = new Turnstile(few, now);
    const [one, two] = [turnstile.enter('a'), turnstile.enter('a')];
    expect(turnstile.enter('a')).toBe('connections_per_address');
    if (typeof one !== 'function' || typeof two !== 'function') throw new Error('not let in');
    one();
    one();
    expect(turnstile.open).toBe(1);
    expect(typeof turnstile.enter('a')).toBe('function');
    two();
    expect(turnstile.enter('a')).toBe('handshake_rate');
    pass(1_000);
    expect(typeof turnstile.enter('a')).toBe('function');
    expect([turnstile.enter('b'), turnstile.enter('b')].map((entry) => typeof entry)).toEqual([
      'function',
      'function',
    ]);
    expect(turnstile.enter('c')).toBe('connections');
  });
});

test('of a flood there are some lines and an exact count; another reason is not hidden by it', () => {
  const { now, pass } = clock();
  const lines: unknown[] = [];
  const log = Object.assign(silentLogger(), { warn: (line: unknown) => void lines.push(line) });
  const limited = new Limited(log, now);
  const peer = { address: '10.0.0.1:4711' };
  for (let count = 0; count < 1_000; count += 1) limited.report('message_rate', peer, 'too many');
  limited.report('not_read', peer, 'reads nothing');
  pass(5_000);
  limited.report('message_rate', peer, 'too many');
  expect(lines).toHaveLength(12);
  expect(lines.at(-1)).toMatchObject({ reason: 'message_rate', suppressed: 990 });
  expect(limited.counts()).toEqual([
    ['message_rate', 1_001],
    ['not_read', 1],
  ]);
});
