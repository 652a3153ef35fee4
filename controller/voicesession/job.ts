// The worker's Job, from Tenant, Campaign and session: pure. What the pod finds in it is a contract with worker/
// (docs/architecture.md). The pod holds no Kubernetes token and no bot token.

import type { McpKey } from '../../src/admission/mcp.ts';
import { type EffectiveProviders, placed } from '../../src/admission/providers.ts';
import {
  defaultBaseUrl,
  type ExitOutcome,
  exitOutcomes,
  finalizers,
  keyVariables,
  labels,
  MANAGED_BY,
  MCP_KEYS_VARIABLE,
  type McpKeyFile,
  mcpKeyFileName,
  type Profile,
  type SecretKeyRef,
  type Tenant,
  type TenantWorker,
  WORKER_DATABASE_SECRET,
  workerSecretName,
} from '../../src/api/index.ts';
import type { Job, Pod } from '../../src/kube/index.ts';
import { sessionOwner } from '../owners.ts';
import { podBasis, RESTRICTED } from '../pod-security.ts';
import type { LiveSession } from '../resources.ts';
import type { WorkerSettings } from '../settings.ts';
import { quantities } from './quantities.ts';
import { sidecarsOf } from './sidecars.ts';
import { WORKER_CONTAINER } from './worker-view.ts';

type PodSpec = NonNullable<Pod['spec']>;
type Volume = NonNullable<PodSpec['volumes']>[number];
type Container = PodSpec['containers'][number];
type EnvVar = NonNullable<Container['env']>[number];

export const SESSION_FOLDER = '/var/run/skald/session';
/** The tenant's own Secret with its workers' DSN: the kubelet follows it when the password changes. */
export const DATABASE_FOLDER = '/var/run/skald/database';
export const PROVIDERS_FOLDER = '/var/run/skald/providers';
/** Key of the session Secret with the installation's extra CA certificates. */
export const EXTRA_CA_KEY = 'extra-ca.crt';

/** What a worker's pod follows from; nothing of it is a session's alone, so that a warm worker's is the same. */
export interface WorkerPodRequest {
  readonly jobName: string;
  readonly tenant: Tenant & { readonly metadata: { readonly name: string } };
  readonly profile: Profile;
  readonly providers: EffectiveProviders;
  readonly mcpKeys: readonly McpKey[];
  /** host:port of the tenant's gateway. */
  readonly gatewayAddress: string;
  readonly trustDomain: string;
  readonly terminationGracePeriodSeconds: number;
  readonly settings: WorkerSettings;
  /** True when the session Secret has EXTRA_CA_KEY. */
  readonly hasExtraCa: boolean;
  /** True when the tenant's namespace has WORKER_DATABASE_SECRET. */
  readonly hasDatabase: boolean;
}

export interface WorkerJobRequest extends WorkerPodRequest {
  readonly session: LiveSession;
  readonly maxDurationSeconds: number;
  /** Added to the session's own time before Kubernetes itself ends the Job. */
  readonly backstopSeconds: number;
}

export function workerJob(request: WorkerJobRequest): Job {
  const { session, jobName, settings } = request;
  const own = workerLabels(request);
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: jobName,
      namespace: session.metadata.namespace,
      labels: own,
      ownerReferences: [sessionOwner(session)],
    },
    spec: {
      ...onePodAtATime(settings),
      // The operator ends sessions itself; this holds when it is not there to do so.
      activeDeadlineSeconds: request.maxDurationSeconds + request.backstopSeconds,
      template: {
        metadata: { labels: own, finalizers: [finalizers.result] },
        spec: podSpec(request),
      },
    },
  };
}

/** The part of a worker's Job that says how its pods follow one another. */
export function onePodAtATime(
  settings: WorkerSettings,
): Pick<
  NonNullable<Job['spec']>,
  'completions' | 'parallelism' | 'podReplacementPolicy' | 'backoffLimit' | 'podFailurePolicy'
> {
  return {
    // The next one is made only when the last one has ended for good.
    completions: 1,
    parallelism: 1,
    podReplacementPolicy: 'Failed',
    backoffLimit: settings.backoffLimit,
    podFailurePolicy: podFailurePolicy(),
  };
}

export function workerLabels({
  session,
  tenant,
}: {
  readonly session: LiveSession;
  readonly tenant: { readonly metadata: { readonly name: string } };
}): Record<string, string> {
  return {
    [labels.managedBy]: MANAGED_BY,
    [labels.component]: 'worker',
    [labels.tenant]: tenant.metadata.name,
    [labels.campaign]: session.spec.campaignRef.name,
    [labels.session]: session.metadata.name,
    [labels.sessionUid]: session.metadata.uid,
  };
}

