import { expect, test } from 'vitest';
import { annotations } from '../../src/api/index.ts';
import type { Job, Live, Pod } from '../../src/kube/index.ts';
import { type SpareCriteria, viewSpare } from './spare.ts';

const NOW = new Date('2030-06-01T20:00:00Z');

function at(seconds: number): string {
  return new Date(NOW.getTime() + seconds * 1000).toISOString();
}

function job(
  changes: { createdAt?: string; expiry?: string; template?: string; status?: Job['status'] } = {},
): Live<Job> {
  return {
    metadata: {
      name: 'warm-0123456789',
      namespace: 'skald-acme',
      uid: 'job-uid',
      resourceVersion: '7',
      creationTimestamp: changes.createdAt ?? at(-10),
      annotations: {
        [annotations.workerTemplate]: changes.template ?? 'today',
        [annotations.certificateExpiry]: changes.expiry ?? at(100_000),
      },
    },
    ...(changes.status === undefined ? {} : { status: changes.status }),
  };
}

function pod(ready: 'True' | 'False', changes: { deleting?: boolean } = {}): Live<Pod> {
  return {
    metadata: {
      name: 'warm-0123456789-a',
      uid: 'pod-uid',
      resourceVersion: '8',
      ...(changes.deleting ? { deletionTimestamp: at(-1) } : {}),
    },
    spec: { containers: [], nodeName: 'node-1' },
    status: { conditions: [{ type: 'Ready', status: ready }] },
  };
}

const criteria: SpareCriteria = {
  now: NOW,
  template: 'today',
  certificateEnd: () => undefined,
  startTimeoutSeconds: 120,
  nodeIsLeaving: () => false,
  secretIsGood: () => true,
};

const failed: Job['status'] = {
  conditions: [{ type: 'Failed', status: 'True', reason: 'PodFailurePolicy', message: '' }],
};

test.each([
  ['its pod is Ready', job(), [pod('True')], {}, 'ready'],
  ['it has no pod yet', job(), [], {}, 'starting'],
  ['its pod is not Ready yet', job(), [pod('False')], {}, 'starting'],
  ['its pod is being deleted', job(), [pod('True', { deleting: true })], {}, 'starting'],
  ['it was not ready in time', job({ createdAt: at(-121) }), [pod('False')], {}, 'failed'],
  ['its Job has given up', job({ status: failed }), [], {}, 'failed'],
  ['the Tenant’s settings changed', job({ template: 'yesterday' }), [pod('True')], {}, 'stale'],
  ['the Tenant has no gateway', job(), [pod('True')], { template: undefined }, 'stale'],
  ['its certificate has ended', job({ expiry: at(0) }), [pod('True')], {}, 'stale'],
  [
    'its certificate was renewed',
    job({ expiry: at(0) }),
    [pod('True')],
    { certificateEnd: () => new Date(at(600)) },
    'ready',
  ],
  ['its Secret is not what it would be today', job(), [pod('True')], { secretIsGood: () => false }, 'stale'],
  ['its node is being emptied', job(), [pod('True')], { nodeIsLeaving: () => true }, 'stale'],
] as const)('%s', (_, one, pods, changes, state) => {
  expect(viewSpare(one, pods, { ...criteria, ...changes }).state).toBe(state);
});

test('a ready one says when its certificate ends, a starting one when it is late', () => {
  expect(viewSpare(job({ expiry: at(100) }), [pod('True')], criteria).changesAt).toEqual(new Date(at(100)));
  expect(viewSpare(job(), [], criteria).changesAt).toEqual(new Date(at(110)));
});
