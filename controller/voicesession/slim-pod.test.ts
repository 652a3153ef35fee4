import { expect, test } from 'vitest';
import type { Live, Pod } from '../../src/kube/index.ts';
import { slimPod, viewPod } from './worker-view.ts';

const containers = Array.from({ length: 3 }, (_, index) => ({
  name: index === 0 ? 'worker' : `sidecar-${index}`,
  image: `registry.example/skald:${index}`,
  env: Array.from({ length: 20 }, (_, n) => ({ name: `VARIABLE_${n}`, value: 'x'.repeat(60) })),
}));

const pod: Live<Pod> = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    namespace: 'skald-acme',
    name: 'evening-4a49acf8-x7x2c',
    uid: 'uid-1',
    resourceVersion: '7',
    labels: { 'skald.dev/session': 'evening' },
    annotations: { note: 'x'.repeat(500) },
    finalizers: ['skald.dev/result'],
    managedFields: [{ manager: 'kubelet', operation: 'Update', fieldsV1: { 'f:status': {} } }],
  },
  spec: { nodeName: 'node-1', containers },
  status: {
    phase: 'Failed',
    conditions: [{ type: 'PodScheduled', status: 'True' }],
    containerStatuses: [
      {
        name: 'worker',
        image: 'registry.example/skald:0',
        imageID: '',
        ready: false,
        restartCount: 0,
        state: { terminated: { exitCode: 70, message: 'the last words', reason: 'Error' } },
      },
    ],
  },
};

test('the decisions see of a slim pod what they would see of the whole one', () => {
  expect(viewPod(slimPod(structuredClone(pod)))).toEqual(viewPod(pod));
});

test('a slim pod is a small part of the whole one: nothing of its spec but the node', () => {
  const slim = slimPod(structuredClone(pod));
  expect(slim.spec).toEqual({ containers: [], nodeName: 'node-1' });
  expect(Object.keys(slim.metadata)).not.toEqual(expect.arrayContaining(['annotations']));
  expect(slim.metadata.managedFields).toBeUndefined();
  expect(JSON.stringify(slim).length).toBeLessThan(JSON.stringify(pod).length / 5);
});
