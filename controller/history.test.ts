import { expect, test } from 'vitest';
import { isGatewaysOwn } from './history.ts';

const SPEC = { 'f:spec': { 'f:campaignRef': { 'f:name': {} }, 'f:guildId': {} } };
const entry = (manager: string, fieldsV1: object, subresource?: string) => ({
  manager,
  operation: 'Update',
  fieldsType: 'FieldsV1',
  fieldsV1,
  ...(subresource === undefined ? {} : { subresource }),
});
const session = (managedFields: ReturnType<typeof entry>[] | undefined, annotations = {}) => ({
  metadata: {
    name: 'evening',
    uid: 'u',
    resourceVersion: '1',
    annotations,
    ...(managedFields === undefined ? {} : { managedFields }),
  },
});
const gateways = entry('skald-gateway', SPEC);

test('what the gateway made is its own, also when the operator and people wrote to it since', () => {
  expect(isGatewaysOwn(session([gateways]))).toBe(true);
  const others = [
    entry('skald-controller', { 'f:metadata': { 'f:finalizers': {} } }),
    entry('skald-controller', { 'f:status': { 'f:phase': {} } }, 'status'),
    entry('kubectl-patch', { 'f:spec': { 'f:desiredState': {} } }),
  ];
  expect(isGatewaysOwn(session([gateways, ...others]))).toBe(true);
});

test('what somebody applied is not, whatever it says of itself', () => {
  const claims = { 'skald.dev/created-by': 'discord' };
  expect(isGatewaysOwn(session([entry('argocd-controller', SPEC)], claims))).toBe(false);
  expect(isGatewaysOwn(session([entry('kubectl-client-side-apply', SPEC)], claims))).toBe(false);
});

test('what somebody has taken over is not any more', () => {
  expect(isGatewaysOwn(session([gateways, entry('argocd-controller', SPEC)]))).toBe(false);
  const applied = { 'kubectl.kubernetes.io/last-applied-configuration': '{}' };
  expect(isGatewaysOwn(session([gateways], applied))).toBe(false);
});

test('what nobody can tell of stays', () => {
  expect(isGatewaysOwn(session(undefined))).toBe(false);
  expect(isGatewaysOwn(session([entry('skald-gateway', { 'f:status': {} }, 'status')]))).toBe(false);
});
