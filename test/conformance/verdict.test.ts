import { describe, expect, it } from 'vitest';
import type { SeenRequest } from './proxy/faults.ts';
import type { Reconciled, SeenObject } from './runtimes/protocol.ts';
import { busiestSecond, differences, impatience } from './verdict.ts';

const object = (name: string, resourceVersion: string, digest = 'd'): SeenObject => ({
  key: `ns/${name}`,
  resourceVersion,
  digest,
});
const seen = (...objects: (SeenObject | { key: string; resourceVersion: null; digest: null })[]) =>
  new Map<string, Reconciled>(objects.map((one) => [one.key, one]));
const gone = (name: string) => ({ key: `ns/${name}`, resourceVersion: null, digest: null });
const server = [object('a', '5'), object('b', '7')];

describe('differences', () => {
  it('none when cache and reconciles show the last versions, and deletions were told', () => {
    expect(differences({ server, cache: server, reconciled: seen(...server, gone('c')) })).toEqual([]);
  });

  it('a runtime without a cache is judged by its reconciles', () => {
    expect(differences({ server, cache: null, reconciled: seen(...server) })).toEqual([]);
  });

  it('a runtime that does not answer has shown nothing', () => {
    expect(differences({ server, cache: undefined, reconciled: seen(...server) })).toEqual([
      'it did not show its cache',
    ]);
  });

  it.each([
    ['a ghost', [...server, object('c', '3')], 'cache: deleted, but still there: c'],
    ['a gap', [object('a', '5')], 'cache: missing: b'],
    ['an old version', [object('a', '4'), object('b', '7')], 'cache: not the last version: a'],
    ['a damaged text', [object('a', '5', 'x'), object('b', '7')], 'cache: another content: a'],
  ])('%s in the cache', (_, cache, problem) => {
    expect(differences({ server, cache, reconciled: seen(...server) })).toEqual([problem]);
  });

  it.each([
    ['none', seen(object('a', '5')), 'never reconciled: b'],
    [
      'one of an old version',
      seen(object('a', '4'), object('b', '7')),
      'not reconciled at the last version: a',
    ],
    ['one that took it for deleted', seen(gone('a'), object('b', '7')), 'taken for deleted: a'],
    [
      'one with a damaged text',
      seen(object('a', '5', 'x'), object('b', '7')),
      'reconciled with another content: a',
    ],
    ['one of an object that is gone', seen(...server, object('c', '3')), 'deletion not reconciled: c'],
  ])('the last reconcile of a key: %s', (_, reconciled, problem) => {
    expect(differences({ server, cache: server, reconciled })).toEqual([problem]);
  });

  it('names three, and counts the others', () => {
    const many = ['a', 'b', 'c', 'd', 'e'].map((name) => object(name, '1'));
    expect(differences({ server: many, cache: null, reconciled: seen() })).toEqual([
      'never reconciled: a, b, c and 2 more',
    ]);
  });
});

describe('manners', () => {
  const request = (at: number, answered?: SeenRequest['answered']): SeenRequest => ({
    method: 'GET',
    path: '/',
    watch: true,
    list: false,
    resourceVersion: '',
    continued: false,
    bookmarks: false,
    at,
    ...(answered ? { answered } : {}),
  });

  it('the busiest second is found wherever it begins', () => {
    const at = [0, 900, 1_100, 1_500, 1_899, 3_000];
    expect(busiestSecond(at.map((one) => ({ at: one })))).toBe(4);
    expect(busiestSecond([])).toBe(0);
  });

  it('who comes back before Retry-After is impatient', () => {
    const asked = { status: 429, retryAfterSeconds: 1 };
    expect(impatience([request(0, asked), request(1_000)])).toEqual([]);
    expect(impatience([request(0, asked)])).toEqual([]);
    expect(impatience([request(0, asked), request(300)])).toEqual([
      'came back after 300 ms, the server had asked for 1 s',
    ]);
  });
});
