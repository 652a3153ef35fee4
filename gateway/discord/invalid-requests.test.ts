import { expect, test } from 'vitest';
import {
  INVALID_REQUEST_LIMIT,
  INVALID_REQUEST_WINDOW_MS,
  InvalidRequestBudget,
} from './invalid-requests.ts';

test('the budget is used up by the limit within one window, and refills as the window moves on', () => {
  let now = 0;
  const budget = new InvalidRequestBudget(() => now);
  for (let count = 1; count < INVALID_REQUEST_LIMIT; count += 1) expect(budget.record()).toBe(false);
  now = INVALID_REQUEST_WINDOW_MS - 1;
  expect(budget.record()).toBe(true);
  now = INVALID_REQUEST_WINDOW_MS + 1;
  expect(budget.count).toBe(1);
});