/** From the exit code table, so that worker, Job and operator cannot disagree. Rules are tried in order. */
function podFailurePolicy(): NonNullable<NonNullable<Job['spec']>['podFailurePolicy']> {
  const codes = (job: ExitOutcome['job']): number[] =>
    Object.values<ExitOutcome>(exitOutcomes)
      .filter((outcome) => outcome.job === job)
      .map(({ code }) => code)
      .sort((a, b) => a - b);
  const onExit = (values: number[]): { containerName: string; operator: string; values: number[] } => ({
    containerName: WORKER_CONTAINER,
    operator: 'In',
    values,
  });
  return {
    rules: [
      { action: 'FailJob', onExitCodes: onExit(codes('fail')) },
      { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
      { action: 'Ignore', onExitCodes: onExit(codes('replace')) },
    ],
  };
}

export function podSpec(request: WorkerPodRequest): PodSpec {
  const { tenant, settings } = request;
  const sidecars = sidecarsOf(request.profile, settings, tenant.spec.worker.sidecars);
  return {
    restartPolicy: 'Never',
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: request.terminationGracePeriodSeconds,
    ...podBasis(tenant, settings),
    ...(sidecars.length === 0 ? {} : { initContainers: sidecars.map(({ container }) => container) }),
    containers: [workerContainer(request)],
    volumes: [
      { name: 'session', secret: { secretName: workerSecretName(request.jobName), defaultMode: 0o440 } },
      { name: 'tmp', emptyDir: { sizeLimit: '256Mi' } },
      ...databaseVolume(request),
      ...providerVolume(request),
      ...sidecars.map(({ volume }) => volume),
    ],
  };
}

function workerContainer(request: WorkerPodRequest): Container {
  const { settings, tenant } = request;
  return {
    name: WORKER_CONTAINER,
    image: settings.image,
    imagePullPolicy: settings.imagePullPolicy,
    command: [...settings.command],
    env: workerEnvironment(request),
    ports: [{ name: 'health', containerPort: 8080 }],
    resources: resourcesOf(tenant.spec.worker, settings),
    securityContext: RESTRICTED,
    // The supervisor restarts a stuck worker process within seconds; the kubelet restarts nothing (Never), so a
    // liveness probe would only end sessions.
    readinessProbe: { httpGet: { path: '/readyz', port: 'health' }, periodSeconds: 2, timeoutSeconds: 2 },
    // Never FallbackToLogsOnError: logs are no result.
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    volumeMounts: [
      { name: 'session', mountPath: SESSION_FOLDER, readOnly: true },
      { name: 'tmp', mountPath: '/tmp' },
      ...databaseVolume(request).map(({ name }) => ({ name, mountPath: DATABASE_FOLDER, readOnly: true })),
      ...(providerVolume(request).length === 0
        ? []
        : [{ name: 'providers', mountPath: PROVIDERS_FOLDER, readOnly: true }]),
    ],
  };
}

function workerEnvironment(request: WorkerPodRequest): EnvVar[] {
  const { settings, providers } = request;
  const keys = placed(providers).flatMap(({ role, place, provider }) => {
    if (provider.apiKeySecretRef === undefined) return [];
    const variables = keyVariables(place);
    // The worker sends the key to no other URL, whatever it is configured with later.
    const url = provider.baseURL ?? defaultBaseUrl(role, provider.kind, request.profile);
    return [
      { name: variables.file, value: `${PROVIDERS_FOLDER}/${place}` },
      { name: variables.url, value: url },
    ];
  });
  return [
    { name: 'SKALD_GATEWAY_ADDRESS', value: request.gatewayAddress },
    { name: 'SKALD_TRUST_DOMAIN', value: request.trustDomain },
    { name: 'SKALD_PROFILE', value: request.profile },
    { name: 'SKALD_LOG_LEVEL', value: settings.logLevel },
    { name: 'SKALD_POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
    { name: 'SKALD_POD_UID', valueFrom: { fieldRef: { fieldPath: 'metadata.uid' } } },
    ...(request.hasExtraCa
      ? [{ name: 'NODE_EXTRA_CA_CERTS', value: `${SESSION_FOLDER}/${EXTRA_CA_KEY}` }]
      : []),
    ...databaseVolume(request).map(() => ({
      name: 'SKALD_DATABASE_URL_FILE',
      value: `${DATABASE_FOLDER}/url`,
    })),
    ...keys,
    ...mcpEnvironment(request),
  ];
}

/** One variable for all: names of servers are no names of variables. */
function mcpEnvironment({ mcpKeys }: WorkerPodRequest): EnvVar[] {
  if (mcpKeys.length === 0) return [];
  const files = mcpKeys.map(({ name, url }): McpKeyFile => {
    return { name, file: `${PROVIDERS_FOLDER}/${mcpKeyFileName(name)}`, url };
  });
  return [{ name: MCP_KEYS_VARIABLE, value: JSON.stringify(files) }];
}

function databaseVolume({ hasDatabase }: WorkerPodRequest): Volume[] {
  if (!hasDatabase) return [];
  const secret = {
    secretName: WORKER_DATABASE_SECRET,
    items: [{ key: 'url', path: 'url' }],
    defaultMode: 0o440,
  };
  return [{ name: 'database', secret }];
}

/** The tenant's own Secrets, one file for each key: the operator never reads them. */
function providerVolume({ providers, mcpKeys }: WorkerPodRequest): Volume[] {
  const source = (ref: SecretKeyRef, path: string) => ({
    secret: { name: ref.name, items: [{ key: ref.key, path }] },
  });
  const sources = [
    ...placed(providers).flatMap(({ place, provider: { apiKeySecretRef: ref } }) =>
      ref === undefined ? [] : [source(ref, place)],
    ),
    ...mcpKeys.map(({ name, apiKeySecretRef }) => source(apiKeySecretRef, mcpKeyFileName(name))),
  ];
  return sources.length === 0 ? [] : [{ name: 'providers', projected: { sources, defaultMode: 0o440 } }];
}

function resourcesOf(worker: TenantWorker, settings: WorkerSettings): NonNullable<Container['resources']> {
  const { requests, limits } = worker.resources ?? {};
  return {
    requests: quantities(requests ?? settings.resources.requests),
    limits: quantities(limits ?? settings.resources.limits),
  };
}
