import { expect, test } from 'vitest';
import { UsageError } from '../usage-error.ts';
import { parseOptions } from './options.ts';

test('what is not said is the default', () => {
  expect(parseOptions([])).toEqual({ tenants: 200, commands: 500, json: false, check: false });
  expect(parseOptions(['--tenants', '10', '--json'])).toMatchObject({ tenants: 10, json: true });
});

test.each([['--tenants', '0'], ['--commands', 'many'], ['--speed']])('%s %s is refused', (...args) => {
  expect(() => parseOptions(args)).toThrow(UsageError);
});
