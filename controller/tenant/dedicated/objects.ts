// A gateway of the tenant's own (topology `dedicated`), in the tenant's namespace: pure. The same pod as the chart's
// slots (helm/skald/templates/gateway), with the tenant named in its environment.
import {
  dedicatedPlace,
  GATEWAY_DATABASE_SECRET,
  gatewayName,
  gatewayTlsSecretName,
  labels,
  MANAGED_BY,
  tenantNamespace,
} from '../../../src/api/index.ts';
import type { Secret, Service, ServiceAccount, StatefulSet } from '../../../src/kube/index.ts';
import { secretData } from '../../certificates/secrets.ts';
import { tenantOwner } from '../../owners.ts';
import { podBasis, RESTRICTED } from '../../pod-security.ts';
import type { LiveTenant } from '../../resources.ts';
import type { Settings } from '../../settings.ts';

type PodSpec = NonNullable<NonNullable<StatefulSet['spec']>['template']['spec']>;
type Container = PodSpec['containers'][number];

/** Extra CAs, as the gateway's pod mounts them. */
export const SETTINGS_SECRET = 'skald-gateway-settings';

const SETTINGS_FOLDER = '/var/run/skald/settings';
const TLS_FOLDER = '/var/run/skald/tls';
const DATABASE_FOLDER = '/var/run/skald/database';
const EXTRA_CA_KEY = 'extra-ca.crt';
const VAULT_CA_KEY = 'vault-ca.crt';

export interface DedicatedGatewayRequest {
  readonly tenant: LiveTenant;
  readonly settings: Settings;
  /** The operator makes GATEWAY_DATABASE_SECRET. */
  readonly hasDatabase: boolean;
  /** PEM */
  readonly extraCa: string | undefined;
  /** PEM of what Vault's certificate is verified with. */
  readonly vaultCa: string | undefined;
}

export interface DedicatedGatewayObjects {
  readonly serviceAccount: ServiceAccount;
  readonly secret: Secret;
  readonly service: Service;
  readonly statefulSet: StatefulSet;
}

export function dedicatedGateway(request: DedicatedGatewayRequest): DedicatedGatewayObjects {
  const { tenant, extraCa, vaultCa } = request;
  const name = gatewayName(placeOf(tenant));
  const named = (object: string) => metadata(tenant, object);
  return {
    serviceAccount: {
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: named(name),
    },
    secret: {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: named(SETTINGS_SECRET),
      type: 'Opaque',
      data: secretData({
        ...(extraCa === undefined ? {} : { [EXTRA_CA_KEY]: extraCa }),
        ...(vaultCa === undefined ? {} : { [VAULT_CA_KEY]: vaultCa }),
      }),
    },
    service: {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: named(name),
      spec: {
        selector: selector(tenant),
        ports: [
          { name: 'grpc', port: 8443, targetPort: 'grpc' },
          { name: 'http', port: 8080, targetPort: 'http' },
        ],
      },
    },
    statefulSet: statefulSet(request, name),
  };
}

/** Never two pods at once: a StatefulSet of one replica, as the slots. */
function statefulSet(request: DedicatedGatewayRequest, name: string): StatefulSet {
  const { tenant } = request;
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: metadata(tenant, name),
    spec: {
      replicas: 1,
      serviceName: name,
      selector: { matchLabels: selector(tenant) },
      template: { metadata: { labels: ownLabels(tenant) }, spec: podSpec(request, name) },
    },
  };
}

function podSpec(request: DedicatedGatewayRequest, name: string): PodSpec {
  const { tenant, settings, hasDatabase, extraCa, vaultCa } = request;
  return {
    serviceAccountName: name,
    ...podBasis(tenant, settings.worker),
    terminationGracePeriodSeconds: 30,
    containers: [container(request)],
    volumes: [
      { name: 'tls', secret: { secretName: gatewayTlsSecretName(placeOf(tenant)), defaultMode: 0o440 } },
      ...(extraCa === undefined && vaultCa === undefined
        ? []
        : [{ name: 'settings', secret: { secretName: SETTINGS_SECRET, defaultMode: 0o440 } }]),
      // The pod waits for it.
      ...(hasDatabase
        ? [{ name: 'database', secret: { secretName: GATEWAY_DATABASE_SECRET, defaultMode: 0o440 } }]
        : []),
      { name: 'tmp', emptyDir: { sizeLimit: '64Mi' } },
    ],
  };
}

