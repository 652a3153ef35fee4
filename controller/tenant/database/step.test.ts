import { expect, test } from 'vitest';
import { StoreError } from '../../../src/store/store-error.ts';
import { failure, isUnreachable } from './step.ts';

test.each([
  ['ECONNREFUSED', 'DatabaseUnreachable'],
  ['57P03', 'DatabaseUnreachable'],
  ['08006', 'DatabaseUnreachable'],
  ['53300', 'DatabaseUnreachable'],
  [undefined, 'DatabaseUnreachable'],
  ['SchemaNewer', 'SchemaNewer'],
  ['RoleTaken', 'NameTaken'],
  ['PostgresTooOld', 'DatabaseRightsMissing'],
  ['42501', 'DatabaseRightsMissing'],
  ['28P01', 'DatabaseRightsMissing'],
  ['42P07', 'MigrationFailed'],
])('%s is %s', (code, reason) => {
  expect(failure(new StoreError('It went wrong.', code))).toMatchObject({
    configured: true,
    status: 'False',
    reason,
    message: 'It went wrong.',
  });
});

test('what is no fault of the database is not taken for its absence', () => {
  const error = new TypeError('connect postgres://skald:hunter2@db refused');
  expect(isUnreachable(error)).toBe(false);
  expect(failure(error).message).not.toContain('hunter2');
});
