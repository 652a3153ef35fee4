import { expect, test } from 'vitest';
import { createdAt, isSnowflake, parseGuildId } from './snowflake.ts';

test.each(['1234567890123456', '123456789012345678901', '12345678901234567a', '', ' 123456789012345678'])(
  '%j is not an id',
  (text) => {
    expect(isSnowflake(text)).toBe(false);
    expect(() => parseGuildId(text)).toThrow(/id of a Discord guild.*17 to 20 digits/);
  },
);

test('an id fits 64 bits', () => {
  expect(isSnowflake('18446744073709551615')).toBe(true);
  expect(isSnowflake('18446744073709551616')).toBe(false);
});

test('an id says when it was made', () => {
  expect(new Date(createdAt(parseGuildId('175928847299117063'))).toISOString()).toBe(
    '2016-04-30T11:18:25.796Z',
  );
});
