import { expect, test } from 'vitest';
import { isFinal, isLegal, isLive, phases, transitions } from './phases.ts';

test('the legal transitions are these and no others', () => {
  const legal = phases.flatMap((from) =>
    phases.filter((to) => to !== from && isLegal(from, to)).map((to) => `${from} -> ${to}`),
  );
  expect(legal).toEqual([
    'Pending -> Provisioning',
    'Pending -> Ended',
    'Pending -> Failed',
    'Provisioning -> Connecting',
    'Provisioning -> Draining',
    'Provisioning -> Failed',
    'Connecting -> Active',
    'Connecting -> Degraded',
    'Connecting -> Draining',
    'Connecting -> Failed',
    'Active -> Degraded',
    'Active -> Draining',
    'Active -> Failed',
    'Degraded -> Active',
    'Degraded -> Draining',
    'Degraded -> Failed',
    'Draining -> Ended',
    'Draining -> Failed',
  ]);
});

test('every phase is listed once', () => {
  expect([...phases].sort()).toEqual(Object.keys(transitions).sort());
});

test('a session begins Pending', () => {
  expect(phases.filter((phase) => isLegal(undefined, phase))).toEqual(['Pending']);
});

test('nothing follows a final phase, and no final phase is live', () => {
  for (const phase of phases.filter(isFinal)) {
    expect(transitions[phase]).toEqual([]);
    expect(isLive(phase)).toBe(false);
  }
});
