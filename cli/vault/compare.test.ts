import { describe, expect, test } from 'vitest';
import { differences } from './compare.ts';

describe('what Vault gives back in another form is the same', () => {
  test.each<[string, unknown, unknown]>([
    ['a duration', 86_400, '24h0m0s'],
    ['a duration of minutes', 600, '10m'],
    ['a number as text', 60, '60'],
    ['a list in another order', ['a', 'b'], ['b', 'a']],
    ['no list', [], null],
    ['no text', '', undefined],
    ['an empty map', {}, null],
    ['a policy with another end', 'path "a" {}\n', 'path "a" {}'],
    ['a PEM with other line ends', 'A\r\nB\r\n', 'A\nB'],
    ['keys of a map in another order', { a: '1', b: '2' }, { b: '2', a: '1' }],
  ])('%s', (_, wanted, found) => {
    expect(differences({ value: wanted }, { value: found })).toEqual([]);
  });
});

describe('what differs is named', () => {
  test.each<[string, unknown, unknown]>([
    ['another number', 60, 61],
    ['another duration', 3600, '2h'],
    ['false instead of nothing', false, undefined],
    ['nothing instead of something', [], ['a']],
    ['one more in a list', ['a'], ['a', 'b']],
    ['another value in a map', { a: '1' }, { a: '2' }],
    ['one more in a map', { a: '1' }, { a: '1', b: '2' }],
    ['a list of one text with a comma', ['a,b'], ['a', 'b']],
  ])('%s', (_, wanted, found) => {
    expect(differences({ value: wanted }, { value: found })).toEqual(['value']);
  });

  test('of several, in order, and what is not wanted anything of is not looked at', () => {
    expect(differences({ b: 1, a: 1, c: 1 }, { a: 2, b: 2, c: 1, d: 9 })).toEqual(['a', 'b']);
  });
});
