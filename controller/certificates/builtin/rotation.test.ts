import { describe, expect, test } from 'vitest';
import {
  type AuthorityState,
  nextRotationStep,
  type RotationFacts,
  rotationPhase,
  takeRotationStep,
  trustedAuthorities,
} from './rotation.ts';

const DAY = 24 * 3600;
const at = (seconds: number) => new Date(seconds * 1000);
const authority = (name: string) => ({ certPem: name, keyPem: `${name} key` });

const fresh: AuthorityState = { current: authority('one'), previous: [], longestSeconds: DAY };
const facts = (over: Partial<RotationFacts> = {}): RotationFacts => ({
  now: at(0),
  request: undefined,
  life: { notBefore: at(0), notAfter: at(90 * DAY) },
  made: true,
  published: true,
  reissued: true,
  distributionSeconds: 300,
  leafSeconds: DAY,
  ...over,
});

describe('a new authority is made', () => {
  test('after two thirds of the life, and not before', () => {
    expect(nextRotationStep(fresh, facts({ now: at(60 * DAY - 1) }))).toBeUndefined();
    expect(nextRotationStep(fresh, facts({ now: at(60 * DAY) }))).toEqual({ kind: 'stage' });
  });

  test('when somebody asks', () => {
    expect(nextRotationStep(fresh, facts({ request: 'start' }))).toEqual({ kind: 'stage' });
  });

  test('never instead of one that an administrator brought', () => {
    expect(nextRotationStep(fresh, facts({ now: at(89 * DAY), made: false }))).toBeUndefined();
  });
});

describe('the next authority', () => {
  const staged = takeRotationStep(fresh, { kind: 'stage' }, facts(), authority('two'));

  test('is trusted while the present one signs', () => {
    expect(staged.current.certPem).toBe('one');
    expect(trustedAuthorities(staged)).toEqual(['one', 'two']);
    expect(rotationPhase(staged)).toBe('publishing');
  });

  test('waits for every bundle, and from then for the distribution', () => {
    expect(nextRotationStep(staged, facts({ published: false, now: at(DAY) }))).toBeUndefined();
    expect(nextRotationStep(staged, facts({ now: at(DAY) }))).toEqual({ kind: 'published' });
    const published = takeRotationStep(staged, { kind: 'published' }, facts({ now: at(DAY) }));
    expect(rotationPhase(published)).toBe('distributing');
    expect(nextRotationStep(published, facts({ now: at(DAY + 299) }))).toBeUndefined();
    expect(nextRotationStep(published, facts({ now: at(DAY + 300) }))).toEqual({ kind: 'switch' });
  });

  test('signs at once when the present one has ended', () => {
    expect(nextRotationStep(staged, facts({ published: false, now: at(90 * DAY) }))).toEqual({
      kind: 'switch',
    });
  });
});

describe('the old authority', () => {
  const staged = takeRotationStep(fresh, { kind: 'stage' }, facts(), authority('two'));
  const switched = takeRotationStep(staged, { kind: 'switch' }, facts({ now: at(1000) }));

  test('signs no more, and is trusted until its last certificate could end', () => {
    expect(switched.current.certPem).toBe('two');
    expect(trustedAuthorities(switched)).toEqual(['two', 'one']);
    expect(switched.previous).toEqual([{ certPem: 'one', until: at(1000 + DAY) }]);
    expect(
      nextRotationStep({ ...switched, reissuedAt: at(1000) }, facts({ now: at(999 + DAY) })),
    ).toBeUndefined();
    const retire = nextRotationStep(switched, facts({ now: at(1000 + DAY) }));
    expect(retire).toEqual({ kind: 'retire', certPems: ['one'] });
    if (retire === undefined) throw new Error('no step');
    const retired = takeRotationStep(switched, retire, facts());
    expect(trustedAuthorities(retired)).toEqual(['two']);
    expect(retired.switchedAt).toBeUndefined();
  });

  test('goes by the longest life that it ever gave, not by the one of today', () => {
    const longer = { ...staged, longestSeconds: 10 * DAY };
    const after = takeRotationStep(longer, { kind: 'switch' }, facts({ now: at(0), leafSeconds: DAY }));
    expect(after.previous[0]?.until).toEqual(at(10 * DAY));
    expect(after.longestSeconds).toBe(DAY);
  });

  test('is not trusted beyond its own end', () => {
    const after = takeRotationStep(staged, { kind: 'switch' }, facts({ now: at(90 * DAY - 10) }));
    expect(after.previous[0]?.until).toEqual(at(90 * DAY));
  });

  test('leaves earlier on request, once nobody has a certificate of it and everybody has read the new ones', () => {
    const asked = { request: 'finish' } as const;
    expect(nextRotationStep(switched, facts({ ...asked, now: at(2000), reissued: false }))).toBeUndefined();
    expect(nextRotationStep(switched, facts({ ...asked, now: at(2000) }))).toEqual({ kind: 'reissued' });
    const reissued = takeRotationStep(switched, { kind: 'reissued' }, facts({ now: at(2000) }));
    expect(nextRotationStep(reissued, facts({ ...asked, now: at(2299) }))).toBeUndefined();
    expect(nextRotationStep(reissued, facts({ ...asked, now: at(2300) }))).toEqual({
      kind: 'retire',
      certPems: ['one'],
    });
  });
});

test('a longer life is written down before a certificate is given it', () => {
  const step = nextRotationStep(fresh, facts({ leafSeconds: 2 * DAY, request: 'start' }));
  expect(step).toEqual({ kind: 'lengthen' });
});
