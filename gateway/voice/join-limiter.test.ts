import { expect, test } from 'vitest';
import { JoinLimiter } from './join-limiter.ts';

const LIMITS = { burst: 2, refillMs: 1000, breakerThreshold: 4, breakerOpenMs: 60_000 };

test('joins pass in a burst, then one for each refill', () => {
  let now = 0;
  const limiter = new JoinLimiter(() => now, LIMITS);
  expect(limiter.join()).toEqual({ ok: true });
  expect(limiter.join()).toEqual({ ok: true });
  expect(limiter.join()).toEqual({ ok: false, retryAfterMs: 1000 });
  now = 400;
  expect(limiter.join()).toEqual({ ok: false, retryAfterMs: 600 });
  now = 1000;
  expect(limiter.join()).toEqual({ ok: true });
});

test('joins that never lead to a connection open the breaker; one trial follows', () => {
  let now = 0;
  const limiter = new JoinLimiter(() => now, LIMITS);
  for (let join = 0; join < 4; join += 1) {
    expect(limiter.join().ok).toBe(true);
    now += 1000;
  }
  expect(limiter.join()).toEqual({ ok: false, retryAfterMs: 59_000 });
  now += 59_000;
  expect(limiter.join().ok).toBe(true);
  expect(limiter.join().ok).toBe(false);
});

test('a connection forgets the failures before it', () => {
  let now = 0;
  const limiter = new JoinLimiter(() => now, LIMITS);
  for (let join = 0; join < 20; join += 1) {
    expect(limiter.join().ok).toBe(true);
    limiter.connected();
    now += 1000;
  }
});
