/**
 * Who may do what in a Vault that `skald vault setup` prepared: every identity against every request, with tokens of
 * real service accounts. The answers are Vault's, not the client's.
 */
import 'reflect-metadata';
import { generateKeyPairSync, sign, X509Certificate } from 'node:crypto';
import { Pkcs10CertificateRequestGenerator } from '@peculiar/x509';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { createSigningRequest } from '../../../src/pki/csr.ts';
import { Pki, Transit } from '../../../src/vault/index.ts';
import { VaultScene } from './scene.ts';

const SYSTEM = 'skald-system';
const DOMAIN = 'spiffe://skald.local';

let scene: VaultScene;
/** Of the operator, and of the service accounts `skald-bot` of two tenants; by name. */
const tokens: Record<string, string> = {};
/** `transit/encrypt/skald-tenant-a` of "the token". */
let ciphertext: string;
let serial: string;
let csr: string;

beforeAll(async () => {
  scene = await VaultScene.create({ kubeconfig: inject('kubeconfig') });
  const { vault } = scene;
  for (const [namespace, area] of [
    ['tenant-a', 'discord'],
    ['tenant-a', 'providers'],
    ['tenant-b', 'discord'],
    ['tenant-b', 'providers'],
  ]) {
    await vault.call('POST', `secret/data/skald/${namespace}/${area}/one`, { data: { key: 'value' } });
  }
  await vault.call('POST', 'secret/data/payroll', { data: { key: 'value' } });
  await vault.call('POST', 'transit/keys/payroll');
  const operator = scene.controller();
  for (const namespace of ['tenant-a', 'tenant-b', 'tenant-a-b']) {
    ciphertext = await new Transit(operator).encrypt(`skald-${namespace}`, 'the token');
  }
  ciphertext = await new Transit(operator).encrypt('skald-tenant-a', 'the token');
  csr = (await createSigningRequest({ uris: [`${DOMAIN}/operator`], dnsNames: [] })).csrPem;
  const uriSans = [`${DOMAIN}/ns/tenant-a/worker/evening-1`];
  serial = (await new Pki(operator).sign({ role: 'skald-worker', csrPem: csr, uriSans })).serial;

  tokens.operator = await login(SYSTEM, 'skald-controller', 'skald-controller');
  tokens['bot of a'] = await login('tenant-a', 'skald-bot', 'skald-bot');
  tokens['bot of b'] = await login('tenant-b', 'skald-bot', 'skald-bot');
});
afterAll(() => scene?.close());

async function login(namespace: string, name: string, role: string): Promise<string> {
  const { status, token } = await tryLogin(role, await scene.accounts.token(namespace, name, 'vault'));
  if (token === undefined) throw new Error(`${namespace}/${name} cannot log in as ${role}: HTTP ${status}`);
  return token;
}

async function tryLogin(role: string, jwt: string): Promise<{ status: number; token: string | undefined }> {
  const answer = await scene.vault.ask('POST', 'auth/jwt/login', undefined, { role, jwt });
  const body = answer.body as { auth?: { client_token?: string } } | undefined;
  return { status: answer.status, token: body?.auth?.client_token };
}

type Identity = 'operator' | 'bot of a' | 'bot of b';
type Row = readonly [
  method: string,
  path: string,
  body: (() => object) | undefined,
  allowed: readonly Identity[],
];

const plain = () => ({ plaintext: Buffer.from('x').toString('base64') });
const sealed = () => ({ ciphertext });
const workerCsr = () => ({ csr, uri_sans: `${DOMAIN}/ns/tenant-a/worker/evening-2` });
const policyText = () => ({ policy: 'path "*" { capabilities = ["sudo"] }' });
const empty = () => ({});

