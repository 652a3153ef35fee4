import { expect, test } from 'vitest';
import { type Condition, findCondition, isTrue, setCondition } from './conditions.ts';

const monday = new Date('2026-01-05T10:00:00.123Z');
const tuesday = new Date('2026-01-06T10:00:00Z');
const ready = { type: 'Ready', status: 'True', reason: 'Listening', message: 'The NPCs listen.' } as const;

test('a first observation has the time of now, with whole seconds', () => {
  const conditions = setCondition(undefined, { ...ready, observedGeneration: 3 }, monday);
  expect(conditions).toEqual([
    { ...ready, observedGeneration: 3, lastTransitionTime: '2026-01-05T10:00:00Z' },
  ]);
});

test('another reason keeps the time of the last transition', () => {
  const before = setCondition([], ready, monday);
  const after = setCondition(before, { ...ready, reason: 'Degraded' }, tuesday);
  expect(findCondition(after, 'Ready')).toMatchObject({
    reason: 'Degraded',
    lastTransitionTime: '2026-01-05T10:00:00Z',
  });
});

test('another status is a transition, in place', () => {
  const other: Condition = { ...ready, type: 'Admitted', lastTransitionTime: '2026-01-01T00:00:00Z' };
  const before = [...setCondition([], ready, monday), other];
  const after = setCondition(before, { ...ready, status: 'False' }, tuesday);
  expect(after.map((condition) => condition.type)).toEqual(['Ready', 'Admitted']);
  expect(after[0]?.lastTransitionTime).toBe('2026-01-06T10:00:00Z');
});

test('the same observation again gives the very same array, so that nothing is written', () => {
  const before = setCondition([], { ...ready, observedGeneration: 1 }, monday);
  expect(setCondition(before, { ...ready, observedGeneration: 1 }, tuesday)).toBe(before);
  expect(setCondition(before, { ...ready, observedGeneration: 2 }, tuesday)).not.toBe(before);
});

test('a condition that was never observed, or is Unknown, is not true', () => {
  expect(isTrue(undefined, 'Ready')).toBe(false);
  expect(isTrue(setCondition([], { ...ready, status: 'Unknown' }, monday), 'Ready')).toBe(false);
  expect(isTrue(setCondition([], ready, monday), 'Ready')).toBe(true);
});