function container(request: DedicatedGatewayRequest): Container {
  const { tenant, settings, hasDatabase, extraCa, vaultCa } = request;
  const mounted = extraCa !== undefined || vaultCa !== undefined;
  const { image, imagePullPolicy } = settings.worker;
  const { discordApiUrl, logLevel, resources } = settings.gateway.dedicated;
  const healthy = (path: string) => ({ httpGet: { path, port: 'http' } });
  return {
    name: 'gateway',
    image,
    imagePullPolicy,
    command: ['/app/node', '/app/skald.js', 'gateway'],
    env: [
      { name: 'SKALD_NAMESPACE', value: settings.namespace },
      { name: 'SKALD_POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
      { name: 'SKALD_DEDICATED_TENANT', value: tenant.metadata.name },
      { name: 'SKALD_DEDICATED_NAMESPACE', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } },
      { name: 'SKALD_TRUST_DOMAIN', value: settings.trustDomain },
      { name: 'SKALD_DISCORD_API_URL', value: discordApiUrl },
      { name: 'SKALD_LOG_LEVEL', value: logLevel },
      { name: 'NODE_COMPILE_CACHE', value: '/tmp/compile-cache' },
      ...(hasDatabase ? [{ name: 'SKALD_DATABASE_URL_FILE', value: `${DATABASE_FOLDER}/url` }] : []),
      ...(extraCa === undefined
        ? []
        : [{ name: 'NODE_EXTRA_CA_CERTS', value: `${SETTINGS_FOLDER}/${EXTRA_CA_KEY}` }]),
      ...vaultEnvironment(settings, vaultCa !== undefined),
    ],
    ports: [
      { name: 'grpc', containerPort: 8443 },
      { name: 'http', containerPort: 8080 },
    ],
    startupProbe: { ...healthy('/livez'), periodSeconds: 1, failureThreshold: 60 },
    livenessProbe: { ...healthy('/livez'), periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 3 },
    readinessProbe: { ...healthy('/readyz'), periodSeconds: 2, timeoutSeconds: 2, failureThreshold: 3 },
    resources: { requests: { ...resources.requests }, limits: { ...resources.limits } },
    securityContext: RESTRICTED,
    volumeMounts: [
      { name: 'tls', mountPath: TLS_FOLDER, readOnly: true },
      ...(mounted ? [{ name: 'settings', mountPath: SETTINGS_FOLDER, readOnly: true }] : []),
      ...(hasDatabase ? [{ name: 'database', mountPath: DATABASE_FOLDER, readOnly: true }] : []),
      { name: 'tmp', mountPath: '/tmp' },
    ],
  };
}

/** Where Vault is; who the gateway is there follows from its tenant. */
function vaultEnvironment({ vault }: Settings, hasCa: boolean): { name: string; value: string }[] {
  if (vault.address === undefined) return [];
  const { address, namespace, auth, transitMount, kvMount, kvPrefix } = vault;
  return [
    { name: 'SKALD_VAULT_ADDRESS', value: address },
    ...(namespace === undefined ? [] : [{ name: 'SKALD_VAULT_NAMESPACE', value: namespace }]),
    ...(hasCa ? [{ name: 'SKALD_VAULT_CA_FILE', value: `${SETTINGS_FOLDER}/${VAULT_CA_KEY}` }] : []),
    { name: 'SKALD_VAULT_AUTH_MOUNT', value: auth.mount },
    { name: 'SKALD_VAULT_AUTH_AUDIENCE', value: auth.audience },
    { name: 'SKALD_VAULT_TRANSIT_MOUNT', value: transitMount },
    { name: 'SKALD_VAULT_KV_MOUNT', value: kvMount },
    { name: 'SKALD_VAULT_KV_PREFIX', value: kvPrefix },
  ];
}

function placeOf(tenant: LiveTenant) {
  return dedicatedPlace(tenantNamespace(tenant));
}

function selector(tenant: LiveTenant): Record<string, string> {
  return { [labels.component]: 'gateway', [labels.tenant]: tenant.metadata.name };
}

function ownLabels(tenant: LiveTenant): Record<string, string> {
  return { [labels.managedBy]: MANAGED_BY, ...selector(tenant) };
}

function metadata(tenant: LiveTenant, name: string) {
  return {
    name,
    namespace: tenantNamespace(tenant),
    labels: ownLabels(tenant),
    ownerReferences: [tenantOwner(tenant)],
  };
}
