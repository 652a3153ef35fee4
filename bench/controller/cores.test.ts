import { expect, test } from 'vitest';
import { parseCoreList, planCores } from './cores.ts';

test('the kernel’s list of cores is read with its ranges', () => {
  expect(parseCoreList('0-2,5\n')).toEqual([0, 1, 2, 5]);
  expect(parseCoreList('3')).toEqual([3]);
});

test.each([
  ['one core: everyone shares it', [4], { server: [4], contender: [4], harness: [4] }],
  ['two: the contender has its own', [0, 1], { server: [0], contender: [1], harness: [0] }],
  ['three: so has the harness', [0, 1, 2], { server: [0], contender: [1], harness: [2] }],
  ['more: they are the server’s', [0, 1, 2, 3, 7], { server: [0, 3, 7], contender: [1], harness: [2] }],
])('%s', (_, available, plan) => {
  expect(planCores(available)).toEqual(plan);
});

test('a harness that works as much as the contender leaves the server its core', () => {
  expect(planCores([0, 1], 'contender')).toEqual({ server: [0], contender: [1], harness: [1] });
});
