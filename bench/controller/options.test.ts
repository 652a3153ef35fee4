import { expect, test } from 'vitest';
import { UsageError } from '../usage-error.ts';
import { parseOptions } from './options.ts';

test('without options one run of every contender with 1,000 objects is asked for', () => {
  expect(parseOptions([])).toMatchObject({ n: [1_000], contenders: undefined, repeat: 1, setting: 'server' });
});

test('sizes and contenders are lists', () => {
  expect(parseOptions(['--n', '10000,1000', '--contenders', 'skald, limit'])).toMatchObject({
    n: [1_000, 10_000],
    contenders: ['skald', 'limit'],
  });
});

test('the live part has 5,000 sessions unless told otherwise', () => {
  expect(parseOptions(['--live']).n).toEqual([5_000]);
  expect(parseOptions(['--live', '--n', '100']).n).toEqual([100]);
});

test.each([[['--n', '0']], [['--n', 'many']], [['--repeat', '1.5']], [['--speed', '9']], [['extra']]])(
  '%j is refused',
  (args) => {
    expect(() => parseOptions(args)).toThrow(UsageError);
  },
);
