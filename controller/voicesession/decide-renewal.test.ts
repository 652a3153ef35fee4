import { describe, expect, test } from 'vitest';
import { findCondition } from '../../src/api/index.ts';
import { decide } from './decide.ts';
import { at, condition, issued, JOB_NAME, job, listening, NOW, observe, pod } from './fixtures.ts';
import type { CertificateInUse } from './renewal.ts';

const inUse: CertificateInUse = { notAfter: at(600), renewAt: at(400), bundleIsCurrent: true };
const live = { job, pods: [pod] };
const worker = { jobName: JOB_NAME, podName: pod.name, podUID: pod.uid, restarts: 0 };
const status = { voice: listening, worker: { ...worker, certificateExpiry: '2030-06-01T00:00:00Z' } };

describe('the certificate of a live session', () => {
  test('is looked at again when it is due, and what is in the Secret is what the status says', () => {
    const decision = decide(observe('Active', { ...live, inUse, status }));
    expect(decision.action.kind).toBe('none');
    expect(decision.wakeAt).toEqual(at(400));
    expect(decision.status.worker?.certificateExpiry).toBe('2030-06-01T20:10:00Z');
    expect(findCondition(decision.status.conditions, 'CertificateIssued')).toMatchObject({ status: 'True' });
  });

  test('is renewed when it is due, also while the worker joins, and its bundle when that has changed', () => {
    for (const phase of ['Provisioning', 'Connecting', 'Active', 'Degraded'] as const) {
      const due = observe(phase, { ...live, inUse: { ...inUse, renewAt: NOW }, status });
      expect(decide(due).action).toEqual({ kind: 'renew', what: 'certificate' });
      const other = observe(phase, { ...live, inUse: { ...inUse, bundleIsCurrent: false }, status });
      expect(decide(other).action).toEqual({ kind: 'renew', what: 'bundle' });
    }
  });

  test('that cannot be renewed leaves the session as it is, says so, and is tried again', () => {
    const failed = { state: 'failed', message: 'Vault is sealed.' } as const;
    const due = { ...inUse, renewAt: NOW };
    const decision = decide(observe('Active', { ...live, inUse: due, status, certificate: failed }));
    expect(decision.status.phase).toBe('Active');
    expect(decision.action.kind).toBe('none');
    expect(decision.wakeAt).toEqual(at(6));
    expect(findCondition(decision.status.conditions, 'CertificateIssued')).toMatchObject({
      status: 'False',
      reason: 'IssueFailed',
      message: `Vault is sealed. The certificate in use is valid until 2030-06-01T20:10:00Z; it is tried again.`,
    });
    // And takes it back when it could.
    const conditions = [{ ...condition('CertificateIssued', 'False'), reason: 'IssueFailed' }];
    const mended = decide(
      observe('Active', { ...live, inUse, certificate: issued, status: { ...status, conditions } }),
    );
    expect(findCondition(mended.status.conditions, 'CertificateIssued')?.status).toBe('True');
  });

  test('is left alone when the session ends', () => {
    const due = { ...live, inUse: { ...inUse, renewAt: NOW }, status };
    expect(decide(observe('Draining', due)).action.kind).not.toBe('renew');
    const stopped = observe('Active', due);
    const session = {
      ...stopped.session,
      spec: { ...stopped.session.spec, desiredState: 'Stopped' as const },
    };
    expect(decide({ ...stopped, session }).status.phase).toBe('Draining');
  });
});
