import { describe, expect, test } from 'vitest';
import { type Condition, findCondition } from '../../src/api/index.ts';
import { decide } from './decide.ts';
import { at, exited, job, listening, observe, pod } from './fixtures.ts';
import type { Observation } from './observation.ts';

const cordoned = { name: 'node-1', leaving: 'is cordoned' };

function moving(status: 'True' | 'False', reason: string, since: number): Condition {
  return {
    type: 'Moving',
    status,
    reason,
    message: 'As it was.',
    lastTransitionTime: at(since).toISOString(),
  };
}

/** An Active session, with everything healthy but the node. */
function active(changes: Partial<Observation> & { conditions?: Condition[]; podUID?: string } = {}) {
  const { conditions = [], podUID = pod.uid, ...rest } = changes;
  const worker = { jobName: job.name, podName: pod.name, podUID, node: 'node-1', restarts: 0 };
  return observe('Active', { job, pods: [pod], status: { voice: listening, worker, conditions }, ...rest });
}

const conditionOf = (o: Observation) => findCondition(decide(o).status.conditions, 'Moving');

describe('a live session', () => {
  test('on a node that stays has no condition Moving', () => {
    expect(conditionOf(active({ node: { name: 'node-1' } }))).toBeUndefined();
  });

  test('on a cordoned node says when it moves, and listens until then', () => {
    const { status, action, wakeAt } = decide(active({ node: cordoned }));
    expect(status).toMatchObject({ phase: 'Active', reason: 'Listening' });
    expect(findCondition(status.conditions, 'Moving')).toMatchObject({
      status: 'True',
      reason: 'NodeDraining',
      message: 'Node node-1 is cordoned: the session moves to another one at 2030-06-01T20:05:00Z.',
    });
    expect(action).toEqual({ kind: 'none' });
    expect(wakeAt).toEqual(at(300));
  });

  test('keeps its deadline while it waits', () => {
    const { action, wakeAt } = decide(
      active({ node: cordoned, conditions: [moving('True', 'NodeDraining', -299)] }),
    );
    expect(action).toEqual({ kind: 'none' });
    expect(wakeAt).toEqual(at(1));
  });

  test('moves at its deadline: Degraded, and its pod goes', () => {
    const { status, action } = decide(
      active({ node: cordoned, conditions: [moving('True', 'NodeDraining', -300)] }),
    );
    expect(action).toEqual({ kind: 'evict', pod: { name: pod.name, uid: pod.uid } });
    expect(status).toMatchObject({ phase: 'Degraded', reason: 'Moving' });
    expect(findCondition(status.conditions, 'Ready')).toMatchObject({ status: 'False', reason: 'Moving' });
  });

  test('moves at once when the setting is 0', () => {
    const usual = active({ node: cordoned });
    const { action } = decide({ ...usual, limits: { ...usual.limits, moveAfterSeconds: 0 } });
    expect(action.kind).toBe('evict');
  });

  test('whose node is uncordoned again stays, and says so', () => {
    const o = active({ node: { name: 'node-1' }, conditions: [moving('True', 'NodeDraining', -100)] });
    expect(decide(o).action).toEqual({ kind: 'none' });
    expect(conditionOf(o)).toMatchObject({ status: 'False', reason: 'NodeKept' });
  });

  test('whose node is cordoned a second time waits its whole time again', () => {
    const o = active({ node: cordoned, conditions: [moving('False', 'NodeKept', -1000)] });
    expect(decide(o).wakeAt).toEqual(at(300));
  });

  test('whose pod somebody else tells to go is moving, without being told twice', () => {
    const { status, action } = decide(active({ node: cordoned, pods: [{ ...pod, deleting: true }] }));
    expect(action).toEqual({ kind: 'none' });
    expect(status).toMatchObject({ phase: 'Degraded', reason: 'Moving' });
  });
});

describe('a session that moves', () => {
  const conditions = [moving('True', 'Moving', -10)];
  const next = { ...pod, name: 'evening-4a49acf8-b', uid: 'pod-2', node: 'node-2' };

  test('is Degraded for this reason between the two pods', () => {
    const { status } = decide(active({ conditions, pods: [exited(143)] }));
    expect(status).toMatchObject({ phase: 'Degraded', reason: 'Moving' });
  });

  test('stays so while the next pod starts and joins, and counts it', () => {
    const o = active({ conditions, pods: [exited(143), { ...next, state: 'pending' }] });
    expect(decide(o).status).toMatchObject({
      phase: 'Degraded',
      reason: 'Moving',
      worker: { podName: next.name, node: 'node-2', restarts: 1 },
    });
    expect(conditionOf(o)).toMatchObject({ status: 'True', reason: 'Moving' });
  });

  test('shows what keeps the next pod from starting', () => {
    const fault = { reason: 'Unschedulable', message: '0/1 nodes are available.' } as const;
    const { node: _, ...nowhere } = next;
    const waiting = { ...nowhere, state: 'pending', fault } as const;
    expect(decide(active({ conditions, pods: [waiting] })).status).toMatchObject({
      phase: 'Degraded',
      reason: 'Unschedulable',
    });
  });

  test('has moved when the next pod listens', () => {
    const voice = { ...listening, podUID: next.uid };
    const status = { voice, conditions, worker: { jobName: job.name, podUID: pod.uid, restarts: 0 } };
    const o = observe('Degraded', { job, pods: [next], node: { name: 'node-2' }, status });
    expect(decide(o).status).toMatchObject({ phase: 'Active', worker: { node: 'node-2', restarts: 1 } });
    expect(conditionOf(o)).toMatchObject({
      status: 'False',
      reason: 'Moved',
      message: 'The session goes on, on node node-2.',
    });
  });
});
