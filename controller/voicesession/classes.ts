// For tests: every observation that a decision can be made from, as classes. One value stands for each class.
import type { Phase, VoiceSessionStatus } from '../../src/api/index.ts';
import {
  at,
  condition,
  endedSince,
  exited,
  finishedJob,
  issued,
  JOB_NAME,
  job,
  listening,
  observe,
  pod,
  session,
  tenant,
} from './fixtures.ts';
import type { Observation } from './observation.ts';
import type { PodView } from './worker-view.ts';

/** A dimension: the names of its classes, and what each changes. */
type Dimension = Readonly<Record<string, (o: Observation) => Observation>>;
export type Labels = Readonly<Record<string, string>>;

const same = (o: Observation): Observation => o;
const with_ =
  (changes: Partial<Observation>) =>
  (o: Observation): Observation => ({ ...o, ...changes });

const stop: Dimension = {
  no: same,
  stopped: (o) => ({ ...o, session: { ...o.session, spec: { ...o.session.spec, desiredState: 'Stopped' } } }),
  deleted: (o) => {
    const metadata = { ...o.session.metadata, deletionTimestamp: at(-1).toISOString() };
    return { ...o, session: { ...o.session, metadata } };
  },
};

const spent = { ...tenant.spec.limits, spendPerMonth: { hard: 1 } };
const tenants: Dimension = {
  ready: same,
  gone: with_({ tenant: undefined }),
  'spend reached': with_({
    tenant: {
      spec: { ...tenant.spec, limits: spent },
      status: { ...tenant.status, usage: { spendThisMonth: 1 } },
    },
  }),
  'hours used up': with_({
    tenant: {
      spec: { ...tenant.spec, limits: { ...tenant.spec.limits, sessionHoursPerMonth: 1 } },
      status: tenant.status ?? {},
    },
    monthUse: { seconds: 3600, running: 1 },
  }),
};

const jobs: Dimension = {
  none: same,
  runs: with_({ job }),
  deleting: with_({ job: { ...job, deleting: true } }),
  complete: with_({ job: finishedJob(false, 'CompletionsReached') }),
  failed: with_({ job: finishedJob(true, 'BackoffLimitExceeded') }),
  'past its deadline': with_({ job: finishedJob(true, 'DeadlineExceeded') }),
};

const pending: PodView = { ...pod, state: 'pending' };
const fault = { reason: 'ImageUnavailable', message: 'Container worker: ErrImagePull' } as const;
const result = '{"endReason":"ChannelEmpty","utterances":2}';

function serving(voice: VoiceSessionStatus['voice'], view: PodView = pod) {
  return (o: Observation): Observation => ({
    ...o,
    pods: [view],
    session: { ...o.session, status: { ...o.session.status, ...(voice === undefined ? {} : { voice }) } },
  });
}

const pods: Dimension = {
  none: same,
  pending: with_({ pods: [pending] }),
  'pending, faulty': with_({ pods: [{ ...pending, fault }] }),
  'running, unheard': serving(undefined),
  'running, heard of the one before': serving({ ...listening, podUID: 'other' }),
  'running, listens': serving(listening),
  'running, degraded': serving({ ...listening, state: 'Degraded', reason: 'PacketsDropped' }),
  'running, detached': serving({ ...listening, connected: false, state: 'Detached' }),
  'listens, is deleted': serving(listening, { ...pod, deleting: true }),
  'ended as told': with_({ pods: [exited(0, result)] }),
  'ended for good': with_({ pods: [exited(69)] }),
  'ended, to be tried again': with_({ pods: [exited(75)] }),
  'ended, evicted': with_({ pods: [exited(143)] }),
  'ended, no word': with_({ pods: [{ ...pod, state: 'ended' }] }),
  'ended, the next is pending': with_({ pods: [exited(75), { ...pending, uid: 'next', name: 'next' }] }),
};

const certificate: Dimension = {
  none: same,
  issued: with_({ certificate: issued }),
  failed: with_({ certificate: { state: 'failed', message: 'no authority' } }),
};

const inUse = { notAfter: at(40_000), renewAt: at(30_000), bundleIsCurrent: true };
const certificateInUse: Dimension = {
  unknown: same,
  good: with_({ inUse }),
  due: with_({ inUse: { ...inUse, renewAt: at(-1) } }),
  'of another bundle': with_({ inUse: { ...inUse, bundleIsCurrent: false } }),
};

const cleaned: Dimension = { no: same, yes: with_({ cleaned: true }) };
const settled: Dimension = { yes: same, no: with_({ settled: false }) };

const later = (...seconds: number[]): Dimension =>
  Object.fromEntries(seconds.map((second) => [`+${second} s`, with_({ now: at(second) })]));

