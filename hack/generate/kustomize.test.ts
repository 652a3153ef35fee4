import { expect, test } from 'vitest';
import { kustomizeFiles } from './kustomize.ts';

const rendered = `
apiVersion: apps/v1
kind: Deployment
metadata:
  name: skald-controller
  annotations:
    helm.sh/resource-policy: keep
  labels:
    app.kubernetes.io/name: skald
    app.kubernetes.io/instance: skald
spec:
  selector:
    matchLabels:
      app.kubernetes.io/instance: skald
      app.kubernetes.io/name: skald
---
# nothing
---
apiVersion: v1
kind: Service
metadata: { name: skald-gateway-0 }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: { name: skald-gateway }
`;

test('objects are sorted into folders, each with an index', () => {
  const files = kustomizeFiles('/r', rendered);
  expect([...files.keys()].filter((path) => !path.endsWith('kustomization.yaml')).sort()).toEqual([
    '/r/config/gateway/service-skald-gateway-0.yaml',
    '/r/config/manager/deployment-skald-controller.yaml',
    '/r/config/rbac/clusterrole-skald-gateway.yaml',
  ]);
  expect(files.get('/r/config/gateway/kustomization.yaml')).toContain('  - service-skald-gateway-0.yaml\n');
});

test('what only Helm understands is taken off, in selectors as in labels, and nothing else', () => {
  const text = kustomizeFiles('/r', rendered).get('/r/config/manager/deployment-skald-controller.yaml');
  expect(text).not.toMatch(/instance|annotations|helm\.sh\/resource/);
  expect(text?.match(/app\.kubernetes\.io\/name: skald/g)).toHaveLength(2);
});

test('output that is no object is refused', () => {
  expect(() => kustomizeFiles('/r', 'hello: world')).toThrow(/no Kubernetes object/);
});
