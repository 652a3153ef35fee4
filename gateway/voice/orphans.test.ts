import { expect, test } from 'vitest';
import { OrphanWatch } from './orphans.ts';

test('a guild is left when it is without a session twice in a row', () => {
  const watch = new OrphanWatch();
  expect(watch.sweep(['a', 'b'], new Set(['b']))).toEqual([]);
  expect(watch.sweep(['a', 'b'], new Set(['b']))).toEqual(['a']);
});

test('a session that comes in between saves it', () => {
  const watch = new OrphanWatch();
  watch.sweep(['a'], new Set());
  expect(watch.sweep(['a'], new Set(['a']))).toEqual([]);
  expect(watch.sweep(['a'], new Set())).toEqual([]);
});
