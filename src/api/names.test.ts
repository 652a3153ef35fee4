import { expect, test } from 'vitest';
import {
  campaignClaimLeaseName,
  isWarmJobName,
  sessionSecretName,
  tenantNamespace,
  warmJobName,
  workerJobName,
} from './names.ts';

const session = (name: string, uid: string) => ({ metadata: { name, uid } });

test('a Job is named after its session and a hash of its UID', () => {
  expect(workerJobName(session('friday', 'a'))).toMatch(/^friday-[0-9a-f]{8}$/);
});

test('a session made again under the same name has another Job', () => {
  expect(workerJobName(session('friday', 'a'))).not.toBe(workerJobName(session('friday', 'b')));
});

test('a long name is cut, keeps its hash, and is still a DNS label', () => {
  const name = workerJobName(session(`${'x'.repeat(42)}-${'y'.repeat(20)}`, 'a'));
  expect(name).toMatch(/^x{42}-[0-9a-f]{8}$/);
  expect(sessionSecretName(session('z'.repeat(63), 'a')).length).toBeLessThanOrEqual(63);
});

test('two campaigns never share a claim', () => {
  expect(campaignClaimLeaseName('a-b', 'c')).not.toBe(campaignClaimLeaseName('a', 'b-c'));
});

test('a namespace follows from the name unless it is given', () => {
  const tenant = { metadata: { name: 'demo' }, spec: {} };
  expect(tenantNamespace(tenant)).toBe('skald-demo');
  expect(tenantNamespace({ ...tenant, spec: { namespace: 'games' } })).toBe('games');
});

test('no session has a Job with the name of a warm worker', () => {
  expect(isWarmJobName(warmJobName('any seed'))).toBe(true);
  for (const name of ['warm', 'warm-0123456789', 'warm-01']) {
    expect(isWarmJobName(workerJobName(session(name, 'a')))).toBe(false);
  }
});
