import { describe, expect, test } from 'vitest';
import { findCondition, type Phase, phases } from '../../src/api/index.ts';
import { type Decision, decide, maxDurationSeconds } from './decide.ts';
import {
  at,
  endedSince,
  exited,
  finishedJob,
  issued,
  JOB_NAME,
  job,
  listening,
  NOW,
  observe,
  pod,
  session,
  tenant,
} from './fixtures.ts';
import type { Observation } from './observation.ts';

const fromDiscord = { requestedBy: { userId: '4', interactionId: '5' } };
const stopped = { spec: { desiredState: 'Stopped' } } as const;
const held = { state: 'held' } as const;
const pendingPod = { ...pod, state: 'pending' } as const;
const result = '{"endReason":"ChannelEmpty","utterances":2}';

function whose(
  phase: Phase,
  options: Parameters<typeof session>[0],
  changes: Partial<Observation> = {},
): Observation {
  const base = observe(phase);
  return {
    ...base,
    session: session({
      finalizers: ['skald.dev/session'],
      ...(base.session.status === undefined ? {} : { status: base.session.status }),
      ...options,
    }),
    ...changes,
  };
}

function outcome({ status, action }: Decision): string {
  const end = status.endReason === undefined ? '' : ` ${status.endReason}`;
  return `${status.phase ?? '-'}${end} | ${action.kind}`;
}

// [what is seen, the observation, next phase and end reason | action]
type Row = readonly [seen: string, observation: Observation, expected: string];

