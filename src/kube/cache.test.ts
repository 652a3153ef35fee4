import { describe, expect, it } from 'vitest';
import { ObjectCache } from './cache.ts';
import type { Live } from './object.ts';
import { byLabel } from './owner.ts';

function object(
  name: string,
  uid: string,
  resourceVersion: number,
  labels: Record<string, string> = {},
): Live {
  return { metadata: { namespace: 'ns', name, uid, resourceVersion: String(resourceVersion), labels } };
}

describe('ObjectCache', () => {
  it('reports a new incarnation of a name as a delete of the old one and an add, from a watch', () => {
    const cache = new ObjectCache();
    const old = object('a', 'uid-1', 1);
    cache.put(old);
    const next = object('a', 'uid-2', 5);
    expect(cache.put(next)).toEqual([
      { type: 'delete', object: old },
      { type: 'add', object: next },
    ]);
  });

  it('reports a list as differences: gone, replaced, changed, new; what is the same is not mentioned', () => {
    const cache = new ObjectCache();
    const [gone, replaced, changed, same] = ['gone', 'replaced', 'changed', 'same'].map((name, index) =>
      object(name, `uid-${name}`, index + 1),
    );
    if (!gone || !replaced || !changed || !same) throw new Error('unreachable');
    cache.replace([gone, replaced, changed, same]);
    const changes = cache.replace([
      object('replaced', 'uid-other', 9),
      object('changed', 'uid-changed', 8),
      object('same', 'uid-same', 4),
      object('new', 'uid-new', 7),
    ]);
    expect(
      changes.map(({ type, object }) => `${type} ${object.metadata.name} ${object.metadata.uid}`),
    ).toEqual([
      'delete gone uid-gone',
      'delete replaced uid-replaced',
      'add replaced uid-other',
      'update changed uid-changed',
      'add new uid-new',
    ]);
    expect(cache.size).toBe(4);
  });

  it('ignores news that it knows, and the deletion of an earlier incarnation', () => {
    const cache = new ObjectCache();
    cache.put(object('a', 'uid-2', 100));
    expect(cache.put(object('a', 'uid-2', 100))).toEqual([]);
    expect(cache.put(object('a', 'uid-2', 99))).toEqual([]);
    expect(cache.remove(object('a', 'uid-1', 101))).toEqual([]);
    expect(cache.get({ namespace: 'ns', name: 'a' })?.metadata.resourceVersion).toBe('100');
  });

  it('freezes what it holds, to the depths', () => {
    const cache = new ObjectCache();
    cache.put(object('a', 'uid-1', 1, { color: 'red' }));
    const cached = cache.get({ namespace: 'ns', name: 'a' });
    expect(() => {
      if (cached?.metadata.labels) cached.metadata.labels.color = 'blue';
    }).toThrow(TypeError);
  });

  it('finds objects by an index through changes and deletions, also when the index came later', () => {
    const cache = new ObjectCache();
    cache.put(object('a', 'uid-1', 1, { color: 'red' }));
    cache.addIndex('color', byLabel('color'));
    cache.put(object('b', 'uid-2', 2, { color: 'red' }));
    const names = (color: string) => cache.byIndex('color', color).map(({ metadata }) => metadata.name);
    expect(names('red')).toEqual(['a', 'b']);
    cache.put(object('a', 'uid-1', 3, { color: 'blue' }));
    expect(names('red')).toEqual(['b']);
    expect(names('blue')).toEqual(['a']);
    cache.remove(object('b', 'uid-2', 4));
    expect(names('red')).toEqual([]);
    expect(() => cache.byIndex('size', 'big')).toThrow(/no index "size"/);
  });

  it('lists one namespace', () => {
    const cache = new ObjectCache();
    cache.put(object('a', 'uid-1', 1));
    expect(cache.list('ns')).toHaveLength(1);
    expect(cache.list('other')).toHaveLength(0);
  });
});