const PENDING: Readonly<Record<string, Dimension>> = {
  stop,
  // Whatever stands in the way: one that time can mend, and those that it cannot.
  refused: {
    no: same,
    'no tenant': with_({ tenant: undefined }),
    'no campaign': with_({ campaign: undefined }),
    'foreign guild': (o) => ({
      ...o,
      session: { ...o.session, spec: { ...o.session.spec, guildId: '9' } },
    }),
  },
  from: {
    kubectl: same,
    discord: (o) => {
      const requestedBy = { userId: '1', interactionId: '2' };
      return { ...o, session: { ...o.session, spec: { ...o.session.spec, requestedBy } } };
    },
  },
  time: later(0, 61),
  claims: {
    unknown: same,
    held: with_({ claims: { state: 'held' } }),
    'guild busy': with_({ claims: { state: 'busy', what: 'guild', holder: 'ns/other/uid' } }),
    'no place': with_({ claims: { state: 'busy', what: 'slot' } }),
  },
  certificate,
  spare: { none: same, there: with_({ spare: 'warm-1' }) },
  job: {
    none: same,
    runs: with_({ job }),
    'warm, claimed': with_({ job: { ...job, name: 'warm-0123456789' } }),
  },
  cleaned,
};

const LIVE: Readonly<Record<string, Dimension>> = {
  stop,
  tenant: tenants,
  // Past the time to start (120 s) and past the longest duration (4 h).
  time: later(0, 125, 20_000),
  job: jobs,
  pods,
  certificate,
  'certificate in use': certificateInUse,
  node: {
    stays: with_({ node: { name: 'node-1' } }),
    leaves: with_({ node: { name: 'node-1', leaving: 'is cordoned' } }),
  },
};

const DRAINING: Readonly<Record<string, Dimension>> = {
  deleted: { no: same, yes: stop.deleted ?? same },
  tenant: { there: same, gone: with_({ tenant: undefined }) },
  // Past the time for Stop (30 s), and past that for SIGTERM and force.
  time: later(0, 31, 125),
  'end reason': Object.fromEntries(
    (['Requested', 'WorkerFailed', 'DiscordRefused', 'SpendCap'] as const).map((endReason) => [
      endReason,
      (o: Observation): Observation => ({
        ...o,
        session: { ...o.session, status: { ...o.session.status, endReason, reason: endReason } },
      }),
    ]),
  ),
  job: jobs,
  pods,
  cleaned,
  settled,
};

const OVER: Readonly<Record<string, Dimension>> = {
  deleted: { no: same, yes: stop.deleted ?? same },
  tenant: { there: same, gone: with_({ tenant: undefined }) },
  time: later(0, 20_000),
  finalizer: {
    on: same,
    off: (o) => {
      const { finalizers: _, ...metadata } = o.session.metadata;
      return { ...o, session: { ...o.session, metadata } };
    },
  },
  from: PENDING.from ?? {},
  job: jobs,
  pods,
  cleaned,
  settled,
};

/** The status that a session of the phase has, with conditions as the operator writes them. */
function statusOf(phase: Phase): VoiceSessionStatus {
  const of = (type: string, status: 'True' | 'False') => ({ ...condition(type, status) });
  if (phase === 'Pending') return { phase, reason: 'GuildBusy', conditions: [of('Ready', 'False')] };
  const ready = of('Ready', phase === 'Active' ? 'True' : 'False');
  const begun = {
    phase,
    startedAt: at(-5).toISOString(),
    worker: { jobName: JOB_NAME, podName: pod.name, podUID: pod.uid, restarts: 0 },
    reason: phase === 'Active' ? 'Listening' : 'WorkerPending',
    conditions: [of('Admitted', 'True'), ready],
  };
  if (phase !== 'Draining' && phase !== 'Ended' && phase !== 'Failed') return begun;
  const over = phase !== 'Draining';
  return {
    ...begun,
    reason: 'Requested',
    endReason: 'Requested',
    conditions: [...begun.conditions, over ? { ...endedSince(-1), status: 'True' } : endedSince(-1)],
    ...(over ? { endedAt: at(-1).toISOString() } : {}),
  };
}

function dimensionsOf(phase: Phase | undefined): Readonly<Record<string, Dimension>> {
  switch (phase) {
    case undefined:
    case 'Pending':
      return PENDING;
    case 'Draining':
      return DRAINING;
    case 'Ended':
    case 'Failed':
      return OVER;
    default:
      return LIVE;
  }
}

/** Every combination of the classes that matter in the phase. */
export function* observations(phase: Phase | undefined): Generator<[Labels, Observation]> {
  const base = observe(phase, phase === undefined ? {} : { status: statusOf(phase) });
  const start = phase === undefined ? { ...base, session: session() } : base;
  yield* combine(Object.entries(dimensionsOf(phase)), {}, start);
}

/** The names of each dimension's classes. */
export function classesOf(phase: Phase | undefined): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    Object.entries(dimensionsOf(phase)).map(([name, dimension]) => [name, Object.keys(dimension)]),
  );
}

function* combine(
  dimensions: readonly (readonly [string, Dimension])[],
  labels: Labels,
  observation: Observation,
): Generator<[Labels, Observation]> {
  const [first, ...rest] = dimensions;
  if (first === undefined) {
    yield [labels, observation];
    return;
  }
  const [name, dimension] = first;
  for (const [label, change] of Object.entries(dimension)) {
    yield* combine(rest, { ...labels, [name]: label }, change(observation));
  }
}