/** Whoever is not named after a request is to be denied it. */
const TABLE: readonly Row[] = [
  // Transit
  ['POST', 'transit/encrypt/skald-tenant-a', plain, ['operator']],
  ['POST', 'transit/encrypt/skald-new', plain, ['operator']],
  ['POST', 'transit/encrypt/payroll', plain, []],
  ['POST', 'transit/decrypt/skald-tenant-a', sealed, ['bot of a']],
  ['POST', 'transit/decrypt/skald-tenant-a-b', sealed, []],
  ['POST', 'transit/rewrap/skald-tenant-a', sealed, ['operator']],
  ['GET', 'transit/keys/skald-tenant-a', undefined, ['operator']],
  ['LIST', 'transit/keys', undefined, []],
  ['POST', 'transit/keys/skald-tenant-a', empty, []],
  ['POST', 'transit/keys/skald-tenant-a/rotate', empty, []],
  ['POST', 'transit/keys/skald-tenant-a/config', () => ({ exportable: true, deletion_allowed: true }), []],
  ['DELETE', 'transit/keys/skald-tenant-a', undefined, []],
  ['GET', 'transit/export/encryption-key/skald-tenant-a', undefined, []],
  ['GET', 'transit/backup/skald-tenant-a', undefined, []],
  ['POST', 'transit/datakey/plaintext/skald-tenant-a', empty, []],
  ['POST', 'transit/hmac/skald-tenant-a', () => ({ input: 'eA==' }), []],
  // KV
  ['GET', 'secret/data/skald/tenant-a/providers/one', undefined, ['operator']],
  ['GET', 'secret/data/skald/tenant-b/providers/one', undefined, ['operator']],
  ['GET', 'secret/data/skald/tenant-a/discord/one', undefined, ['bot of a']],
  ['GET', 'secret/data/skald/tenant-b/discord/one', undefined, ['bot of b']],
  ['GET', 'secret/data/payroll', undefined, []],
  ['LIST', 'secret/metadata/skald', undefined, []],
  ['LIST', 'secret/metadata/skald/tenant-a/discord', undefined, []],
  ['GET', 'secret/metadata/skald/tenant-a/providers/one', undefined, []],
  ['POST', 'secret/data/skald/tenant-a/providers/one', () => ({ data: { key: 'mine' } }), []],
  ['POST', 'secret/data/skald/tenant-a/discord/one', () => ({ data: { key: 'mine' } }), []],
  ['DELETE', 'secret/data/skald/tenant-a/discord/one', undefined, []],
  // PKI
  ['POST', 'skald-pki/sign/skald-worker', workerCsr, ['operator']],
  ['POST', 'skald-pki/sign/skald-gateway', () => ({ csr, uri_sans: `${DOMAIN}/gateway/0` }), ['operator']],
  ['POST', 'skald-pki/sign/skald-operator', () => ({ csr, uri_sans: `${DOMAIN}/operator` }), ['operator']],
  ['POST', 'skald-pki/revoke', () => ({ serial_number: colons(serial) }), ['operator']],
  ['POST', 'skald-pki/issue/skald-worker', empty, []],
  ['POST', 'skald-pki/sign-verbatim', workerCsr, []],
  ['POST', 'skald-pki/sign-verbatim/skald-worker', workerCsr, []],
  ['POST', 'skald-pki/root/sign-intermediate', () => ({ csr, common_name: 'mine' }), []],
  ['POST', 'skald-pki/root/generate/internal', () => ({ common_name: 'mine' }), []],
  ['POST', 'skald-pki/issuers/import/bundle', () => ({ pem_bundle: 'x' }), []],
  ['POST', 'skald-pki/roles/skald-worker', () => ({ allow_any_name: true }), []],
  ['GET', 'skald-pki/roles/skald-worker', undefined, []],
  ['POST', 'skald-pki/tidy', empty, []],
  // Vault itself
  ['GET', 'sys/policies/acl/skald-controller', undefined, []],
  ['POST', 'sys/policies/acl/skald-controller', policyText, []],
  ['POST', 'sys/policies/acl/skald-bot', policyText, []],
  ['GET', 'auth/jwt/role/skald-bot', undefined, []],
  ['POST', 'auth/jwt/role/skald-bot', () => ({ token_policies: ['skald-controller'] }), []],
  ['POST', 'auth/jwt/config', () => ({ jwks_url: 'https://mine' }), []],
  ['GET', 'sys/mounts', undefined, []],
  ['POST', 'sys/mounts/mine', () => ({ type: 'kv' }), []],
  ['GET', 'sys/audit', undefined, []],
  ['POST', 'sys/seal', empty, []],
  ['POST', 'auth/token/create', empty, []],
  ['POST', 'identity/entity', () => ({ name: 'mine' }), []],
  ['POST', 'auth/token/renew-self', empty, ['operator', 'bot of a', 'bot of b']],
];

