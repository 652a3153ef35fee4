import { describe, expect, test } from 'vitest';
import { dedicatedPlace, slotPlace } from '../api/gateway-place.ts';
import {
  gatewayId,
  identityFromSubjectAltName,
  operatorId,
  parseIdentity,
  trustDomain,
  workerId,
} from './identity.ts';

const domain = trustDomain('skald.local');

describe('parseIdentity', () => {
  test('returns what was built', () => {
    expect(parseIdentity(workerId(domain, 'skald-acme', 'night-1-0a1b2c3d'), domain)).toEqual({
      kind: 'worker',
      id: 'spiffe://skald.local/ns/skald-acme/worker/night-1-0a1b2c3d',
      namespace: 'skald-acme',
      jobName: 'night-1-0a1b2c3d',
    });
    expect(parseIdentity(gatewayId(domain, slotPlace(12)), domain)).toMatchObject({
      kind: 'gateway',
      place: slotPlace(12),
    });
    expect(parseIdentity(gatewayId(domain, dedicatedPlace('skald-acme')), domain)).toEqual({
      kind: 'gateway',
      id: 'spiffe://skald.local/ns/skald-acme/gateway',
      place: dedicatedPlace('skald-acme'),
    });
    expect(parseIdentity(operatorId(domain), domain)).toMatchObject({ kind: 'operator' });
  });

  test.each([
    'spiffe://other.local/operator',
    'spiffe://skald.local.evil.example/operator',
    'spiffe://skald.local/operator/',
    'spiffe://skald.local/operator?x=1',
    'spiffe://skald.local/operator#x',
    'spiffe://user@skald.local/operator',
    'SPIFFE://skald.local/operator',
    'spiffe://skald.local/gateway/01',
    'spiffe://skald.local/gateway/-1',
    'spiffe://skald.local/gateway/1/2',
    'spiffe://skald.local/ns/a/worker/',
    'spiffe://skald.local/ns//worker/b',
    'spiffe://skald.local/ns/a/worker/../../b/worker/c',
    'spiffe://skald.local/ns/a.b/worker/c',
    'spiffe://skald.local/ns/a/worker/c%2fd',
    'spiffe://skald.local/ns/a/worker/C',
    'spiffe://skald.local/ns/a/pod/c',
    'spiffe://skald.local/ns/a.b/gateway',
    'spiffe://skald.local/ns/a/gateway/0',
    'spiffe://skald.local/ns/gateway',
    'https://skald.local/operator',
    '',
  ])('refuses %s', (uri) => {
    expect(parseIdentity(uri, domain)).toBeUndefined();
  });
});

describe('identityFromSubjectAltName', () => {
  test('finds the one URI among other names', () => {
    const names = 'DNS:skald-gateway-0.skald-system.svc, URI:spiffe://skald.local/gateway/0';
    expect(identityFromSubjectAltName(names, domain)).toMatchObject({
      kind: 'gateway',
      place: slotPlace(0),
    });
  });

  test('gives no identity to a certificate with two URIs', () => {
    const names = 'URI:spiffe://skald.local/operator, URI:spiffe://skald.local/ns/a/worker/b';
    expect(identityFromSubjectAltName(names, domain)).toBeUndefined();
  });

  test('gives no identity to a name that Node quoted because it holds a separator', () => {
    const names = 'DNS:"a, URI:spiffe://skald.local/operator"';
    expect(identityFromSubjectAltName(names, domain)).toBeUndefined();
  });

  test('gives no identity without subject alternative names', () => {
    expect(identityFromSubjectAltName(undefined, domain)).toBeUndefined();
  });
});

test('names that are not Kubernetes names cannot become a worker id', () => {
  expect(() => workerId(domain, 'a/b', 'c')).toThrow(RangeError);
  expect(() => workerId(domain, 'a', 'c/../d')).toThrow(RangeError);
  expect(() => trustDomain('Skald Local')).toThrow(/skald\.local/);
});
