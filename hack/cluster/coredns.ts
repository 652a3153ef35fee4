import { network } from './layout.ts';

const namespace = 'kube-system';
const labels = { 'k8s-app': 'kube-dns' };

/**
 * The cluster's DNS as objects by API path, in the order of creation. Names of the cluster are answered; any other
 * name is forwarded to `upstream` when given, and otherwise does not exist, at once: a pod of a test must not wait
 * for a resolver that cannot be reached.
 */
export function corednsObjects(
  image: string,
  upstream: readonly string[],
): { path: string; object: object }[] {
  const core = `/api/v1/namespaces/${namespace}`;
  const rbac = '/apis/rbac.authorization.k8s.io/v1';
  return [
    {
      path: `${core}/serviceaccounts/coredns`,
      object: { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'coredns', namespace } },
    },
    {
      path: `${rbac}/clusterroles/system:coredns`,
      object: {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRole',
        metadata: { name: 'system:coredns' },
        rules: [
          { apiGroups: [''], resources: ['services', 'pods', 'namespaces'], verbs: ['list', 'watch'] },
          { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['list', 'watch'] },
        ],
      },
    },
    {
      path: `${rbac}/clusterrolebindings/system:coredns`,
      object: {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRoleBinding',
        metadata: { name: 'system:coredns' },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'system:coredns' },
        subjects: [{ kind: 'ServiceAccount', name: 'coredns', namespace }],
      },
    },
    {
      path: `${core}/configmaps/coredns`,
      object: {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'coredns', namespace },
        data: { Corefile: corefile(upstream) },
      },
    },
    {
      path: `${core}/services/kube-dns`,
      object: {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'kube-dns', namespace, labels },
        spec: {
          clusterIP: network.dnsAddress,
          selector: labels,
          ports: [
            { name: 'dns', protocol: 'UDP', port: 53, targetPort: 1053 },
            { name: 'dns-tcp', protocol: 'TCP', port: 53, targetPort: 1053 },
          ],
        },
      },
    },
    {
      path: `/apis/apps/v1/namespaces/${namespace}/deployments/coredns`,
      object: {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'coredns', namespace, labels },
        spec: {
          replicas: 1,
          selector: { matchLabels: labels },
          template: { metadata: { labels }, spec: podSpec(image) },
        },
      },
    },
  ];
}

export function corefile(upstream: readonly string[]): string {
  const others =
    upstream.length > 0
      ? `forward . ${upstream.join(' ')}\n  cache 30`
      : 'template ANY ANY {\n    rcode NXDOMAIN\n  }';
  return `${network.clusterDomain}:1053 96.10.in-addr.arpa:1053 244.10.in-addr.arpa:1053 {
  errors
  ready :8181
  kubernetes ${network.clusterDomain} 96.10.in-addr.arpa 244.10.in-addr.arpa {
    pods insecure
    ttl 5
  }
  loadbalance
}
.:1053 {
  errors
  ${others}
}
`;
}

function podSpec(image: string): object {
  return {
    serviceAccountName: 'coredns',
    dnsPolicy: 'Default',
    priorityClassName: 'system-cluster-critical',
    terminationGracePeriodSeconds: 1,
    containers: [
      {
        name: 'coredns',
        image,
        imagePullPolicy: 'Never',
        args: ['-conf', '/etc/coredns/Corefile'],
        ports: [
          { name: 'dns', containerPort: 1053, protocol: 'UDP' },
          { name: 'dns-tcp', containerPort: 1053, protocol: 'TCP' },
        ],
        readinessProbe: { httpGet: { path: '/ready', port: 8181 }, periodSeconds: 1, failureThreshold: 30 },
        resources: { requests: { cpu: '20m', memory: '32Mi' }, limits: { memory: '128Mi' } },
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          runAsNonRoot: true,
          capabilities: { drop: ['ALL'] },
        },
        volumeMounts: [{ name: 'config', mountPath: '/etc/coredns', readOnly: true }],
      },
    ],
    volumes: [{ name: 'config', configMap: { name: 'coredns' } }],
  };
}
