import { describe, expect, test } from 'vitest';
import { decide } from './decide.ts';
import { exited, finishedJob, job, listening, observe, pod } from './fixtures.ts';
import type { PodView } from './worker-view.ts';

/** A pod of which no kubelet tells any more. */
const { exit: _, ...gone } = exited(0);

const observed = (pods: readonly PodView[], the = job) =>
  decide(
    observe('Active', {
      job: the,
      pods,
      status: {
        voice: listening,
        worker: { jobName: job.name, podUID: pod.uid, node: 'node-1', restarts: 0 },
      },
    }),
  );

describe('a live session whose pod is lost waits for the next one', () => {
  test.each<[string, PodView]>([
    ['deleted by hand, or evicted: it left in time', exited(143)],
    ['evicted: the kubelet had to kill it', exited(137, '', { deleting: true })],
    ['for lack of memory', exited(137, '', { exit: { code: 137, message: '', reason: 'OOMKilled' } })],
    ['with its node', { ...gone, deleting: true }],
    ['by a crash', exited(1)],
    ['because its gateway was away', exited(75)],
  ])('%s', (_how, lost) => {
    const { status, action, letGo } = observed([lost]);
    expect(status).toMatchObject({ phase: 'Degraded', reason: 'WorkerLost' });
    expect(status.worker).toMatchObject({ podUID: pod.uid, restarts: 0 });
    expect(action).toEqual({ kind: 'none' });
    // Or the Job's next pod would wait for this one for ever.
    expect(letGo).toEqual([lost.name]);
  });

  test.each<[string, PodView]>([
    ['is still there, being told to go', { ...pod, deleting: true }],
    ['runs', pod],
  ])('and not while it %s', (_how, here) => {
    expect(observed([here]).status).toMatchObject({ phase: 'Active', reason: 'Listening' });
    expect(observed([here]).letGo).toEqual([]);
  });
});

describe('a live session ends', () => {
  test.each([
    ['a configuration that cannot work', exited(64), job, 'WorkerFailed', 'ConfigurationError'],
    ['a refused certificate', exited(65), job, 'WorkerFailed', 'IdentityRefused'],
    ['a channel that Discord keeps shut', exited(69), job, 'DiscordRefused', 'DiscordRefused'],
    [
      'the last failure that is allowed',
      exited(1),
      finishedJob(true, 'BackoffLimitExceeded'),
      'WorkerFailed',
      'WorkerFailed',
    ],
  ] as const)('with %s', (_why, last, the, endReason, reason) => {
    expect(observed([last], the).status).toMatchObject({ phase: 'Draining', endReason, reason });
  });
});
