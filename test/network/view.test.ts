import { expect, test } from 'vitest';
import type { Live, Pod } from '../../src/kube/index.ts';
import { UNENFORCED_LABEL, view } from './enforcer.ts';

const meta = (namespace: string, name: string, labels: Record<string, string> = {}) => ({
  namespace,
  name,
  labels,
  uid: `uid-${name}`,
  resourceVersion: '1',
});
function pod(name: string, status: Pod['status'], spec: Partial<Pod['spec'] & object> = {}): Live<Pod> {
  const port = { name: 'http', containerPort: 8080 };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: meta('a', name),
    spec: { containers: [{ name: 'c', ports: [port, { containerPort: 9 }] }], ...spec },
    ...(status === undefined ? {} : { status }),
  };
}
const seen = (all: readonly Live<Pod>[], early?: ReadonlyMap<string, string>, labels = {}) =>
  view(
    {
      pods: { list: () => all },
      namespaces: {
        list: () => [{ apiVersion: 'v1', kind: 'Namespace', metadata: { ...meta('', 'a', labels) } }],
      },
      policies: {
        list: () => [
          {
            apiVersion: 'networking.k8s.io/v1',
            kind: 'NetworkPolicy',
            metadata: meta('a', 'deny'),
            spec: { podSelector: {} },
          },
        ],
      },
    },
    early,
  );

test('pods count while they have an address of their own', () => {
  const { pods } = seen([
    pod('runs', { phase: 'Running', podIP: '10.244.0.2' }),
    pod('ended', { phase: 'Succeeded', podIP: '10.244.0.3' }),
    pod('node', { phase: 'Running', podIP: '10.244.0.1' }, { hostNetwork: true }),
    pod('waits', { phase: 'Pending' }),
  ]);
  expect(pods).toEqual([
    {
      namespace: 'a',
      name: 'runs',
      labels: {},
      ip: '10.244.0.2',
      ports: [{ name: 'http', protocol: 'TCP', port: 8080 }],
    },
  ]);
});

test('a pod counts as soon as its network is made, before its status says so', () => {
  const early = new Map([['uid-new', '10.244.0.9']]);
  expect(seen([pod('new', { phase: 'Pending' })], early).pods.map(({ ip }) => ip)).toEqual(['10.244.0.9']);
});

test('the policies of a namespace that says so are left out', () => {
  expect(seen([]).policies).toHaveLength(1);
  expect(seen([], undefined, { [UNENFORCED_LABEL]: 'true' }).policies).toEqual([]);
  expect(seen([], undefined, { [UNENFORCED_LABEL]: 'false' }).policies).toHaveLength(1);
});
