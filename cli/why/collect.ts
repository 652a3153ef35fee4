// Reads everything that there is to see of a session, as far as the caller's rights go.
import { correlationIdOf } from '../../src/api/correlation.ts';
import {
  annotations,
  gatewayName,
  gatewayNamespace,
  labels,
  parseGatewayReference,
  tenantNamespace,
  type VoiceSession,
  workerJobName,
} from '../../src/api/index.ts';
import {
  type Client,
  deployments,
  events,
  isNotFound,
  jobs,
  type Live,
  messageOf,
  type Pod,
  pods,
  statefulSets,
} from '../../src/kube/index.ts';
import { campaigns, tenants, voiceSessions } from '../cluster/open.ts';
import { Reading, type Right } from '../cluster/reading.ts';
import { campaignFact, eventFacts, jobFact, podFacts, tenantFact } from './facts.ts';
import { type Identity, linesAbout } from './logs.ts';
import type {
  CampaignFact,
  LogLine,
  LogSource,
  Observation,
  ProgramFact,
  Seen,
  TenantFact,
} from './observation.ts';
import { type DatabaseSource, recordsOf } from './records.ts';

export interface Target {
  readonly client: Client;
  readonly namespace: string;
  readonly name: string;
  readonly systemNamespace: string;
  /** Log lines and rows before it are not read. */
  readonly since?: Date | undefined;
  readonly now: Date;
  readonly database: DatabaseSource | undefined;
  readonly signal: AbortSignal;
}

/** Of each log; a session of an evening has some hundreds. */
const LOG_LINES = 5_000;
/** How long one log may take, milliseconds. */
const LOG_TIMEOUT_MS = 20_000;

export async function observe(target: Target): Promise<Observation> {
  const { client, namespace, name, systemNamespace, signal, now } = target;
  const reading = new Reading();
  const session = await reading.try(
    `the VoiceSession ${name}`,
    { verb: 'get', resource: 'voicesessions.skald.dev', namespace },
    () => client.find(voiceSessions, { namespace, name }, { signal }),
  );
  const [tenant, campaign] = await Promise.all([
    tenantOf(target, reading),
    campaignOf(target, reading, session),
  ]);
  const jobName =
    session === undefined ? undefined : (session.status?.worker?.jobName ?? workerJobName(session));
  const [job, found, told] = await Promise.all([
    jobName === undefined
      ? undefined
      : reading.try(`the Job ${jobName}`, { verb: 'get', resource: 'jobs.batch', namespace }, () =>
          client.find(jobs, { namespace, name: jobName }, { signal }),
        ),
    podsOf(target, reading, session, jobName),
    reading.try('Events', { verb: 'list', resource: 'events.events.k8s.io', namespace }, () =>
      client.listAll(events, { namespace, signal }),
    ),
  ]);
  const place = tenant.state === 'there' ? parseGatewayReference(tenant.object.gateway) : undefined;
  const gateway = place && { name: gatewayName(place), namespace: gatewayNamespace(place, systemNamespace) };
  const identity = identityOf(target, session, jobName, found);
  const about = (told ?? []).filter(({ regarding }) => isAbout(regarding, target, session, jobName));
  const [operatorFact, gatewayFact, records, ...logs] = await Promise.all([
    program(target, reading, { kind: 'operator', name: 'skald-controller', namespace: systemNamespace }),
    gateway && program(target, reading, { kind: 'gateway', ...gateway }),
    recordsOf(target.database, tenant, { namespace, name, gone: session === undefined }, reading),
    ...found.map((pod) => workerLog(target, reading, identity, pod)),
    installationLog(target, reading, identity, 'operator', { namespace: systemNamespace }),
    installationLog(target, reading, identity, 'gateway', gateway ?? { namespace: systemNamespace }),
  ]);
  const others =
    campaign.state === 'absent' ? await client.listAll(campaigns, { namespace, signal }).catch(() => []) : [];
  return {
    namespace,
    name,
    now,
    systemNamespace,
    session,
    tenant,
    campaign,
    job: job && jobFact(job),
    pods: podFacts(found),
    events: eventFacts(about),
    logs: logs.flat(),
    records,
    operator: operatorFact,
    gateway: gatewayFact,
    campaigns: others.map(({ metadata }) => metadata.name),
    unread: reading.unread,
  };
}

async function tenantOf(target: Target, reading: Reading): Promise<Seen<TenantFact>> {
  const { client, namespace, signal } = target;
  const all = await reading.try('the Tenant', { verb: 'list', resource: 'tenants.skald.dev' }, () =>
    client.listAll(tenants, { signal }),
  );
  if (all === undefined) return { state: 'unread' };
  const object = all.find((one) => (one.status?.namespace ?? tenantNamespace(one)) === namespace);
  return object === undefined ? { state: 'absent' } : { state: 'there', object: tenantFact(object) };
}

async function campaignOf(
  { client, namespace, signal }: Target,
  reading: Reading,
  session: Live<VoiceSession> | undefined,
): Promise<Seen<CampaignFact>> {
  const name = session?.spec.campaignRef.name;
  if (name === undefined) return { state: 'unread' };
  let absent = false;
  const right: Right = { verb: 'get', resource: 'campaigns.skald.dev', namespace };
  const object = await reading.try(`the Campaign ${name}`, right, async () => {
    const found = await client.find(campaigns, { namespace, name }, { signal });
    absent = found === undefined;
    return found;
  });
  if (object !== undefined) return { state: 'there', object: campaignFact(object) };
  return { state: absent ? 'absent' : 'unread' };
}

