import { expect, test } from 'vitest';
import { plainScalar } from './yaml-scalars.ts';

test.each([
  ['', null],
  ['~', null],
  ['Null', null],
  ['yes', true],
  ['Off', false],
  ['y', true],
  ['nO', 'nO'],
  ['010', 8n],
  ['0o17', 15n],
  ['0x1F', 31n],
  ['0b101', 5n],
  ['-0x10', -16n],
  ['1_000', 1000n],
  ['09', 9n],
  ['1.0', 1n],
  ['1e3', 1000n],
  ['.5', 0.5],
  ['-1.25', -1.25],
  ['9223372036854775807', 9223372036854775807n],
  ['9223372036854775808', 2 ** 63],
  ['1:30', '1:30'],
  ['2026-11-21', '2026-11-21'],
  ['1.2.3', '1.2.3'],
  ['+', '+'],
  ['100000000000000002x', '100000000000000002x'],
])('kubectl reads %s as %s', (source, value) => {
  expect(plainScalar(source)).toEqual(value);
});

test.each(['.inf', '-.Inf', '.nan'])('%s cannot be sent to a server', (source) => {
  expect(() => plainScalar(source)).toThrow('is no number in JSON');
});
