import { beforeEach, expect, test } from 'vitest';
import { ManualClock } from '../world/clock.ts';
import { Buckets } from './buckets.ts';

const LIMIT = { limit: 2, windowMs: 5_000 };
let clock: ManualClock;
let buckets: Buckets;

beforeEach(() => {
  clock = new ManualClock(1_000);
  buckets = new Buckets(clock);
});

test('a bucket counts down, refuses, and starts over after its window', () => {
  const take = () => buckets.take('POST /channels/:channel/messages', '1', 'app', LIMIT);
  expect(take().headers).toMatchObject({ 'x-ratelimit-limit': '2', 'x-ratelimit-remaining': '1' });
  clock.advance(1_000);
  expect(take().headers).toMatchObject({
    'x-ratelimit-remaining': '0',
    'x-ratelimit-reset-after': '4.000',
    'x-ratelimit-reset': ((clock.wall() + 4_000) / 1000).toFixed(3),
  });
  expect(take()).toMatchObject({
    allowed: false,
    global: false,
    retryAfter: 4,
    headers: { 'x-ratelimit-scope': 'user', 'retry-after': '4' },
  });
  clock.advance(4_000);
  expect(take().allowed).toBe(true);
});

test('channels have buckets of their own under one hash', () => {
  const first = buckets.take('route', '1', 'app', LIMIT);
  const second = buckets.take('route', '2', 'app', LIMIT);
  expect(second.headers['x-ratelimit-remaining']).toBe('1');
  expect(second.headers['x-ratelimit-bucket']).toBe(first.headers['x-ratelimit-bucket']);
});

test('the fifty-first request of a bot within a second hits the global limit, other bots and webhooks do not', () => {
  const wide = { limit: 1_000, windowMs: 1_000 };
  for (let index = 0; index < 50; index += 1) expect(buckets.take('r', '', 'app', wide).allowed).toBe(true);
  expect(buckets.take('r', '', 'app', wide)).toMatchObject({
    allowed: false,
    global: true,
    headers: { 'x-ratelimit-global': 'true', 'x-ratelimit-scope': 'global' },
  });
  expect(buckets.take('r', '', 'other', wide).allowed).toBe(true);
  expect(buckets.take('r', '', undefined, wide).allowed).toBe(true);
});