/** Its own, and those of a warm worker's Job, which may not say whose they are yet. */
async function podsOf(
  { client, namespace, name, signal }: Target,
  reading: Reading,
  session: Live<VoiceSession> | undefined,
  jobName: string | undefined,
): Promise<Live<Pod>[]> {
  const list = (labelSelector: string) =>
    reading.try('the pods', { verb: 'list', resource: 'pods', namespace }, () =>
      client.listAll(pods, { namespace, labelSelector, signal }),
    );
  const own = (await list(`${labels.session}=${name}`)) ?? [];
  const ofJob = jobName === undefined ? [] : ((await list(`batch.kubernetes.io/job-name=${jobName}`)) ?? []);
  const all = new Map([...own, ...ofJob].map((pod) => [pod.metadata.uid, pod]));
  const uid = session?.metadata.uid;
  return [...all.values()].filter(({ metadata }) => {
    const of = metadata.labels?.[labels.sessionUid];
    return uid === undefined || of === undefined || of === uid;
  });
}

/** What the lines of a log may call it. */
function identityOf(
  { namespace, name }: Target,
  session: Live<VoiceSession> | undefined,
  jobName: string | undefined,
  found: readonly Live<Pod>[],
): Identity {
  const interaction = session?.spec.requestedBy?.interactionId;
  const others = [
    session?.metadata.uid,
    interaction,
    interaction && correlationIdOf(interaction),
    session?.metadata.annotations?.[annotations.correlationId],
    session?.status?.worker?.podName,
    jobName,
    ...found.map(({ metadata }) => metadata.name),
  ];
  return { namespace, name, others: new Set(others.filter((one) => one !== undefined)) };
}

/** Events of the session, its Job and its pods; of another session that had the name before only when there is none now. */
function isAbout(
  regarding: { readonly kind?: string; readonly name?: string; readonly uid?: string } | undefined,
  { name }: Target,
  session: Live<VoiceSession> | undefined,
  jobName: string | undefined,
): boolean {
  const of = regarding?.name ?? '';
  if (regarding?.kind === 'VoiceSession') {
    return of === name && (session === undefined || regarding.uid === session.metadata.uid);
  }
  // A Job's name begins with the session's, as far as there is room (src/api/names.ts).
  const stem = jobName ?? name.slice(0, 43).replace(/-+$/, '');
  if (regarding?.kind === 'Job') return jobName === undefined ? of.startsWith(`${stem}-`) : of === jobName;
  return regarding?.kind === 'Pod' && of.startsWith(`${stem}-`);
}

async function program(
  { client, signal }: Target,
  reading: Reading,
  of: { readonly kind: 'operator' | 'gateway'; readonly name: string; readonly namespace: string },
): Promise<ProgramFact | undefined> {
  const { kind, name, namespace } = of;
  const resource = kind === 'operator' ? deployments : statefulSets;
  const plural = kind === 'operator' ? 'deployments.apps' : 'statefulsets.apps';
  return await reading.try(
    `whether the ${kind} runs`,
    { verb: 'get', resource: plural, namespace },
    async () => {
      try {
        const { spec, status } = await client.get(resource, { namespace, name }, { signal });
        return { name, ready: status?.readyReplicas ?? 0, wanted: spec?.replicas ?? 1 };
      } catch (error) {
        if (isNotFound(error)) return undefined;
        throw error;
      }
    },
  );
}

async function workerLog(
  target: Target,
  reading: Reading,
  identity: Identity,
  pod: Live<Pod>,
): Promise<LogLine[]> {
  const { namespace, name } = { namespace: target.namespace, name: pod.metadata.name };
  const status = pod.status?.containerStatuses?.find((one) => one.name === 'worker');
  // A container that has never run has no log.
  if (status?.state?.running === undefined && status?.state?.terminated === undefined) return [];
  const text = await log(target, reading, `the log of the worker ${name}`, {
    namespace,
    name,
    container: 'worker',
  });
  return linesAbout(text, identity, { source: 'worker', pod: name, whole: true });
}

async function installationLog(
  target: Target,
  reading: Reading,
  identity: Identity,
  source: LogSource,
  of: { readonly namespace: string; readonly name?: string },
): Promise<LogLine[]> {
  const { client, signal } = target;
  const component = source === 'operator' ? 'controller' : 'gateway';
  const { namespace } = of;
  const right: Right = { verb: 'list', resource: 'pods', namespace };
  const found = await reading.try(`the pods of the ${source}`, right, () =>
    client.listAll(pods, { namespace, labelSelector: `${labels.component}=${component}`, signal }),
  );
  const named = (found ?? []).filter(
    ({ metadata }) => of.name === undefined || metadata.name.startsWith(`${of.name}-`),
  );
  const lines = await Promise.all(
    named.map(async ({ metadata: { name } }) => {
      const text = await log(target, reading, `the log of the ${source}`, {
        namespace,
        name,
        container: component,
      });
      return linesAbout(text, identity, { source, pod: name, whole: false });
    }),
  );
  return lines.flat();
}

async function log(
  { client, since, signal }: Target,
  reading: Reading,
  what: string,
  { namespace, name, container }: { namespace: string; name: string; container: string },
): Promise<string> {
  const right: Right = { verb: 'get', resource: 'pods/log', namespace };
  const text = await reading.try(what, right, async () => {
    try {
      return await client.text({
        method: 'GET',
        path: `/api/v1/namespaces/${namespace}/pods/${name}/log`,
        query: { container, tailLines: LOG_LINES, timestamps: true, sinceTime: since?.toISOString() },
        accept: '*/*',
        repeatable: true,
        signal: AbortSignal.any([signal, AbortSignal.timeout(LOG_TIMEOUT_MS)]),
      });
    } catch (error) {
      // The pod was there a moment ago: it is its node that cannot be found, or it went just now.
      if (isNotFound(error)) throw new Error(messageOf(error));
      throw error;
    }
  });
  return text ?? '';
}