const table: Readonly<Record<Phase, readonly Row[]>> = {
  Pending: [
    ['nothing yet', observe(undefined), '- | claim'],
    ['claims unknown', observe('Pending'), 'Pending | claim'],
    ['claims held', observe('Pending', { claims: held }), 'Pending | issue'],
    [
      'claims held, certificate issued',
      observe('Pending', { claims: held, certificate: issued }),
      'Provisioning | provision',
    ],
    [
      'claims held, certificate failed',
      observe('Pending', { claims: held, certificate: { state: 'failed', message: 'no' } }),
      'Provisioning | none',
    ],
    [
      'guild busy',
      observe('Pending', { claims: { state: 'busy', what: 'guild', holder: 'a/b/c' } }),
      'Pending | none',
    ],
    [
      'guild busy, too long',
      observe('Pending', { now: at(120), claims: { state: 'busy', what: 'guild', holder: 'a/b/c' } }),
      'Pending | cleanUp',
    ],
    [
      'guild busy, too long, cleaned',
      observe('Pending', {
        now: at(120),
        cleaned: true,
        claims: { state: 'busy', what: 'guild', holder: 'a/b/c' },
      }),
      'Failed Rejected | release',
    ],
    ['no tenant', observe('Pending', { tenant: undefined }), 'Pending | none'],
    ['no campaign', observe('Pending', { campaign: undefined }), 'Pending | none'],
    [
      'from Discord, no campaign',
      whose('Pending', { spec: fromDiscord }, { campaign: undefined }),
      'Pending | cleanUp',
    ],
    [
      'from Discord, no campaign, cleaned',
      whose('Pending', { spec: fromDiscord }, { campaign: undefined, cleaned: true }),
      'Failed Rejected | release',
    ],
    ['guild not allowed', whose('Pending', { spec: { guildId: '9' } }), 'Pending | cleanUp'],
    ['stopped', whose('Pending', stopped), 'Pending | cleanUp'],
    ['stopped, cleaned', whose('Pending', stopped, { cleaned: true }), 'Ended Requested | release'],
    ['deleted, cleaned', whose('Pending', { deleted: true }, { cleaned: true }), 'Ended Deleted | release'],
  ],
  Provisioning: [
    ['no Job, no certificate', observe('Provisioning'), 'Provisioning | issue'],
    [
      'no Job, certificate issued',
      observe('Provisioning', { certificate: issued }),
      'Provisioning | provision',
    ],
    ['Job without pod', observe('Provisioning', { job }), 'Provisioning | none'],
    [
      'Job that is being deleted',
      observe('Provisioning', { job: { ...job, deleting: true } }),
      'Provisioning | none',
    ],
    ['pod pending', observe('Provisioning', { job, pods: [pendingPod] }), 'Provisioning | none'],
    ['pod running', observe('Provisioning', { job, pods: [pod] }), 'Connecting | none'],
    [
      'pod running and listening already',
      observe('Provisioning', { job, pods: [pod], status: { phase: 'Provisioning', voice: listening } }),
      'Connecting | none',
    ],
    [
      'not started in time',
      observe('Provisioning', { now: at(200), job, pods: [pendingPod] }),
      'Draining WorkerFailed | none',
    ],
    [
      'worker refused at once',
      observe('Provisioning', { job, pods: [exited(65)] }),
      'Draining WorkerFailed | none',
    ],
    ['stopped', whose('Provisioning', stopped, { job }), 'Draining Requested | none'],
    ['deleted', whose('Provisioning', { deleted: true }, { job }), 'Draining Deleted | none'],
  ],
  Connecting: [
    ['running, no report', observe('Connecting', { job, pods: [pod] }), 'Connecting | none'],
    [
      'listening',
      observe('Connecting', { job, pods: [pod], status: { phase: 'Connecting', voice: listening } }),
      'Active | none',
    ],
    [
      'connected, no state',
      observe('Connecting', {
        job,
        pods: [pod],
        status: { phase: 'Connecting', voice: { connected: true } },
      }),
      'Active | none',
    ],
    [
      'report of another pod',
      observe('Connecting', {
        job,
        pods: [pod],
        status: { phase: 'Connecting', voice: { ...listening, podUID: 'x' } },
      }),
      'Connecting | none',
    ],
    [
      'degraded from the start',
      observe('Connecting', {
        job,
        pods: [pod],
        status: { phase: 'Connecting', voice: { connected: true, state: 'Degraded', podUID: 'pod-uid' } },
      }),
      'Degraded | none',
    ],
    [
      'did not listen in time',
      observe('Connecting', { now: at(200), job, pods: [pod] }),
      'Draining WorkerFailed | none',
    ],
    ['worker lost, Job goes on', observe('Connecting', { job, pods: [exited(143)] }), 'Connecting | none'],
    ['Discord refused', observe('Connecting', { job, pods: [exited(69)] }), 'Draining DiscordRefused | none'],
  ],
  Active: [
    [
      'listening',
      observe('Active', { job, pods: [pod], status: { phase: 'Active', voice: listening } }),
      'Active | none',
    ],
    [
      'not connected',
      observe('Active', {
        job,
        pods: [pod],
        status: { phase: 'Active', voice: { ...listening, connected: false } },
      }),
      'Degraded | none',
    ],
    [
      'detached',
      observe('Active', {
        job,
        pods: [pod],
        status: { phase: 'Active', voice: { ...listening, state: 'Detached' } },
      }),
      'Degraded | none',
    ],
    [
      'next pod starts',
      observe('Active', { job, pods: [exited(143), { ...pendingPod, uid: 'next' }] }),
      'Degraded | none',
    ],
    ['pod gone', observe('Active', { job }), 'Degraded | none'],
    ['Job gone', observe('Active', { pods: [pod], certificate: issued }), 'Active | provision'],
    [
      'worker ended well',
      observe('Active', { job, pods: [exited(0, result)] }),
      'Draining ChannelEmpty | none',
    ],
    [
      'Job failed for good',
      observe('Active', { job: finishedJob(true, 'BackoffLimitExceeded'), pods: [exited(75)] }),
      'Draining WorkerFailed | none',
    ],
    [
      'Kubernetes ended it',
      observe('Active', { job: finishedJob(true, 'DeadlineExceeded'), pods: [] }),
      'Draining DeadlineExceeded | none',
    ],
    [
      'deadline',
      observe('Active', { now: at(14_400), job, pods: [pod] }),
      'Draining DeadlineExceeded | none',
    ],
    ['stopped', whose('Active', stopped, { job, pods: [pod] }), 'Draining Requested | none'],
    ['deleted', whose('Active', { deleted: true }, { job, pods: [pod] }), 'Draining Deleted | none'],
  ],
  Degraded: [
    [
      'listening again',
      observe('Degraded', { job, pods: [pod], status: { phase: 'Degraded', voice: listening } }),
      'Active | none',
    ],
    [
      'still degraded',
      observe('Degraded', {
        job,
        pods: [pod],
        status: { phase: 'Degraded', voice: { ...listening, state: 'Degraded', reason: 'ListeningFailed' } },
      }),
      'Degraded | none',
    ],
    ['no start timeout here', observe('Degraded', { now: at(1000), job, pods: [pod] }), 'Degraded | none'],
    ['stopped', whose('Degraded', stopped, { job, pods: [pod] }), 'Draining Requested | none'],
  ],
  Draining: [
    ['worker still speaks', observe('Draining', { job, pods: [pod] }), 'Draining Requested | none'],
    [
      'too long: SIGTERM',
      observe('Draining', { now: at(30), job, pods: [pod] }),
      'Draining Requested | kill',
    ],
    [
      'told already',
      observe('Draining', { now: at(40), pods: [{ ...pod, deleting: true }] }),
      'Draining Requested | none',
    ],
    [
      'much too long: by force',
      observe('Draining', { now: at(95), pods: [{ ...pod, deleting: true }] }),
      'Draining Requested | kill',
    ],
    ['pod never ran', observe('Draining', { job, pods: [pendingPod] }), 'Draining Requested | kill'],
    ['Job without pods', observe('Draining', { job }), 'Draining Requested | kill'],
    [
      'worker ended, result not copied',
      observe('Draining', { job, pods: [exited(0, result)] }),
      'Draining Requested | none',
    ],
    [
      'worker ended without result',
      observe('Draining', { job, pods: [exited(137)] }),
      'Draining Requested | cleanUp',
    ],
    ['nothing there any more', observe('Draining'), 'Draining Requested | cleanUp'],
    ['cleaned', observe('Draining', { cleaned: true }), 'Ended Requested | release'],
    [
      'cleaned after a failure',
      observe('Draining', { cleaned: true, status: { phase: 'Draining', endReason: 'WorkerFailed' } }),
      'Failed WorkerFailed | release',
    ],
  ],
  Ended: [
    ['finalizer on', observe('Ended'), 'Ended Requested | release'],
    ['finalizer off', whose('Ended', { finalizers: [] }), 'Ended Requested | none'],
    ['a late pod', observe('Ended', { pods: [pod] }), 'Ended Requested | cleanUp'],
    ['a late Job', observe('Ended', { job }), 'Ended Requested | cleanUp'],
    [
      'history over, from Discord',
      whose('Ended', { finalizers: [], spec: fromDiscord }, { now: at(4000) }),
      'Ended Requested | forget',
    ],
    ['history not over', whose('Ended', { finalizers: [], spec: fromDiscord }), 'Ended Requested | none'],
    [
      'history over, but applied',
      whose('Ended', { finalizers: [] }, { now: at(4000) }),
      'Ended Requested | none',
    ],
  ],
  Failed: [['finalizer on', observe('Failed'), 'Failed Requested | release']],
};