describe('requests', () => {
  test.each(TABLE)('%s %s', async (method, path, body, allowed) => {
    for (const [identity, token] of Object.entries(tokens)) {
      const { status } = await scene.vault.ask(method, path, token, body?.());
      const may = allowed.some((one) => one === identity);
      expect({ identity, status }).toEqual({ identity, status: may ? expect.toSatisfy(success) : 403 });
    }
  });

  test('what the bot of a decrypts is what the operator encrypted', async () => {
    expect(await new Transit(scene.bot('tenant-a')).decrypt('skald-tenant-a', ciphertext)).toBe('the token');
  });

  test('without a token nothing but the authority’s certificate can be had', async () => {
    for (const [method, path, body] of TABLE) {
      const { status } = await scene.vault.ask(method, path, undefined, body?.());
      expect({ path, status }).toEqual({ path, status: 403 });
    }
    expect((await scene.vault.ask('GET', 'skald-pki/cert/ca', undefined)).status).toBe(200);
  });

  test('no identity has Vault’s policy "default", nor any but its own', async () => {
    for (const [identity, token] of Object.entries(tokens)) {
      const answer = (await scene.vault.call('POST', 'auth/token/lookup', { token })) as {
        data: { policies: string[] };
      };
      const expected = identity === 'operator' ? 'skald-controller' : 'skald-bot';
      expect({ identity, policies: answer.data.policies }).toEqual({ identity, policies: [expected] });
    }
  });
});

