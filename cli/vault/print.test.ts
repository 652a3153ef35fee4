import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { vaultSettingsSchema } from '../../src/vault/index.ts';
import { SETUP_DEFAULTS } from './defaults.ts';
import { type SetupFlags, setupOptions, UsageError } from './options.ts';
import { script } from './print.ts';

const read = (path: string) => readFile(path, 'utf8');
const printed = async (flags: Partial<SetupFlags> = {}) =>
  script(await setupOptions({ ...SETUP_DEFAULTS, ...flags }, read));

test('nobody’s policy both encrypts and decrypts, is a wildcard of its own, or reaches beyond Skald’s', async () => {
  const policies = [...(await printed()).matchAll(/vault policy write (\S+) .*\n([\s\S]*?)HCL$/gm)];
  expect(policies.map(([, name]) => name)).toEqual(['skald-controller', 'skald-bot']);
  for (const [, , text = ''] of policies) {
    expect(/\/encrypt\//.test(text) && /\/decrypt\//.test(text)).toBe(false);
    expect(text).not.toMatch(/sudo|"delete"|"list"|path "\*"|path "[^"/]*\*/);
    for (const [, path] of text.matchAll(/^path "([^"]+)"/gm))
      expect(path).toMatch(/skald|^auth\/token\/re(new|voke)-self$/);
  }
});

test('paths and names follow the options', async () => {
  const text = await printed({
    authType: 'jwt',
    authMount: 'clusters/east',
    transitMount: 'team/transit',
    kvMount: 'team/kv',
    kvPrefix: 'voices',
    pkiMount: 'team/pki',
    trustDomain: 'skald.example',
    systemNamespace: 'voices-system',
    serviceAccount: 'operator',
    audience: 'https://vault.example',
    gatewaySlots: '2',
    tenantNamespace: ['skald-demo'],
  });
  for (const part of [
    'path "team/transit/encrypt/skald-*"',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's own syntax
    'path "team/kv/data/voices/{{identity.entity.aliases.${ACCESSOR}.metadata.service_account_namespace}}/discord/*"',
    'path "team/pki/sign/skald-worker"',
    'vault write auth/clusters/east/role/skald-controller',
    '"/kubernetes.io/namespace": "voices-system"',
    '"/kubernetes.io/serviceaccount/name": "operator"',
    '"https://vault.example"',
    '"spiffe://skald.example/ns/*/worker/*"',
    '"skald-gateway-1.voices-system.svc.cluster.local"',
    'vault write team/transit/keys/skald-skald-demo',
  ]) {
    expect(text).toContain(part);
  }
  expect(text).not.toContain('skald-gateway-2.');
  expect(text).not.toMatch(/"(transit|secret)\//);
});

test('setup’s defaults are those of the programs', () => {
  const { auth, transitMount, kvMount, kvPrefix, pki } = vaultSettingsSchema('skald-controller').parse({});
  expect({
    authType: auth.mount,
    audience: auth.audience,
    transitMount,
    kvMount,
    kvPrefix,
    pkiMount: pki.mount,
  }).toEqual({
    authType: SETUP_DEFAULTS.authType,
    audience: SETUP_DEFAULTS.audience,
    transitMount: SETUP_DEFAULTS.transitMount,
    kvMount: SETUP_DEFAULTS.kvMount,
    kvPrefix: SETUP_DEFAULTS.kvPrefix,
    pkiMount: SETUP_DEFAULTS.pkiMount,
  });
});

test.each<[string, Partial<SetupFlags>, RegExp]>([
  [
    'two sources of keys',
    { authType: 'jwt', jwksUrl: 'https://a', oidcDiscoveryUrl: 'https://b' },
    /Give one of/,
  ],
  ['keys for the wrong method', { jwksUrl: 'https://a' }, /belong to --auth-type jwt/],
  [
    'a host for the wrong method',
    { authType: 'jwt', kubernetesHost: 'https://a' },
    /belongs to --auth-type kubernetes/,
  ],
  ['a CA without its host', { kubernetesCaFile: '/dev/null' }, /need --kubernetes-host/],
  ['a URL that is none', { kubernetesHost: 'kubernetes' }, /--kubernetes-host: must be an https:\/\/ URL/],
  [
    'a key file that is not there',
    { authType: 'jwt', jwtPublicKey: ['/nowhere/sa.pub'] },
    /\/nowhere\/sa.pub cannot be read/,
  ],
  ['a key file without a key', { authType: 'jwt', jwtPublicKey: ['/dev/null'] }, /holds no PEM/],
  ['an audience that is none', { audience: ' ' }, /--audience/],
])('%s is wrong usage', async (_, flags, message) => {
  await expect(printed(flags)).rejects.toThrow(UsageError);
  await expect(printed(flags)).rejects.toThrow(message);
});