for (const phase of phases) {
  describe(phase, () => {
    test.each(table[phase])('%s', (_seen, observation, expected) => {
      expect(outcome(decide(observation))).toBe(expected);
    });
  });
}

describe('the status says why', () => {
  test('a session that waits names the one that has the guild, and when it gives up', () => {
    const decision = decide(
      observe('Pending', { claims: { state: 'busy', what: 'guild', holder: 'skald-b/other/uid' } }),
    );
    expect(decision.status.reason).toBe('GuildBusy');
    expect(findCondition(decision.status.conditions, 'Admitted')).toMatchObject({
      status: 'False',
      message: 'VoiceSession skald-b/other uses this Discord server.',
      observedGeneration: 3,
    });
    expect(decision.wakeAt).toEqual(at(59));
  });

  test('an admitted session has its Job’s name, start time and certificate before the Job exists', () => {
    const { status } = decide(observe('Pending', { claims: held, certificate: issued }));
    expect(status).toMatchObject({
      startedAt: '2030-06-01T20:00:00Z',
      worker: { jobName: JOB_NAME, certificateExpiry: '2030-06-02T01:00:00Z', restarts: 0 },
      observedGeneration: 3,
    });
    expect(findCondition(status.conditions, 'WorkerScheduled')?.status).toBe('False');
  });

  test('a worker that cannot be scheduled is named as the cause when the time is over', () => {
    const fault = { reason: 'Unschedulable', message: '0/3 nodes are available.' } as const;
    const { node: _, ...unscheduled } = pendingPod;
    const waiting = decide(observe('Provisioning', { job, pods: [{ ...unscheduled, fault }] }));
    expect(waiting.status.reason).toBe('Unschedulable');
    expect(findCondition(waiting.status.conditions, 'WorkerScheduled')).toMatchObject({
      status: 'False',
      message: '0/3 nodes are available.',
    });
    const late = decide(observe('Provisioning', { now: at(200), job, pods: [{ ...unscheduled, fault }] }));
    expect(late.status.reason).toBe('Unschedulable');
    expect(findCondition(late.status.conditions, 'Ended')?.message).toContain('0/3 nodes are available.');
  });

  test('Active sets activeAt once, and Ready', () => {
    const first = decide(
      observe('Connecting', { job, pods: [pod], status: { phase: 'Connecting', voice: listening } }),
    );
    expect(first.status.activeAt).toBe('2030-06-01T20:00:00Z');
    expect(findCondition(first.status.conditions, 'Ready')?.status).toBe('True');
    const activeAt = '2030-06-01T19:00:00Z';
    const later = decide(
      observe('Degraded', { job, pods: [pod], status: { phase: 'Degraded', voice: listening, activeAt } }),
    );
    expect(later.status.activeAt).toBe(activeAt);
  });

  test('the worker’s own reason for being degraded is the session’s', () => {
    const voice = {
      ...listening,
      state: 'Degraded',
      reason: 'SpeechToTextUnavailable',
      message: 'STT: 503.',
    } as const;
    const { status } = decide(observe('Active', { job, pods: [pod], status: { phase: 'Active', voice } }));
    expect(status.reason).toBe('SpeechToTextUnavailable');
    expect(findCondition(status.conditions, 'Ready')).toMatchObject({
      status: 'False',
      message: 'STT: 503.',
    });
  });

  test('another pod counts as one restart', () => {
    const status = {
      phase: 'Active',
      worker: { jobName: JOB_NAME, podName: 'a', podUID: 'old', restarts: 2 },
    } as const;
    expect(decide(observe('Active', { job, pods: [pod], status })).status.worker).toMatchObject({
      restarts: 3,
      podUID: 'pod-uid',
    });
  });

  test('a result is kept as soon as it is seen, also while draining', () => {
    const { status } = decide(observe('Draining', { job, pods: [exited(0, result)] }));
    expect(status.result).toEqual({ utterances: 2 });
  });

  test('a pod whose end decides nothing is let go of', () => {
    const next = { ...pendingPod, name: 'next', uid: 'next' };
    expect(decide(observe('Active', { job, pods: [exited(143), next] })).letGo).toEqual([pod.name]);
  });
});

