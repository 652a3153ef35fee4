import { expect, test } from 'vitest';
import { dedicatedPlace, slotPlace } from '../api/gateway-place.ts';
import { checkGateway } from './client-credentials.ts';
import { trustDomain } from './identity.ts';

const expected = { trustDomain: trustDomain('skald.local') };
const host = 'skald-gateway-0.skald-system.svc';

test('a gateway of the trust domain is accepted whatever name was dialled', () => {
  expect(
    checkGateway('10.0.0.1', { subjectaltname: 'URI:spiffe://skald.local/gateway/0' }, expected),
  ).toBeUndefined();
});

test('another slot than the expected one is refused', () => {
  const certificate = { subjectaltname: 'URI:spiffe://skald.local/gateway/1' };
  expect(checkGateway(host, certificate, { ...expected, place: slotPlace(0) })?.message).toContain(
    'gateway skald-gateway-1, expected skald-gateway-0',
  );
});

test("a tenant's own gateway is accepted under its own name only", () => {
  const own = 'skald-gateway.skald-b.svc';
  const certificate = { subjectaltname: `URI:spiffe://skald.local/ns/skald-b/gateway, DNS:${own}` };
  expect(checkGateway(own, certificate, expected)).toBeUndefined();
  expect(checkGateway('skald-gateway.skald-a.svc', certificate, expected)).toBeInstanceOf(Error);
  expect(checkGateway(own, certificate, { ...expected, place: dedicatedPlace('skald-a') })).toBeInstanceOf(
    Error,
  );
});

test('a worker cannot pose as a gateway, even with the right DNS name', () => {
  const certificate = { subjectaltname: `URI:spiffe://skald.local/ns/a/worker/b, DNS:${host}` };
  expect(checkGateway(host, certificate, expected)?.message).toContain('is not a gateway');
});

test('without any URI the DNS name decides', () => {
  expect(checkGateway(host, { subjectaltname: `DNS:${host}` }, expected)).toBeUndefined();
  expect(checkGateway(host, { subjectaltname: 'DNS:elsewhere.svc' }, expected)).toBeInstanceOf(Error);
});
