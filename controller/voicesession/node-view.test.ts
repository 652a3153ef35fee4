import { expect, test } from 'vitest';
import type { Live, Node } from '../../src/kube/index.ts';
import { nodeLeavingChanged, slimNode, viewNode } from './node-view.ts';

function node(spec: NonNullable<Node['spec']>, metadata: object = {}): Live<Node> {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'n', uid: 'u', resourceVersion: '1', labels: { a: 'b' }, ...metadata },
    spec,
    status: { phase: 'Running' },
  };
}
const taint = (key: string, effect = 'NoSchedule') => node({ taints: [{ key, effect }] });

test.each([
  ['an ordinary node', node({}), undefined],
  ['a cordoned one', node({ unschedulable: true }), 'is cordoned'],
  ['one that is deleted', node({}, { deletionTimestamp: '2030-01-01T00:00:00Z' }), 'is being deleted'],
  [
    'kubectl drain',
    taint('node.kubernetes.io/unschedulable'),
    'has the taint node.kubernetes.io/unschedulable',
  ],
  [
    'cluster-autoscaler',
    taint('ToBeDeletedByClusterAutoscaler'),
    'has the taint ToBeDeletedByClusterAutoscaler',
  ],
  ['Karpenter', taint('karpenter.sh/disrupted'), 'has the taint karpenter.sh/disrupted'],
  ['a node for GPUs', taint('nvidia.com/gpu'), undefined],
  ['a node that does not answer', taint('node.kubernetes.io/unreachable', 'NoExecute'), undefined],
])('%s', (_, one, leaving) => {
  expect(viewNode(one).leaving).toBe(leaving);
  expect(viewNode(slimNode(one)).leaving).toBe(leaving);
});

test('the cache keeps neither labels nor status of a node', () => {
  expect(slimNode(node({ podCIDR: '10.0.0.0/24' }))).toEqual({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'n', uid: 'u', resourceVersion: '1' },
    spec: {},
  });
});

test('a heartbeat wakes nobody', () => {
  expect(nodeLeavingChanged.update(node({}), node({}, { resourceVersion: '2' }))).toBe(false);
  expect(nodeLeavingChanged.update(node({}), node({ unschedulable: true }))).toBe(true);
});
