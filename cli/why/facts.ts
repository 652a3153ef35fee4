// From Kubernetes' large objects to the few facts that the story is made of.
import { viewJob, viewPod, WORKER_CONTAINER } from '../../controller/voicesession/worker-view.ts';
import type { Campaign, Tenant } from '../../src/api/index.ts';
import type { Event, Job, Live, Pod } from '../../src/kube/index.ts';
import { redactText } from '../../src/telemetry/redact.ts';
import type { CampaignFact, EventFact, JobFact, PodFact, TenantFact } from './observation.ts';

export function tenantFact({ metadata, spec, status }: Live<Tenant>): TenantFact {
  return {
    name: metadata.name,
    ...(status?.gateway === undefined ? {} : { gateway: status.gateway }),
    conditions: status?.conditions ?? [],
    admissionTimeoutSeconds: spec.limits.admissionTimeoutSeconds,
  };
}

export function campaignFact({ metadata, status }: Live<Campaign>): CampaignFact {
  return { name: metadata.name, conditions: status?.conditions ?? [] };
}

export function jobFact(job: Live<Job>): JobFact {
  const { finished } = viewJob(job);
  const { name, creationTimestamp } = job.metadata;
  return {
    name,
    ...(creationTimestamp === undefined ? {} : { createdAt: creationTimestamp }),
    ...(finished === undefined ? {} : { finished: { ...finished, at: finished.at.toISOString() } }),
  };
}

export function podFact(pod: Live<Pod>): PodFact {
  const { name, node, state, fault, exit } = viewPod(pod);
  const worker = pod.status?.containerStatuses?.find((container) => container.name === WORKER_CONTAINER);
  const { creationTimestamp } = pod.metadata;
  const startedAt = worker?.state?.running?.startedAt ?? worker?.state?.terminated?.startedAt;
  const at = worker?.state?.terminated?.finishedAt;
  return {
    name,
    ...(node === undefined ? {} : { node }),
    ...(creationTimestamp === undefined ? {} : { createdAt: creationTimestamp }),
    ...(startedAt === undefined || startedAt === null ? {} : { startedAt }),
    state,
    ...(fault === undefined ? {} : { fault }),
    ...(exit === undefined
      ? {}
      : {
          exit: { code: exit.code, reason: exit.reason, ...(at === undefined || at === null ? {} : { at }) },
        }),
    restarts: worker?.restartCount ?? 0,
  };
}

/** Oldest first. */
export function podFacts(pods: readonly Live<Pod>[]): PodFact[] {
  return pods.map(podFact).toSorted((a, b) => ((a.createdAt ?? '') < (b.createdAt ?? '') ? -1 : 1));
}

/** Oldest first. */
export function eventFacts(events: readonly Live<Event>[]): EventFact[] {
  return events.map(eventFact).toSorted((a, b) => (a.at < b.at ? -1 : 1));
}

function eventFact(event: Live<Event>): EventFact {
  const { regarding, series, metadata, reason, note = '', type } = event;
  const at = event.eventTime ?? event.deprecatedFirstTimestamp ?? metadata.creationTimestamp ?? '';
  const until = series?.lastObservedTime ?? event.deprecatedLastTimestamp;
  return {
    at,
    ...(until === undefined || until === null ? {} : { until }),
    times: series?.count ?? event.deprecatedCount ?? 1,
    object: `${regarding?.kind ?? ''} ${regarding?.name ?? ''}`,
    warning: type === 'Warning',
    reason,
    note: redactText(note),
  };
}
