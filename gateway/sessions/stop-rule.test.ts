import { expect, test } from 'vitest';
import { aSession } from './fixtures.ts';
import { EMPTY_CHANNEL_MS, stopOrder } from './stop-rule.ts';

test('a running session is left alone', () => {
  expect(stopOrder({ session: aSession({ status: { phase: 'Active' } }) })).toBeUndefined();
});

test.each([
  ['Deleted', aSession({ deleted: true })],
  ['Requested', aSession({ spec: { desiredState: 'Stopped' } })],
  ['DeadlineExceeded', aSession({ status: { phase: 'Draining', endReason: 'DeadlineExceeded' } })],
  ['SpendCap', aSession({ status: { phase: 'Draining', reason: 'SpendCap' } })],
] as const)('%s', (reason, session) => {
  expect(stopOrder({ session })?.reason).toBe(reason);
});

test("the operator's reason for draining counts more than the Stopped that it may follow", () => {
  const session = aSession({
    spec: { desiredState: 'Stopped' },
    status: { phase: 'Draining', endReason: 'SpendCap' },
  });
  expect(stopOrder({ session })?.reason).toBe('SpendCap');
});

test('what the worker asks for is granted', () => {
  const requested = { reason: 'Idle', message: 'nobody spoke' };
  expect(stopOrder({ session: aSession(), requested })).toEqual(requested);
});

test('a channel must be empty for the whole time', () => {
  expect(stopOrder({ session: aSession(), emptyForMs: EMPTY_CHANNEL_MS - 1 })).toBeUndefined();
  expect(stopOrder({ session: aSession(), emptyForMs: EMPTY_CHANNEL_MS })?.reason).toBe('ChannelEmpty');
});

test('a bot that was moved away ends when the campaign says so', () => {
  expect(stopOrder({ session: aSession(), movedAway: true })?.reason).toBe('Kicked');
});
