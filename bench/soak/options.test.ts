import { expect, test } from 'vitest';
import { UsageError } from '../usage-error.ts';
import { parseOptions } from './options.ts';

test('what is not said is the default', () => {
  expect(parseOptions([])).toEqual({ minutes: 30, json: false });
  expect(parseOptions(['--minutes', '0.5', '--json'])).toEqual({ minutes: 0.5, json: true });
});

test.each([['--minutes', '0'], ['--minutes', 'many'], ['--speed']])('%s %s is refused', (...args) => {
  expect(() => parseOptions(args)).toThrow(UsageError);
});
