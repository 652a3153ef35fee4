import { expect, test } from 'vitest';
import { stepsOf } from './steps.ts';

test('each step begins where the last one ended, and together they are the whole', () => {
  const steps = stepsOf({ command: 1000, created: 1040, admitted: 1100, jobCreated: 1110, listening: 2000 });
  expect(steps).toEqual({
    command: 40,
    'admission, status': 60,
    'certificate, Secret, Job': 10,
    'DAVE: group, transition': 890,
  });
});

test('what is seen late takes nothing from what follows', () => {
  const steps = stepsOf({ command: 0, created: 50, claimed: 40, listening: 100 });
  expect(steps).toEqual({ command: 50, 'admission, claim': 0, 'DAVE: group, transition': 50 });
});
