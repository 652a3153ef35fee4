import { expect, test } from 'vitest';
import { UsageError } from '../usage-error.ts';
import { parseOptions, SECTIONS } from './options.ts';

test('what is not said is the default', () => {
  expect(parseOptions([])).toEqual({
    ...{
      sections: SECTIONS,
      turns: 60,
      bargeIns: 40,
      seconds: 20,
      json: false,
      check: false,
      publish: false,
    },
  });
  expect(parseOptions(['--only', 'usage,turns', '--turns', '5', '--json'])).toMatchObject({
    ...{ sections: ['usage', 'turns'], turns: 5, json: true },
  });
});

test.each([
  ['--turns', '0'],
  ['--seconds', 'many'],
  ['--only', 'speed'],
  ['--speed'],
  ['--publish', '--only', 'turns'],
])('%s %s is refused', (...args) => {
  expect(() => parseOptions(args)).toThrow(UsageError);
});
