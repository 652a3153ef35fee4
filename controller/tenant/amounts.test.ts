import fc from 'fast-check';
import { expect, test } from 'vitest';
import { binaryAmount, decimalAmount, isAmount, parseAmount } from './amounts.ts';

test.each([
  ['100m', '100m'],
  ['0.1', '100m'],
  ['.5', '500m'],
  ['2', '2'],
  ['1000', '1k'],
  ['1500', '1500'],
  ['2e3', '2k'],
  ['1500u', '2m'],
  ['0', '0'],
  [3, '3'],
])('%s of CPU is written as %s', (text, written) => {
  expect(decimalAmount(parseAmount(text))).toBe(written);
});

test.each([
  ['512Mi', '512Mi'],
  ['1024Mi', '1Gi'],
  ['1536Mi', '1536Mi'],
  ['1.5Gi', '1536Mi'],
  ['500M', '477Mi'],
  ['1', '1Mi'],
  ['0', '0'],
])('%s of memory is written as %s', (text, written) => {
  expect(binaryAmount(parseAmount(text))).toBe(written);
});

test('what is no quantity, or is less than nothing, is refused', () => {
  for (const text of ['', 'many', '1Kb', '1 Gi', '-1', 'e3']) {
    expect(isAmount(text)).toBe(false);
    expect(() => parseAmount(text)).toThrow(RangeError);
  }
});

test('what is written means the amount, rounded up by less than a step', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: 10n ** 24n }), (amount) => {
      for (const [write, step] of [
        [decimalAmount, 10n ** 6n],
        [binaryAmount, (10n ** 9n) << 20n],
      ] as const) {
        const back = parseAmount(write(amount));
        expect(back >= amount && back - amount < step).toBe(true);
        expect(write(back)).toBe(write(amount));
      }
    }),
  );
});
