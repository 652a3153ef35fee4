// What contains a tenant in a namespace of its own: a ResourceQuota with room for everything that Skald itself admits
// there, and a LimitRange that gives containers of others limits to be counted by. Pure.
import { labels, MANAGED_BY, sidecarNames, tenantNamespace } from '../../src/api/index.ts';
import type { LimitRange, ResourceQuota } from '../../src/kube/index.ts';
import type { LiveTenant } from '../resources.ts';
import type { Settings } from '../settings.ts';
import { mostRecaps } from '../voicesession/recaps.ts';
import { availableProfiles } from '../voicesession/sidecars.ts';
import { binaryAmount, decimalAmount, parseAmount } from './amounts.ts';

export const QUOTA_NAME = 'skald-quota';
export const LIMITS_NAME = 'skald-limits';

export interface QuotaRequest {
  readonly tenant: LiveTenant;
  readonly settings: Settings;
  /** Sessions that are not over: a limit that was lowered below them must not keep their pods from being replaced. */
  readonly openSessions: number;
}

/** Requests and limits of one container, by resource. */
interface Needs {
  readonly requests: Readonly<Record<string, bigint>>;
  readonly limits: Readonly<Record<string, bigint>>;
}

type Values = Readonly<Record<string, string | number>>;

/**
 * Only a Tenant with a limit on its sessions has a limit on pods: without it there is nothing to count from.
 * @returns undefined when nothing is limited at all
 */
export function resourceQuota(request: QuotaRequest): ResourceQuota | undefined {
  const { tenant, settings, openSessions } = request;
  const { concurrentSessions } = tenant.spec.limits;
  const hard = {
    ...(concurrentSessions === undefined
      ? {}
      : ofSessions(request, Math.max(concurrentSessions, openSessions))),
    ...Object.fromEntries(
      Object.entries(settings.quota.hard).map(([name, value]) => [name, written(name, parseAmount(value))]),
    ),
  };
  if (Object.keys(hard).length === 0) return undefined;
  return {
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: metadata(tenant, QUOTA_NAME),
    spec: { hard },
  };
}

/**
 * Defaults for containers that say nothing, which a ResourceQuota would refuse. They never reach Skald's own: a
 * resource that one of these leaves open has no default.
 * @returns undefined when there is no such resource
 */
export function limitRange({ tenant, settings }: QuotaRequest): LimitRange | undefined {
  const kinds = containerKinds(tenant, settings);
  const [worker] = kinds;
  const defaults = (part: keyof Needs): Record<string, string> =>
    Object.fromEntries(
      (['cpu', 'memory'] as const)
        .filter((name) => kinds.every((kind) => kind[part][name] !== undefined))
        .map((name) => [name, written(name, worker?.[part][name] ?? 0n)]),
    );
  const limits = defaults('limits');
  const requests = defaults('requests');
  if (Object.keys(requests).length === 0) return undefined;
  return {
    apiVersion: 'v1',
    kind: 'LimitRange',
    metadata: metadata(tenant, LIMITS_NAME),
    spec: {
      limits: [
        {
          type: 'Container',
          ...(Object.keys(limits).length === 0 ? {} : { default: limits }),
          defaultRequest: requests,
        },
      ],
    },
  };
}

