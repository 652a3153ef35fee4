import { describe, expect, test } from 'vitest';
import { findCondition } from '../../src/api/index.ts';
import type { Job, Live } from '../../src/kube/index.ts';
import { decide } from './decide.ts';
import { job as jobView, listening, NOW, observe, pod, session } from './fixtures.ts';
import { foreignContainers, isJobOf, jobRepair } from './job-drift.ts';

const own = session();
const owner = {
  apiVersion: 'skald.dev/v1alpha1',
  kind: 'VoiceSession',
  name: 'evening',
  uid: 'uid-1',
  controller: true,
};
const labels = { 'skald.dev/voicesession-uid': 'uid-1', 'skald.dev/component': 'worker' };
const containers = [
  { name: 'worker', image: 'skald:1', command: ['/app/node'], env: [{ name: 'A', value: 'b' }] },
];
const wanted: Job = {
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { namespace: 'skald-acme', name: jobView.name, labels, ownerReferences: [owner] },
  spec: {
    parallelism: 1,
    backoffLimit: 5,
    podReplacementPolicy: 'Failed',
    activeDeadlineSeconds: 15_000,
    template: { spec: { containers } },
  },
};
/** As the API server has it, with this done to it. */
function live(metadata: object = {}, spec: Partial<NonNullable<Job['spec']>> = {}): Live<Job> {
  const base = { ...wanted.metadata, name: jobView.name, uid: 'job-uid', resourceVersion: '7' };
  return {
    ...wanted,
    metadata: { ...base, ...metadata },
    spec: { template: { spec: { containers } }, ...wanted.spec, suspend: false, ...spec },
  };
}
const repairOf = (job: Live<Job>) => jobRepair(job, wanted, own);

describe('a Job', () => {
  test('that is as it was needs nothing', () => {
    expect(repairOf(live())).toBeUndefined();
    expect(repairOf(live({ labels: { ...labels, more: 'x' } }))).toBeUndefined();
  });

  test.each([
    ['stopped', { parallelism: 0 }, { parallelism: 1 }],
    ['suspended', { suspend: true }, { suspend: false }],
    ['with a TTL', { ttlSecondsAfterFinished: 60 }, { ttlSecondsAfterFinished: null }],
    ['with another deadline', { activeDeadlineSeconds: 1 }, { activeDeadlineSeconds: 15_000 }],
    ['with other retries', { backoffLimit: 0 }, { backoffLimit: 5 }],
    [
      'whose next pod does not wait',
      { podReplacementPolicy: 'TerminatingOrFailed' },
      { podReplacementPolicy: 'Failed' },
    ],
  ])('%s is put back, at the version that was looked at', (_, spec, repair) => {
    expect(repairOf(live({}, spec))).toEqual({
      metadata: { uid: 'job-uid', resourceVersion: '7', labels },
      spec: repair,
    });
  });

  test('that has lost its owner is the session’s by its label, and gets it back', () => {
    const orphan = live({ ownerReferences: [] });
    expect(isJobOf(orphan, own)).toBe(true);
    expect(repairOf(orphan)).toMatchObject({ metadata: { ownerReferences: [owner] } });
  });

  test('that has neither, or another owner, is not', () => {
    expect(isJobOf(live({ ownerReferences: [], labels: {} }), own)).toBe(false);
    expect(isJobOf(live({ ownerReferences: [{ ...owner, uid: 'other' }] }), own)).toBe(false);
  });

  test('of a claimed warm worker keeps its own deadline', () => {
    const warm = live({ name: 'warm-0123456789' }, { activeDeadlineSeconds: 99_999 });
    expect(repairOf(warm)).toBeUndefined();
  });
});

describe('a pod template', () => {
  const with_ = (...all: object[]) =>
    live({}, { template: { spec: { containers: all as typeof containers } } });
  const [worker] = containers;

  test('with what the API server adds is ours', () => {
    expect(foreignContainers(with_({ ...worker, imagePullPolicy: 'IfNotPresent' }), wanted)).toEqual([]);
  });

  test.each([
    ['another image', { ...worker, image: 'evil' }],
    ['another command', { ...worker, command: ['/bin/sh'] }],
    ['another variable', { ...worker, env: [{ name: 'A', value: 'c' }] }],
  ])('with %s is not', (_, container) => {
    expect(foreignContainers(with_(container), wanted)).toEqual(['worker']);
  });

  test('with a container more is not', () => {
    expect(foreignContainers(with_({ ...worker }, { name: 'spy', image: 'x' }), wanted)).toEqual(['spy']);
  });
});

describe('a live session whose Job somebody else has made', () => {
  const status = { voice: listening, worker: { jobName: jobView.name, podUID: pod.uid, restarts: 0 } };

  test('says so, and goes on', () => {
    const decision = decide(
      observe('Active', { job: jobView, pods: [pod], madeOtherwise: ['worker'], status }),
    );
    expect(decision.status.phase).toBe('Active');
    expect(decision.action).toEqual({ kind: 'none' });
    expect(findCondition(decision.status.conditions, 'Drifted')).toMatchObject({
      status: 'True',
      reason: 'JobEdited',
      message: expect.stringContaining('worker run otherwise'),
    });
  });

  test('says when it is over', () => {
    const drifted = {
      type: 'Drifted',
      status: 'True',
      reason: 'JobEdited',
      message: '',
      lastTransitionTime: NOW.toISOString(),
    } as const;
    const o = observe('Active', { job: jobView, pods: [pod], status: { ...status, conditions: [drifted] } });
    expect(findCondition(decide(o).status.conditions, 'Drifted')).toMatchObject({
      status: 'False',
      reason: 'Restored',
    });
  });
});
