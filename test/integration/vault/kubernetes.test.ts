/**
 * The auth method `kubernetes`, the real one: Vault asks the real API server about each token. What identities may do
 * is in rights.test.ts; here it is that they are who they are by this way, too.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { SETUP_DEFAULTS } from '../../../cli/vault/defaults.ts';
import { type VaultSetupFlags, vaultSetupMain } from '../../../cli/vault/main.ts';
import { waitUntil } from '../../../hack/process/wait-until.ts';
import { startVault, type VaultServer } from '../../../hack/vault/index.ts';
import { ServiceAccounts } from './tokens.ts';

let vault: VaultServer;
let accounts: ServiceAccounts;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skald-vault-kubernetes-'));
  accounts = await ServiceAccounts.of(inject('kubeconfig'));
  vault = await startVault({ kubernetesAuth: true });
  await writeFile(join(folder, 'ca.crt'), accounts.caPem);
  await writeFile(join(folder, 'reviewer.jwt'), await accounts.tokenReviewer('vault-system', 'vault'), {
    mode: 0o600,
  });
});
afterAll(async () => {
  await vault?.stop();
  accounts?.close();
  await rm(folder, { recursive: true, force: true });
});

async function setup(flags: Partial<VaultSetupFlags> = {}) {
  let [stdout, stderr] = ['', ''];
  const code = await vaultSetupMain({ ...SETUP_DEFAULTS, address: vault.address, ...flags }, undefined, {
    env: { VAULT_TOKEN: vault.rootToken },
    home: folder,
    readFile: (path) => readFile(path, 'utf8'),
    stdout: (text) => {
      stdout += text;
    },
    stderr: (text) => {
      stderr += text;
    },
  });
  return { code, stdout, stderr };
}

const cluster = () => ({
  kubernetesHost: accounts.server,
  kubernetesCaFile: join(folder, 'ca.crt'),
  tokenReviewerJwtFile: join(folder, 'reviewer.jwt'),
});

async function login(role: string, jwt: string): Promise<string | undefined> {
  const { body } = await vault.ask('POST', 'auth/kubernetes/login', undefined, { role, jwt });
  return (body as { auth?: { client_token?: string } } | undefined)?.auth?.client_token;
}

test('setup asks for the cluster first, then makes everything and finds it as it was', async () => {
  const nothing = await setup();
  expect(nothing.code).toBe(1);
  expect(nothing.stderr).toMatch(/does not know the cluster yet: give --kubernetes-host/);
  expect(await setup(cluster())).toMatchObject({ code: 0, stderr: '' });
  expect((await setup()).stdout).toMatch(/\n0 created, 0 changed, 13 unchanged\n$/);
  const { kubernetesHost, kubernetesCaFile } = cluster();
  expect((await setup({ kubernetesHost, kubernetesCaFile })).stdout).toMatch(
    /0 created, 0 changed, 14 unchanged/,
  );
});

test('a change that would take the reviewer’s token away is refused, with it the change is made', async () => {
  const other = { kubernetesHost: accounts.server.replace('127.0.0.1', 'localhost') };
  const refused = await setup(other);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toMatch(/has a token_reviewer_jwt, which a change would take away/);
  expect((await setup({ ...cluster(), ...other })).code).toBe(0);
  expect(await vault.call('GET', 'auth/kubernetes/config')).toMatchObject({
    data: { ...{ kubernetes_host: other.kubernetesHost }, token_reviewer_jwt_set: true },
  });
  expect((await setup(cluster())).code).toBe(0);
});

test('the printed commands do not hold the reviewer’s token', async () => {
  const { stdout } = await setup({ ...cluster(), print: true });
  expect(stdout).toContain('token_reviewer_jwt=@token_reviewer_jwt');
  expect(stdout).not.toContain(await readFile(join(folder, 'reviewer.jwt'), 'utf8'));
});

test('the operator encrypts and does not decrypt; each tenant’s bot decrypts its own and no other', async () => {
  const operator = await login(
    'skald-controller',
    await accounts.token('skald-system', 'skald-controller', 'vault'),
  );
  const ciphertext: Record<string, unknown> = {};
  for (const namespace of ['kube-a', 'kube-b']) {
    const { status, body } = await vault.ask('POST', `transit/encrypt/skald-${namespace}`, operator, {
      plaintext: 'eA==',
    });
    expect(status).toBe(200);
    ciphertext[namespace] = (body as { data: { ciphertext: string } }).data.ciphertext;
  }
  const bot = await login('skald-bot', await accounts.token('kube-a', 'skald-bot', 'vault'));
  const decrypt = async (namespace: string, token: string | undefined) =>
    (
      await vault.ask('POST', `transit/decrypt/skald-${namespace}`, token, {
        ciphertext: ciphertext[namespace],
      })
    ).status;
  expect(await decrypt('kube-a', operator)).toBe(403);
  expect(await decrypt('kube-a', bot)).toBe(200);
  expect(await decrypt('kube-b', bot)).toBe(403);
});

test.each<[string, string, () => Promise<string>]>([
  ['a worker’s service account', 'skald-bot', () => accounts.token('kube-a', 'default', 'vault')],
  ['a gateway’s own', 'skald-bot', () => accounts.token('skald-system', 'skald-gateway-0', 'vault')],
  [
    'a tenant’s bot as the operator',
    'skald-controller',
    () => accounts.token('kube-a', 'skald-bot', 'vault'),
  ],
  [
    'the operator’s name elsewhere',
    'skald-controller',
    () => accounts.token('kube-a', 'skald-controller', 'vault'),
  ],
  [
    'another audience',
    'skald-bot',
    () => accounts.token('kube-a', 'skald-bot', 'https://kubernetes.default.svc'),
  ],
  [
    'an expired one',
    'skald-bot',
    async () => accounts.expired(await accounts.token('kube-a', 'skald-bot', 'vault')),
  ],
])('a login is refused: %s', async (_, role, jwt) => {
  expect(await login(role, await jwt())).toBeUndefined();
});

test('a deleted service account’s token does not log in any more: Vault asks the API server', async () => {
  const jwt = await accounts.token('kube-gone', 'skald-bot', 'vault');
  expect(await login('skald-bot', jwt)).toBeDefined();
  await accounts.remove('kube-gone', 'skald-bot');
  // The API server remembers for ten seconds that it found a token good.
  await waitUntil(async () => (await login('skald-bot', jwt)) === undefined, {
    what: 'the login to be refused',
    deadlineMs: 30_000,
    everyMs: 250,
  });
});
