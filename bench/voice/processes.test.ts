import { expect, test } from 'vitest';
import { parseRollup } from './processes.ts';

const ROLLUP = `55d0c8000000-7ffd5b1f9000 ---p 00000000 00:00 0                          [rollup]
Rss:              204800 kB
Pss:              102400 kB
Pss_Dirty:         61440 kB
Pss_Anon:          51200 kB
Private_Clean:     20480 kB
Private_Dirty:     61440 kB
`;

test('memory is read in MiB', () => {
  expect(parseRollup(ROLLUP)).toEqual({ pss: 100, uss: 80, rss: 200, anonymous: 50 });
});

test('an account that lacks a line is no account', () => {
  expect(() => parseRollup(ROLLUP.replace('Pss:', 'Psst:'))).toThrow('Pss');
});
