import { status } from '@grpc/grpc-js';
import { describe, expect, test } from 'vitest';
import { slotPlace } from '../../src/api/gateway-place.ts';
import { gatewayId, trustDomain, type WorkerIdentity, workerId } from '../../src/rpc/identity.ts';
import { type AdmissionFacts, admit } from './admission.ts';
import { aSession, aTenant } from './fixtures.ts';

const domain = trustDomain('skald.local');
const identity: WorkerIdentity = {
  kind: 'worker',
  id: workerId(domain, 'skald-acme', 'night-1-job'),
  namespace: 'skald-acme',
  jobName: 'night-1-job',
};
const session = aSession({ status: { phase: 'Provisioning', worker: { jobName: 'night-1-job' } } });

function decide(change: Partial<AdmissionFacts> = {}) {
  return admit({
    identity,
    hello: { protocolVersion: 1, podName: 'p', podUid: 'pod-1', buildSha: '' },
    gateway: 'skald-gateway-0',
    systemNamespace: 'skald-system',
    port: 8443,
    tenant: aTenant(),
    ready: true,
    session,
    attachedPodUid: undefined,
    ...change,
  });
}

function withPod(podUID: string) {
  return aSession({ status: { phase: 'Active', worker: { jobName: 'night-1-job', podUID } } });
}

test('the pod of a live session is served', () => {
  expect(decide()).toMatchObject({ kind: 'serve', session });
});

test("another slot's tenant is redirected, before anything is said of its sessions", () => {
  const tenant = aTenant({ status: { namespace: 'skald-acme', gateway: 'skald-gateway-3' } });
  expect(decide({ tenant, session: undefined, ready: false })).toEqual({
    kind: 'redirect',
    address: 'skald-gateway-3.skald-system.svc:8443',
  });
});

describe('UNAVAILABLE, because it may mend itself', () => {
  test.each([
    ['no tenant is known yet', { tenant: undefined }],
    ['the tenant has no gateway yet', { tenant: aTenant({ status: { namespace: 'skald-acme' } }) }],
    ['the bot or the caches are not ready', { ready: false }],
    ['no session has the Job yet', { session: undefined }],
    ['another pod is attached', { attachedPodUid: 'pod-0' }],
    ['the status names another pod', { session: withPod('pod-0') }],
  ] as const)('%s', (_, change) => {
    expect(decide(change)).toMatchObject({ kind: 'refuse', code: status.UNAVAILABLE });
  });
});

describe('refused for good', () => {
  const hello = { protocolVersion: 1, podName: 'p', podUid: 'pod-1', buildSha: '' };
  const gateway = { kind: 'gateway', id: gatewayId(domain, slotPlace(0)), place: slotPlace(0) } as const;
  test.each([
    ['a certificate without identity', { identity: undefined }, status.UNAUTHENTICATED],
    ['a certificate that is no worker', { identity: gateway }, status.PERMISSION_DENIED],
    ['an unknown protocol', { hello: { ...hello, protocolVersion: 2 } }, status.FAILED_PRECONDITION],
    ['a Hello without pod', { hello: { ...hello, podUid: '' } }, status.INVALID_ARGUMENT],
    [
      'a session that is over',
      { session: aSession({ status: { phase: 'Ended' } }) },
      status.FAILED_PRECONDITION,
    ],
  ] as const)('%s', (_, change, code) => {
    expect(decide(change)).toMatchObject({ kind: 'refuse', code });
  });
});

describe('one pod at a time', () => {
  test('the attached pod may dial anew', () => {
    expect(decide({ attachedPodUid: 'pod-1' }).kind).toBe('serve');
  });

  test('the pod that the status names takes over from one that it does not', () => {
    expect(decide({ attachedPodUid: 'pod-0', session: withPod('pod-1') }).kind).toBe('serve');
  });
});

test('a warm worker that no session has claimed is parked; in a tenant that is not ready it dials again', () => {
  const jobName = 'warm-0123456789';
  const warm = { ...identity, id: workerId(domain, 'skald-acme', jobName), jobName };
  expect(decide({ identity: warm, session: undefined })).toMatchObject({ kind: 'park', jobName });
  expect(decide({ identity: warm, session: undefined, ready: false })).toMatchObject({
    code: status.UNAVAILABLE,
  });
});
