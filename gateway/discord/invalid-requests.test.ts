import { expect, test } from 'vitest';
import { INVALID_REQUEST_WINDOW_MS, InvalidRequests, invalidRequest } from './invalid-requests.ts';

function setup() {
  const clock = { now: 0 };
  return { clock, process: new InvalidRequests(() => clock.now) };
}

/** How many requests it takes until the budget is used up. */
function untilUsedUp(budget: ReturnType<InvalidRequests['budget']>, kind: 'refused' | 'rateLimited'): number {
  for (let count = 1; count < 20_000; count += 1) if (budget.record(kind)) return count;
  throw new Error('never');
}

test.each([
  [401, null, '/guilds/:id', 'botToken'],
  [401, null, '/webhooks/:id/:token', 'refused'],
  [401, null, '/interactions/:id/:token/callback', 'refused'],
  [403, null, '/channels/:id/messages', 'refused'],
  [429, 'user', '/channels/:id/messages', 'rateLimited'],
  [429, 'global', '/channels/:id/messages', 'rateLimited'],
  [429, 'shared', '/channels/:id/messages', 'shared'],
  [404, null, '/channels/:id/messages', undefined],
  [200, null, '/channels/:id/messages', undefined],
])('%i with scope %s on %s is %s', (status, scope, route, kind) => {
  expect(invalidRequest(status, scope, route)).toBe(kind);
});

test('a tenant is parked after 50 refusals, and has room for the 429s of many commands at a time', () => {
  const { process } = setup();
  expect(untilUsedUp(process.budget(), 'refused')).toBe(50);
  expect(untilUsedUp(process.budget(), 'rateLimited')).toBe(500);
});

test('a limit that others share counts for the address, and not for the tenant', () => {
  const { process } = setup();
  const budget = process.budget();
  for (let count = 0; count < 600; count += 1) expect(budget.record('shared')).toBe(false);
  expect([budget.count, process.count]).toEqual([0, 600]);
});

test('the window moves on', () => {
  const { clock, process } = setup();
  const budget = process.budget();
  for (let count = 1; count < 50; count += 1) expect(budget.record('refused')).toBe(false);
  clock.now = INVALID_REQUEST_WINDOW_MS;
  expect(budget.count).toBe(0);
  expect(process.count).toBe(0);
  expect(budget.record('refused')).toBe(false);
});

test('375 tenants that do all they can stay below the ban', () => {
  const { process } = setup();
  const parkedAfter = Array.from({ length: 375 }, () => {
    const budget = process.budget();
    return [untilUsedUp(budget, 'rateLimited'), untilUsedUp(budget, 'refused')];
  });
  expect(process.count).toBeLessThan(10_000);
  expect(parkedAfter[0]).toEqual([500, 50]);
  expect(parkedAfter.at(-1)).toEqual([5, 3]);
});

test('what others did parks nobody', () => {
  const { process } = setup();
  const good = process.budget();
  while (process.count < 7_000) untilUsedUp(process.budget(), 'rateLimited');
  expect(good.count).toBe(0);
  expect(good.record('refused')).toBe(false);
});