function ofSessions({ tenant, settings }: QuotaRequest, sessions: number): Record<string, string> {
  const dedicated = tenant.spec.topology === 'dedicated';
  // Each worker and each spare may be there twice for a moment: one that ends, and one that takes over. Recaps can wait.
  const workers = 2 * (sessions + tenant.spec.worker.warm) + mostRecaps(sessions);
  const gateways = dedicated ? 2 : 0;
  const pod = largestPod(tenant, settings);
  const gateway = needsOf(settings.gateway.dedicated.resources);
  // A resource is limited when every container says what it takes: the API server refuses pods that do not.
  const kinds = containerKinds(tenant, settings);
  const hard: Record<string, string> = {
    pods: decimalAmount(count(workers + gateways)),
    'count/jobs.batch': decimalAmount(count(workers)),
    // A certificate for each worker, and for each the next one that is being made.
    'count/secrets': decimalAmount(count(2 * workers + settings.quota.spareSecrets)),
  };
  for (const part of ['requests', 'limits'] as const) {
    for (const name of Object.keys(pod[part]).sort()) {
      const extended = name.includes('/');
      if (extended ? part === 'limits' : name !== 'cpu' && name !== 'memory') continue;
      if (!extended && kinds.some((kind) => kind[part][name] === undefined)) continue;
      const sum = (pod[part][name] ?? 0n) * BigInt(workers) + (gateway[part][name] ?? 0n) * BigInt(gateways);
      hard[`${part}.${name}`] = written(name, sum);
    }
  }
  return hard;
}

/** Worker, sidecars, and the gateway where the tenant has one of its own. */
function containerKinds(tenant: LiveTenant, settings: Settings): Needs[] {
  const sidecars = new Set(profilesOf(settings).flatMap(sidecarNames));
  return [
    workerNeeds(tenant, settings),
    ...[...sidecars].map((name) => sidecarNeeds(tenant, settings, name)),
    ...(tenant.spec.topology === 'dedicated' ? [needsOf(settings.gateway.dedicated.resources)] : []),
  ];
}

/** By resource, the most that a worker's pod takes: a session chooses its profile itself. */
function largestPod(tenant: LiveTenant, settings: Settings): Needs {
  const worker = workerNeeds(tenant, settings);
  return profilesOf(settings)
    .map((profile) =>
      sidecarNames(profile)
        .map((name) => sidecarNeeds(tenant, settings, name))
        .reduce((a, b) => join(a, b, (x, y) => x + y), worker),
    )
    .reduce((a, b) => join(a, b, (x, y) => (x > y ? x : y)), worker);
}

function profilesOf(settings: Settings) {
  return [...availableProfiles(settings.worker)];
}

function workerNeeds({ spec }: LiveTenant, { worker: { resources } }: Settings): Needs {
  const { requests, limits } = spec.worker.resources ?? {};
  return needsOf({ requests: requests ?? resources.requests, limits: limits ?? resources.limits });
}

function sidecarNeeds(
  { spec }: LiveTenant,
  { worker: { sidecars } }: Settings,
  name: ReturnType<typeof sidecarNames>[number],
): Needs {
  const own = spec.worker.sidecars?.[name];
  const { resources } = sidecars[name];
  return needsOf({ requests: own?.requests ?? resources.requests, limits: own?.limits ?? resources.limits });
}

/** What is limited and not requested is requested as much: so the API server fills it in. */
function needsOf({ requests, limits }: { readonly requests: Values; readonly limits: Values }): Needs {
  const parsed = (values: Values): Record<string, bigint> =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [name, parseAmount(value)]));
  return { requests: { ...parsed(limits), ...parsed(requests) }, limits: parsed(limits) };
}

function join(a: Needs, b: Needs, both: (x: bigint, y: bigint) => bigint): Needs {
  const each = (x: Needs['limits'], y: Needs['limits']): Record<string, bigint> =>
    Object.fromEntries(
      [...Object.keys(x), ...Object.keys(y)].map((name) => [name, both(x[name] ?? 0n, y[name] ?? 0n)]),
    );
  return { requests: each(a.requests, b.requests), limits: each(a.limits, b.limits) };
}

function written(name: string, billionths: bigint): string {
  return /memory|storage/.test(name) ? binaryAmount(billionths) : decimalAmount(billionths);
}

function count(pieces: number): bigint {
  return BigInt(pieces) * 10n ** 9n;
}

function metadata(tenant: LiveTenant, name: string) {
  return {
    name,
    namespace: tenantNamespace(tenant),
    labels: { [labels.managedBy]: MANAGED_BY, [labels.tenant]: tenant.metadata.name },
  };
}
