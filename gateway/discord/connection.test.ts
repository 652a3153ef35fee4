import { expect, test } from 'vitest';
import { fatalClose } from './connection.ts';

test.each([
  [4004, 'InvalidToken'],
  [4014, 'DisallowedIntents'],
  [4010, 'ShardingRequired'],
  [4011, 'ShardingRequired'],
  [4012, 'UnsupportedByDiscord'],
  [4013, 'UnsupportedByDiscord'],
])('close code %i is final: %s', (code, reason) => {
  expect(fatalClose(code)?.reason).toBe(reason);
});

test.each([1000, 1001, 1006, 4000, 4007, 4008, 4009])('close code %i is tried again', (code) => {
  expect(fatalClose(code)).toBeUndefined();
});
