import { expect, test } from 'vitest';
import { formatNumber, marshal, quote } from './go-format.ts';

test.each([
  ['plain', '"plain"'],
  ['a "b" \\', '"a \\"b\\" \\\\"'],
  ['\u0000\u0007\n\t\u007f', '"\\x00\\a\\n\\t\\x7f"'],
  ['é 村 🏰', '"é 村 🏰"'],
  ['\u00a0\u200b\u2028', '"\\u00a0\\u200b\\u2028"'],
  ['\u{e0001}', '"\\U000e0001"'],
])('strconv.Quote of %j', (text, quoted) => {
  expect(quote(text)).toBe(quoted);
});

test.each([
  [0, '0'],
  [7n, '7'],
  [-1.5, '-1.5'],
  [999999.5, '999999.5'],
  [1000000, '1e+06'],
  [1234567.5, '1.2345675e+06'],
  [0.0001, '0.0001'],
  [0.00001, '1e-05'],
  [1.25e21, '1.25e+21'],
])('%%v of %s', (value, text) => {
  expect(formatNumber(value)).toBe(text);
});

test('encoding/json sorts keys and escapes what HTML reads', () => {
  const value = new Map<string, string | bigint>([
    ['b', '<&>'],
    ['a', 1n],
  ]);
  expect(marshal(value)).toBe('{"a":1,"b":"\\u003c\\u0026\\u003e"}');
});
