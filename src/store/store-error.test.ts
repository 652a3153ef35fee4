import { expect, test } from 'vitest';
import { storeError } from './database.ts';
import { StoreError } from './store-error.ts';

const url = 'postgres://skald:hunter22@db.example/skald';

test('what a restart or a retry mends is temporary; what it does not is not', () => {
  for (const code of ['ECONNREFUSED', '57P01', '40001', '53300', '08006']) {
    expect(new StoreError('x', code).temporary, code).toBe(true);
  }
  for (const code of ['42P01', '23503', '28P01', undefined]) {
    expect(new StoreError('x', code).temporary, code).toBe(false);
  }
});

test("the driver's error says what was tried and where, and loses the password and itself", () => {
  const driver = Object.assign(new Error('cannot use hunter22'), {
    code: '28P01',
    config: { password: 'hunter22' },
  });
  const error = storeError('read the transcript', url, driver);
  expect(error.message).toBe('Could not read the transcript in db.example:5432/skald: cannot use ***');
  expect(error.code).toBe('28P01');
  expect(JSON.stringify(error) + error.stack + String(error.cause)).not.toContain('hunter22');
});

test('all addresses that did not answer are named', () => {
  const driver = new AggregateError([
    new Error('connect ECONNREFUSED ::1'),
    new Error('connect ECONNREFUSED 127.0.0.1'),
  ]);
  expect(storeError('connect', url, driver).message).toMatch(/::1; connect ECONNREFUSED 127/);
});
