import { expect, test } from 'vitest';
import {
  dedicatedPlace,
  gatewayAddress,
  gatewayReference,
  gatewayTlsSecretName,
  parseGatewayReference,
  slotPlace,
} from './gateway-place.ts';

const TEMPLATE = '{gateway}.{namespace}.svc:8443';

test('a slot lives in the system namespace, a gateway of its own with its tenant', () => {
  expect(gatewayAddress(TEMPLATE, slotPlace(2), 'sys')).toBe('skald-gateway-2.sys.svc:8443');
  expect(gatewayAddress(TEMPLATE, dedicatedPlace('skald-acme'), 'sys')).toBe(
    'skald-gateway.skald-acme.svc:8443',
  );
  expect(gatewayTlsSecretName(dedicatedPlace('skald-acme'))).toBe('skald-gateway-tls');
});

test.each([slotPlace(0), slotPlace(12), dedicatedPlace('skald-acme')])(
  'a reference is read as what it was written from: %j',
  (place) => {
    expect(parseGatewayReference(gatewayReference(place))).toEqual(place);
  },
);

test.each([
  'skald-gateway-01',
  'skald-gateway',
  'other-1',
  'a/b/skald-gateway',
  'Up/skald-gateway',
  undefined,
])('%s is no reference', (text) => {
  expect(parseGatewayReference(text)).toBeUndefined();
});
