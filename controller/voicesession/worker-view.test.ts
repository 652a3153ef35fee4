import { describe, expect, test } from 'vitest';
import type { Live, Pod } from '../../src/kube/index.ts';
import { viewJob, viewPod, viewPods } from './worker-view.ts';

function pod(
  status: Pod['status'],
  metadata: object = {},
  nodeName: string | undefined = 'node-1',
): Live<Pod> {
  return {
    metadata: {
      name: 'p',
      namespace: 'ns',
      uid: 'u',
      resourceVersion: '1',
      finalizers: ['skald.dev/result'],
      ...metadata,
    },
    spec: { containers: [], ...(nodeName === undefined ? {} : { nodeName }) },
    ...(status === undefined ? {} : { status }),
  };
}

function worker(state: object) {
  return [{ name: 'worker', image: 'i', imageID: '', ready: false, restartCount: 0, state }];
}

describe('a pod', () => {
  test('is pending, running or ended by its worker container', () => {
    expect(viewPod(pod({ phase: 'Pending' })).state).toBe('pending');
    expect(viewPod(pod({ phase: 'Running', containerStatuses: worker({ running: {} }) })).state).toBe(
      'running',
    );
    // Its sidecars may still be ending.
    const ended = viewPod(
      pod({ phase: 'Running', containerStatuses: worker({ terminated: { exitCode: 0, message: '{}' } }) }),
    );
    expect(ended).toMatchObject({ state: 'ended', exit: { code: 0, message: '{}', reason: '' } });
  });

  test('that a lost node took with it has ended without an exit', () => {
    const view = viewPod(pod({ phase: 'Failed', containerStatuses: worker({ running: {} }) }));
    expect(view.state).toBe('ended');
    expect(view.exit).toBeUndefined();
  });

  test('that only our finalizer keeps has ended', () => {
    const deleted = { deletionTimestamp: '2030-01-01T00:00:00Z' };
    expect(viewPod(pod({ phase: 'Pending' }, deleted)).state).toBe('pending');
    expect(viewPod({ ...pod({ phase: 'Pending' }, deleted), spec: { containers: [] } }).state).toBe('ended');
    expect(viewPod(pod({ phase: 'Running' }, { ...deleted, deletionGracePeriodSeconds: 0 })).state).toBe(
      'ended',
    );
    expect(viewPod(pod({ phase: 'Running' }, { ...deleted, deletionGracePeriodSeconds: 30 })).state).toBe(
      'pending',
    );
  });

  test.each([
    [
      {
        conditions: [
          { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/1 nodes' },
        ],
      },
      'Unschedulable',
      '0/1 nodes',
    ],
    [
      { containerStatuses: worker({ waiting: { reason: 'ImagePullBackOff', message: 'Back-off' } }) },
      'ImageUnavailable',
      'Container worker: ImagePullBackOff: Back-off',
    ],
    [
      { containerStatuses: worker({ waiting: { reason: 'CreateContainerConfigError' } }) },
      'ContainerFailed',
      'Container worker: CreateContainerConfigError',
    ],
    [
      {
        initContainerStatuses: [
          {
            name: 'speech',
            image: 'i',
            imageID: '',
            ready: false,
            restartCount: 9,
            state: { waiting: { reason: 'CrashLoopBackOff' } },
          },
        ],
      },
      'ContainerFailed',
      'Container speech: CrashLoopBackOff',
    ],
  ])('says what it waits for (%#)', (status, reason, message) => {
    expect(viewPod(pod({ phase: 'Pending', ...status })).fault).toEqual({ reason, message });
  });

  test('that is being created waits for nothing in particular', () => {
    const view = viewPod(
      pod({ phase: 'Pending', containerStatuses: worker({ waiting: { reason: 'ContainerCreating' } }) }),
    );
    expect(view.fault).toBeUndefined();
  });
});

test('pods come oldest first, those of one second by name', () => {
  const make = (name: string, creationTimestamp: string) => pod(undefined, { name, creationTimestamp });
  const views = viewPods([
    make('c', '2030-01-01T00:00:02Z'),
    make('b', '2030-01-01T00:00:01Z'),
    make('a', '2030-01-01T00:00:01Z'),
  ]);
  expect(views.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
});

test('a Job has finished when a condition says so', () => {
  const make = (type: string, status: string) =>
    viewJob({
      metadata: { name: 'j', uid: 'u', resourceVersion: '1' },
      status: {
        conditions: [{ type, status, reason: 'R', message: 'm', lastTransitionTime: '2030-01-01T00:00:00Z' }],
      },
    });
  expect(make('FailureTarget', 'True').finished).toBeUndefined();
  expect(make('Failed', 'False').finished).toBeUndefined();
  expect(make('Failed', 'True').finished).toMatchObject({ failed: true, reason: 'R' });
  expect(make('Complete', 'True').finished).toMatchObject({ failed: false });
});
