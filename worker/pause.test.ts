import { expect, test } from 'vitest';
import { pauseOf } from './pause.ts';

test('a session whose NPCs may talk is not paused', () => {
  expect(pauseOf(undefined, false)).toBeUndefined();
});

test('the limit is named before the mutes: to unmute somebody would not help', () => {
  expect(pauseOf('spent', true)).toEqual({ reason: 'SpendSoftLimitReached', message: 'spent' });
  expect(pauseOf(undefined, true)?.reason).toBe('EveryNpcMuted');
});
