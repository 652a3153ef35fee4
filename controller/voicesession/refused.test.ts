import { describe, expect, test } from 'vitest';
import { findCondition, type Phase } from '../../src/api/index.ts';
import { ApiError } from '../../src/kube/index.ts';
import { decide } from './decide.ts';
import { at, condition, exited, issued, job, listening, observe, pod } from './fixtures.ts';
import type { Observation } from './observation.ts';
import { refusalIn } from './refusals.ts';

const QUOTA = 'The API server refuses the worker: exceeded quota: tight';

/** Of a session that said so earlier. */
const earlier = {
  reason: 'WorkerRefused',
  conditions: [{ ...condition('Ready', 'False'), reason: 'WorkerRefused', message: QUOTA }],
};
const ready = ({ status }: ReturnType<typeof decide>) => findCondition(status.conditions, 'Ready');
const seen = (phase: Phase, changes: Parameters<typeof observe>[1]) => decide(observe(phase, changes));

describe('a worker that the API server refuses', () => {
  test('its pod: the session says what refuses it, and goes on waiting', () => {
    const decision = seen('Provisioning', { job, refused: QUOTA });
    expect(decision.status).toMatchObject({ phase: 'Provisioning', reason: 'WorkerRefused' });
    expect(ready(decision)).toMatchObject({ status: 'False', reason: 'WorkerRefused', message: QUOTA });
    expect(decision.action.kind).toBe('none');
  });

  test('its Job: it is tried again in some seconds, not at once', () => {
    const decision = seen('Provisioning', { certificate: issued, refused: QUOTA });
    expect(ready(decision)).toMatchObject({ reason: 'WorkerRefused', message: QUOTA });
    expect(decision).toMatchObject({ action: { kind: 'none' }, wakeAt: at(5) });
  });

  test('while it is tried again the session still says why there is none', () => {
    const decision = seen('Provisioning', { certificate: issued, status: earlier });
    expect(decision.action.kind).toBe('provision');
    expect(ready(decision)).toMatchObject({ reason: 'WorkerRefused', message: QUOTA });
  });

  test('one that replaces another: the session is degraded by what refuses it', () => {
    const decision = seen('Active', { job, pods: [{ ...pod, ...exited(1) }], refused: QUOTA });
    expect(decision.status).toMatchObject({ phase: 'Degraded', reason: 'WorkerRefused' });
  });

  test('for too long: the session fails for that reason and says which quota it was', () => {
    const late: Observation = { ...observe('Provisioning', { job, status: earlier }), now: at(130) };
    const { status } = decide(late);
    expect(status).toMatchObject({ phase: 'Draining', endReason: 'WorkerFailed', reason: 'WorkerRefused' });
    expect(findCondition(status.conditions, 'Ended')?.message).toContain('exceeded quota: tight');
  });

  test('it is over with the first pod', () => {
    const decision = seen('Provisioning', { job, pods: [{ ...pod, state: 'pending' }], status: earlier });
    expect(ready(decision)?.reason).toBe('WorkerStarting');
    const status = { ...earlier, voice: listening };
    expect(seen('Degraded', { job, pods: [pod], status }).status.phase).toBe('Active');
  });
});

test('a refusal is the same sentence with every attempt; other errors are none', () => {
  const error = (status: number, detail: string) =>
    new ApiError({ status, reason: 'Forbidden', detail, method: 'POST', path: '/' });
  const quota = (name: string) => error(403, `pods "${name}" is forbidden: exceeded quota: tight`);
  expect(refusalIn(quota('evening-x1'))).toBe(QUOTA);
  expect(refusalIn(quota('evening-y2'))).toBe(QUOTA);
  expect(refusalIn(error(409, 'taken'))).toBeUndefined();
  expect(refusalIn(new Error('x'))).toBeUndefined();
});
