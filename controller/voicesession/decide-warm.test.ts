import { describe, expect, test } from 'vitest';
import { decide } from './decide.ts';
import { at, issued, JOB_NAME, job, observe } from './fixtures.ts';

describe('a warm worker', () => {
  const warmJob = { ...job, name: 'warm-0123456789', certificateExpiry: at(18_000) };

  test('is claimed only when guild and campaign are the session’s', () => {
    expect(decide(observe('Pending', { spare: warmJob.name })).action).toEqual({ kind: 'claim' });
    const held = observe('Pending', { spare: warmJob.name, claims: { state: 'held' } });
    expect(decide(held).action).toEqual({ kind: 'claimSpare', jobName: warmJob.name });
  });

  test('that is claimed serves the session as soon as the status names its Job', () => {
    const { status, action } = decide(observe('Pending', { job: warmJob, claims: { state: 'held' } }));
    expect(action).toEqual({ kind: 'none' });
    expect(status).toMatchObject({
      phase: 'Provisioning',
      worker: { jobName: warmJob.name, certificateExpiry: '2030-06-02T01:00:00Z' },
    });
  });

  test('whose Job was deleted under the session is replaced by a Job of its own', () => {
    const worker = { jobName: warmJob.name, restarts: 0 };
    const { action } = decide(observe('Active', { certificate: issued, status: { worker } }));
    expect(action).toEqual({ kind: 'provision', jobName: JOB_NAME });
  });
});
