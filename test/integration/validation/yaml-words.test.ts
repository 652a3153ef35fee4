// What an unquoted word is, decides whether a manifest is right: the API server and the validator read the same text.
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { parseDocuments } from '../../../cli/validate/documents.ts';
import { loadConfig } from '../../../src/kube/index.ts';
import { isObject } from '../../../src/validation/index.ts';
import { offlineVerdict } from './offline.ts';
import { Server } from './server.ts';

let server: Server;
beforeAll(async () => {
  server = await Server.connect(await loadConfig({ kubeconfig: inject('kubeconfig') }));
});
afterAll(() => server.close());

test.each([
  ...[
    '~',
    'Null',
    'yes',
    'Off',
    'y',
    'N',
    'nO',
    'TRUE',
    'tRue',
    '010',
    '0o17',
    '0x1F',
    '0b101',
    '-0x10',
    '0B11',
  ],
  ...[
    '1_000',
    '09',
    '0_9',
    '1.0',
    '1e3',
    '1E3',
    '1e+3',
    '1.',
    '.5',
    '-.5',
    '-1.25',
    '+7',
    '0777',
    '-017',
    '08',
  ],
  ...['9223372036854775807', '9223372036854775808', '18446744073709551616', '1e400', '0.1e-400', '1:30'],
  ...['2026-11-21', '2026-11-21T00:00:00Z', '1.2.3', '+', '100x', '0x', '.', '..', '_1', '1__0', '=', '<<x'],
  ...['"yes"', "'1'", '!!str 1', '!!int "7"', '!!float 1', '!!bool yes'],
])('%s is the same to both, as a text and as a number', async (word) => {
  const text = `apiVersion: skald.dev/v1alpha1
kind: Tenant
metadata:
  name: demo
spec:
  displayName: ${word}
  discord:
    applicationId: '100000000000000001'
    botTokenSecretRef: {}
    guilds: ['100000000000000002']
  limits:
    concurrentSessions: ${word}
`;
  const manifest = parseDocuments(text).documents[0]?.value;
  if (!isObject(manifest)) throw new Error('the validator cannot read it');
  expect(offlineVerdict(manifest)).toEqual(await server.verdictOfYaml(manifest, text));
});