test('force comes after the drain time, the grace period and 30 s', () => {
  const told = { ...pod, deleting: true };
  const soft = decide(observe('Draining', { now: at(89 - 1), pods: [told] }));
  expect(soft.action).toEqual({ kind: 'none' });
  expect(soft.wakeAt).toEqual(at(-1 + 90));
  expect(decide(observe('Draining', { now: at(89), pods: [told] })).action).toEqual({
    kind: 'kill',
    force: true,
  });
});

test('a session lasts as long as it wants, at most as long as its tenant lets it', () => {
  const wants = (maxDurationSeconds?: number) =>
    session(maxDurationSeconds === undefined ? {} : { spec: { maxDurationSeconds } });
  expect(maxDurationSeconds({ session: wants(60), tenant })).toBe(60);
  expect(maxDurationSeconds({ session: wants(86_400), tenant })).toBe(14_400);
  expect(maxDurationSeconds({ session: wants(), tenant })).toBe(14_400);
});

test('the drain begins when the condition Ended appears, and the reason stays what it was', () => {
  const status = { phase: 'Draining', endReason: 'DeadlineExceeded', reason: 'DeadlineExceeded' } as const;
  const waiting = decide(
    observe('Draining', { now: NOW, job, pods: [pod], status: { ...status, conditions: [endedSince(-10)] } }),
  );
  expect(waiting.wakeAt).toEqual(at(20));
  const done = decide(
    observe('Draining', { cleaned: true, status: { ...status, conditions: [endedSince(-10)] } }),
  );
  expect(done.status).toMatchObject({
    phase: 'Ended',
    endReason: 'DeadlineExceeded',
    reason: 'DeadlineExceeded',
  });
});
