import { describe, expect, test } from 'vitest';
import { exited, finishedJob, job, pod } from './fixtures.ts';
import { outcomeOf, parseResult } from './outcome.ts';

describe('the outcome', () => {
  test('is open while a pod runs, and while the Job will make another', () => {
    expect(outcomeOf(job, [])).toBeUndefined();
    expect(outcomeOf(job, [exited(0), pod])).toBeUndefined();
    expect(outcomeOf(job, [exited(75)])).toBeUndefined();
    expect(outcomeOf(job, [exited(143)])).toBeUndefined();
    expect(outcomeOf(job, [exited(1)])).toBeUndefined();
    expect(outcomeOf(job, [exited(137)])).toBeUndefined();
  });

  test.each([
    [0, 'Requested', 'Requested'],
    [64, 'WorkerFailed', 'ConfigurationError'],
    [65, 'WorkerFailed', 'IdentityRefused'],
    [69, 'DiscordRefused', 'DiscordRefused'],
  ])('of exit code %i is %s at once', (code, endReason, reason) => {
    expect(outcomeOf(job, [exited(code)])).toMatchObject({ endReason, reason });
  });

  test('is the worker’s own reason and words when it left any', () => {
    const message = '{"endReason":"SpendCap","message":"5 USD are spent.","replies":3}';
    expect(outcomeOf(job, [exited(0, message)])).toEqual({
      endReason: 'SpendCap',
      reason: 'SpendCap',
      message: '5 USD are spent.',
      result: { replies: 3 },
    });
  });

  test('of a Job that gave up says so, and how the last worker ended', () => {
    const outcome = outcomeOf(finishedJob(true, 'BackoffLimitExceeded'), [
      exited(75),
      exited(137, '', { exit: { code: 137, message: '', reason: 'OOMKilled' } }),
    ]);
    expect(outcome).toMatchObject({ endReason: 'WorkerFailed', reason: 'WorkerFailed' });
    expect(outcome?.message).toMatch(/exit code 137.*lack of memory.*as often as is allowed/);
  });

  test('of a Job that ended without any pod to be seen', () => {
    expect(outcomeOf(finishedJob(true, 'DeadlineExceeded'), [])?.endReason).toBe('DeadlineExceeded');
    expect(outcomeOf(finishedJob(true, 'PodFailurePolicy'), [])?.endReason).toBe('WorkerFailed');
    expect(outcomeOf(finishedJob(false, 'Complete'), [])?.endReason).toBe('Requested');
  });
});

describe('a termination message', () => {
  test.each(['', 'Killed', '{"endReason":', '[]', 'null', '"x"', '12'])('%j is no result', (text) => {
    expect(parseResult(text)).toBeUndefined();
  });

  test('keeps what is well formed and drops the rest', () => {
    const text = JSON.stringify({
      endReason: 'Bribed',
      utterances: 3.7,
      replies: -1,
      bargeIns: '4',
      sttSeconds: 12.5,
      llmTokens: null,
      transcriptRef: 'postgresql:tenant_acme/uid',
      extra: { a: 1 },
    });
    expect(parseResult(text)).toEqual({
      result: { utterances: 3, sttSeconds: 12.5, transcriptRef: 'postgresql:tenant_acme/uid' },
    });
  });

  test('cannot bring a secret into the status', () => {
    const text = JSON.stringify({ message: 'could not reach postgres://skald:hunter2@db/x' });
    expect(parseResult(text)?.message).toBe('could not reach postgres://skald:[redacted]@db/x');
  });
});