describe('certificates', () => {
  const signed = async (
    role: string,
    uriSans: string[],
    more: { dnsSans?: string[]; ttlSeconds?: number } = {},
  ) => {
    const pki = new Pki(scene.controller());
    return pki.sign({ role, csrPem: csr, uriSans, ...more });
  };

  test.each<[string, string, string[], { dnsSans?: string[] }?]>([
    ['of another trust domain', 'skald-worker', ['spiffe://other.local/ns/tenant-a/worker/x']],
    ['of a gateway by the role of workers', 'skald-worker', [`${DOMAIN}/gateway/0`]],
    ['of the operator by the role of workers', 'skald-worker', [`${DOMAIN}/operator`]],
    ['of a tenant’s gateway by the role of workers', 'skald-worker', [`${DOMAIN}/ns/tenant-a/gateway`]],
    ['of a worker by the role of gateways', 'skald-gateway', [`${DOMAIN}/ns/tenant-a/worker/x`]],
    ['of the operator by the role of gateways', 'skald-gateway', [`${DOMAIN}/operator`]],
    ['of a worker by the role of the operator', 'skald-operator', [`${DOMAIN}/ns/tenant-a/worker/x`]],
    ['with another name beside it', 'skald-worker', [`${DOMAIN}/ns/a/worker/x`, `${DOMAIN}/operator`]],
    ['with a DNS name', 'skald-worker', [`${DOMAIN}/ns/a/worker/x`], { dnsSans: ['kubernetes.default.svc'] }],
    [
      'for another Service',
      'skald-gateway',
      [`${DOMAIN}/gateway/0`],
      { dnsSans: ['postgres.skald-system.svc'] },
    ],
  ])('are not signed %s', async (_, role, uris, more) => {
    await expect(signed(role, uris, more)).rejects.toMatchObject({ name: 'VaultError', kind: 'invalid' });
  });

  test('of a worker are for clients only, name what was asked for and no more, and end with the role’s maximum', async () => {
    const uri = `${DOMAIN}/ns/tenant-a/worker/evening-3`;
    // What the request itself asks for does not count: it may come from elsewhere.
    const greedy = await createSigningRequest({
      uris: [`${DOMAIN}/operator`],
      dnsNames: ['kubernetes.default.svc'],
    });
    const pki = new Pki(scene.controller());
    const leaf = await pki.sign({
      role: 'skald-worker',
      csrPem: greedy.csrPem,
      uriSans: [uri],
      ttlSeconds: 365 * 24 * 3600,
    });
    const certificate = new X509Certificate(leaf.certPem);
    expect(certificate.subjectAltName).toBe(`URI:${uri}`);
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
    expect(certificate.ca).toBe(false);
    expect(certificate.checkIssued(new X509Certificate(leaf.caPem))).toBe(true);
    expect(leaf.caPem).toBe(await pki.authorityPem());
    const hours = (leaf.notAfter.getTime() - Date.now()) / 3_600_000;
    expect(hours).toBeGreaterThan(71.9);
    expect(hours).toBeLessThanOrEqual(72);
  });

  test('of a gateway carry the names of its Service', async () => {
    const dnsSans = ['skald-gateway-1.skald-system.svc', 'skald-gateway-1.skald-system.svc.cluster.local'];
    const leaf = await signed('skald-gateway', [`${DOMAIN}/gateway/1`], { dnsSans, ttlSeconds: 3600 });
    expect(new X509Certificate(leaf.certPem).subjectAltName?.split(', ').sort()).toEqual([
      ...dnsSans.map((name) => `DNS:${name}`),
      `URI:${DOMAIN}/gateway/1`,
    ]);
    const own = ['skald-gateway.tenant-a.svc', 'skald-gateway.tenant-a.svc.cluster.local'];
    await expect(
      signed('skald-gateway', [`${DOMAIN}/ns/tenant-a/gateway`], { dnsSans: own }),
    ).resolves.toBeDefined();
  });

  test('of RSA keys are not signed', async () => {
    const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
    const keys = await crypto.subtle.generateKey(
      { ...algorithm, modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) },
      true,
      ['sign', 'verify'],
    );
    const rsa = await Pkcs10CertificateRequestGenerator.create({ keys, signingAlgorithm: algorithm });
    const answer = await scene.vault.ask('POST', 'skald-pki/sign/skald-worker', tokens.operator, {
      csr: rsa.toString('pem'),
      uri_sans: `${DOMAIN}/ns/tenant-a/worker/x`,
    });
    expect(answer.status).toBe(400);
    expect(JSON.stringify(answer.body)).toMatch(/requires keys of type ec/);
  });

  test('are revoked by their serial number, once and again; an unknown one is not found', async () => {
    const pki = new Pki(scene.controller());
    const leaf = await pki.sign({
      role: 'skald-worker',
      csrPem: csr,
      uriSans: [`${DOMAIN}/ns/tenant-a/worker/evening-4`],
    });
    await pki.revoke(leaf.serial);
    await pki.revoke(leaf.serial);
    const stored = (await scene.vault.call('GET', `skald-pki/cert/${colons(leaf.serial)}`)) as {
      data: { revocation_time: number };
    };
    expect(stored.data.revocation_time).toBeGreaterThan(0);
    await expect(pki.revoke('00'.repeat(20))).rejects.toMatchObject({ kind: 'not-found' });
  });

  test('of an intermediate authority come with it, and with the root that peers verify up to', async () => {
    const { vault } = scene;
    const field = async (path: string, body: object, name: string): Promise<string> => {
      const answer = (await vault.call('POST', path, body)) as { data: Record<string, string> };
      return answer.data[name] ?? '';
    };
    await vault.call('POST', 'sys/mounts/company', { type: 'pki', config: { max_lease_ttl: '87600h' } });
    await vault.call('POST', 'sys/mounts/between', { type: 'pki', config: { max_lease_ttl: '8760h' } });
    const root = await field('company/root/generate/internal', { common_name: 'Company' }, 'certificate');
    const request = await field(
      'between/intermediate/generate/internal',
      { common_name: 'Skald of Company', key_type: 'ec', key_bits: 256 },
      'csr',
    );
    const between = await field(
      'company/root/sign-intermediate',
      { csr: request, ttl: '4000h' },
      'certificate',
    );
    await vault.call('POST', 'between/intermediate/set-signed', { certificate: between });
    const results = await scene.runSetup({ pkiMount: 'between' });
    expect(results).toContainEqual({ what: 'certificate authority of between', outcome: 'unchanged' });
    const pki = new Pki(scene.controller({ settings: { pki: { mount: 'between' } } }));
    const wanted = { role: 'skald-worker', csrPem: csr, uriSans: [`${DOMAIN}/ns/a/worker/x`] };
    await expect(pki.sign(wanted)).rejects.toThrow(/intermediate authority without its root/);

    await vault.call('POST', 'between/issuers/import/cert', { pem_bundle: root });
    const leaf = await pki.sign(wanted);
    const [own = '', next = '', ...more] = leaf.certPem.split(/(?<=-----END CERTIFICATE-----\n)/);
    expect(more).toEqual([]);
    expect(new X509Certificate(own).checkIssued(new X509Certificate(next))).toBe(true);
    expect(new X509Certificate(next).checkIssued(new X509Certificate(root))).toBe(true);
    expect(leaf.caPem).toContain(root);
    await scene.runSetup();
  });

  test('while one authority replaces another, both are to be trusted, and the new one signs', async () => {
    const pki = new Pki(scene.controller());
    const before = await pki.authorityPem();
    await scene.vault.call('POST', 'skald-pki/root/rotate/internal', {
      common_name: 'Skald 2',
      issuer_name: 'skald-root-2',
      key_type: 'ec',
      key_bits: 256,
      ttl: '87600h',
    });
    const both = await pki.authorityPem();
    expect(both).toContain(before);
    expect(both.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
    await scene.vault.call('POST', 'skald-pki/root/replace', { default: 'skald-root-2' });
    const leaf = await signed('skald-worker', [`${DOMAIN}/ns/tenant-a/worker/evening-5`]);
    expect(new X509Certificate(leaf.certPem).issuer).toBe('CN=Skald 2');
    expect(leaf.caPem.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
    expect(leaf.certPem.match(/BEGIN CERTIFICATE/g)).toHaveLength(1);
  });
});

describe('logins', () => {
  const token = (namespace: string, name: string, audience = 'vault') =>
    scene.accounts.token(namespace, name, audience);

  test.each<[string, string, () => Promise<string>]>([
    ['a worker’s service account, as any role: skald-bot', 'skald-bot', () => token('tenant-a', 'default')],
    ['a worker’s service account: skald-controller', 'skald-controller', () => token('tenant-a', 'default')],
    ['a gateway’s own service account', 'skald-bot', () => token(SYSTEM, 'skald-gateway-0')],
    ['a dedicated gateway’s own service account', 'skald-bot', () => token('tenant-a', 'skald-gateway')],
    ['a gateway as the operator', 'skald-controller', () => token(SYSTEM, 'skald-gateway-0')],
    ['a tenant’s bot as the operator', 'skald-controller', () => token('tenant-a', 'skald-bot')],
    ['the operator as a bot', 'skald-bot', () => token(SYSTEM, 'skald-controller')],
    [
      'the operator’s name in a tenant’s namespace',
      'skald-controller',
      () => token('tenant-a', 'skald-controller'),
    ],
    ['another name in the operator’s namespace', 'skald-controller', () => token(SYSTEM, 'default')],
    [
      'the audience of the API server',
      'skald-bot',
      () => token('tenant-a', 'skald-bot', 'https://kubernetes.default.svc'),
    ],
    ['a role that does not exist', 'skald-root', () => token(SYSTEM, 'skald-controller')],
    [
      'an expired token',
      'skald-bot',
      async () => scene.accounts.expired(await token('tenant-a', 'skald-bot')),
    ],
    [
      'a token whose namespace was changed',
      'skald-bot',
      async () => forged(await token('tenant-b', 'skald-bot')),
    ],
    [
      'a token of another cluster’s key',
      'skald-bot',
      async () => resigned(await token('tenant-a', 'skald-bot')),
    ],
    ['a token without a signature', 'skald-bot', async () => unsigned(await token('tenant-a', 'skald-bot'))],
    ['no token', 'skald-bot', async () => ''],
  ])('are refused: %s', async (_, role, jwt) => {
    const { status, token: got } = await tryLogin(role, await jwt());
    expect(got).toBeUndefined();
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
  });

  test.each<[string, string, RegExp]>([
    ['skald-bot', 'https://other', /expects another audience/],
    ['skald-controller', 'vault', /does not admit this service account/],
    ['skald-none', 'vault', /no such role/],
  ])('that are refused are explained: role %s, audience %s', async (role, audience, words) => {
    const client = scene.client({ namespace: 'tenant-a', name: 'skald-bot', role, audience });
    const refused = new Transit(client).decrypt('skald-tenant-a', ciphertext);
    await expect(refused).rejects.toMatchObject({ kind: 'denied', message: expect.stringMatching(words) });
  });
});

const success = (status: number) => status >= 200 && status < 300;

function colons(hex: string): string {
  return hex.match(/../g)?.join(':') ?? '';
}

function withClaims(
  token: string,
  change: (claims: Record<string, unknown>) => void,
): [string, string, string] {
  const [header = '', payload = '', signature = ''] = token.split('.');
  const claims: Record<string, unknown> = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
  change(claims);
  return [header, Buffer.from(JSON.stringify(claims)).toString('base64url'), signature];
}

function forged(token: string): string {
  return withClaims(token, (claims) => {
    claims.sub = 'system:serviceaccount:tenant-a:skald-bot';
    claims['kubernetes.io'] = { namespace: 'tenant-a', serviceaccount: { name: 'skald-bot' } };
  }).join('.');
}

function resigned(token: string): string {
  const [header, payload] = withClaims(token, () => {});
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return `${header}.${payload}.${sign('RSA-SHA256', Buffer.from(`${header}.${payload}`), privateKey).toString('base64url')}`;
}

function unsigned(token: string): string {
  const [, payload] = withClaims(token, () => {});
  return `${Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url')}.${payload}.`;
}
