import { status } from '@grpc/grpc-js';
import { expect, test } from 'vitest';
import { AttachError } from './attach-error.ts';

test.each([
  status.PERMISSION_DENIED,
  status.UNAUTHENTICATED,
  status.INVALID_ARGUMENT,
  status.FAILED_PRECONDITION,
  status.UNIMPLEMENTED,
])('code %i is final', (code) => {
  expect(new AttachError(code, '').retryable).toBe(false);
});

test.each([
  status.UNAVAILABLE,
  status.DEADLINE_EXCEEDED,
  status.INTERNAL,
  status.RESOURCE_EXHAUSTED,
  status.UNKNOWN,
])('code %i is worth another try', (code) => {
  expect(new AttachError(code, '').retryable).toBe(true);
});

test('only a refused identity is called one', () => {
  expect(new AttachError(status.PERMISSION_DENIED, '').identityRefused).toBe(true);
  expect(new AttachError(status.FAILED_PRECONDITION, '').identityRefused).toBe(false);
  expect(new AttachError(status.UNAVAILABLE, '').codeName).toBe('UNAVAILABLE');
});
