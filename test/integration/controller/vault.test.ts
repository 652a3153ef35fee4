// The operator with a real Vault: bot tokens are encrypted where they lie, and providers' keys are copied to where
// workers mount them.
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import { campaigns, tenants } from '../../../controller/resources.ts';
import { findCondition } from '../../../src/api/conditions.ts';
import { BOT_TOKEN_SECRET, PROVIDER_KEYS_SECRET } from '../../../src/api/index.ts';
import { events, type Live, type Secret, secrets, serviceAccounts } from '../../../src/kube/index.ts';
import { Transit, transitKeyOf, type VaultClient } from '../../../src/vault/index.ts';
import { VaultScene } from '../vault/scene.ts';
import { unique, World } from './world.ts';

const TOKEN = 'MTIz.GhIjKl.abcdefghijklmnopqrstuvwxyz0123456789';
const b64 = (text: string): string => Buffer.from(text).toString('base64');
const textOf = (secret: Live<Secret> | undefined, key: string): string =>
  Buffer.from(secret?.data?.[key] ?? '', 'base64').toString('utf8');

let world: World;
let scene: VaultScene;
let operatorsVault: VaultClient;

beforeAll(async () => {
  const kubeconfig = inject('kubeconfig');
  world = await World.create({
    kubeconfig,
    env: { SKALD_VAULT_REFRESH_KEY_VERSION_SECONDS: '0.3', SKALD_VAULT_REFRESH_SECRET_SECONDS: '0.3' },
  });
  scene = await VaultScene.create({ kubeconfig, setup: { systemNamespace: world.systemNamespace } });
  operatorsVault = scene.controller();
  world.vault = operatorsVault;
  await world.start();
}, 180_000);

afterAll(async () => {
  await world?.[Symbol.asyncDispose]();
  await scene?.close();
});

afterEach(() => {
  beforeWrite = undefined;
});

/** Runs between the operator's read of a token and its write. */
let beforeWrite: (() => Promise<void>) | undefined;

beforeAll(() => {
  const request = operatorsVault.request.bind(operatorsVault);
  operatorsVault.request = async (one) => {
    const answer = await request(one);
    if (one.operation === 'transit.encrypt' && beforeWrite !== undefined) {
      const hook = beforeWrite;
      beforeWrite = undefined;
      await hook();
    }
    return answer;
  };
});

async function tenantWithNamespace(spec: object = {}): Promise<{ name: string; namespace: string }> {
  const name = unique('vault');
  await world.tenant(name, spec);
  await world.ready(tenants, { name });
  return { name, namespace: `skald-${name}` };
}

async function writeToken(namespace: string, secret: Partial<Secret>, manager = 'test'): Promise<void> {
  const metadata = { namespace, name: BOT_TOKEN_SECRET, ...secret.metadata };
  await world.admin.apply(
    secrets,
    { apiVersion: 'v1', kind: 'Secret', ...secret, metadata },
    { fieldManager: manager, force: true },
  );
}

async function sealed(namespace: string, key = 'token', version = 1): Promise<Live<Secret>> {
  const secret = await world.until(secrets, { namespace, name: BOT_TOKEN_SECRET }, (one) =>
    textOf(one, key).startsWith(`vault:v${version}:`),
  );
  if (secret === undefined) throw new Error('there is no Secret');
  return secret;
}

const condition = (name: string, type: string, holds: (one: { status: string; reason: string }) => boolean) =>
  world
    .until(tenants, { name }, (tenant) => {
      const one = findCondition(tenant?.status?.conditions, type);
      return one !== undefined && holds(one);
    })
    .then((tenant) => findCondition(tenant?.status?.conditions, type));

async function eventOf(name: string, reason: string): Promise<string> {
  const deadline = performance.now() + 40_000;
  for (;;) {
    const all = await world.admin.listAll(events, { namespace: 'default' });
    const found = all.find((one) => one.regarding.name === name && one.reason === reason);
    if (found !== undefined) return found.note ?? '';
    if (performance.now() > deadline) throw new Error(`there is no Event ${reason} of ${name}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const decrypted = (namespace: string, ciphertext: string): Promise<string> =>
  new Transit(scene.bot(namespace)).decrypt(transitKeyOf(namespace), ciphertext);

describe('a plaintext bot token', () => {
  test('is encrypted where it lies: the one key, and every copy of it', async () => {
    const { name, namespace } = await tenantWithNamespace();
    const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';
    const manifest = { apiVersion: 'v1', kind: 'Secret', stringData: { token: TOKEN, other: 'kept' } };
    const annotations = { [LAST_APPLIED]: JSON.stringify(manifest), note: 'kept' };
    await writeToken(namespace, {
      metadata: { annotations, labels: { team: 'red' } },
      data: { token: b64(`${TOKEN}\n`), other: b64('kept') },
    });
    const secret = await sealed(namespace);
    expect(await decrypted(namespace, textOf(secret, 'token'))).toBe(TOKEN);
    expect(textOf(secret, 'other')).toBe('kept');
    expect(secret.metadata).toMatchObject({ labels: { team: 'red' }, annotations: { note: 'kept' } });
    // Nowhere in the object, managedFields included, in no spelling.
    const whole = JSON.stringify(secret);
    for (const mark of [TOKEN, b64(TOKEN), b64(`${TOKEN}\n`)]) expect(whole).not.toContain(mark);
    expect(await condition(name, 'TokenEncrypted', ({ status }) => status === 'True')).toMatchObject({
      reason: 'TokenEncrypted',
      message: expect.stringContaining(`version 1 of the Transit key skald-${namespace}`),
    });
    const note = await eventOf(name, 'TokenEncrypted');
    expect(note).toContain(LAST_APPLIED);
    expect(note).not.toContain(TOKEN);
  });

  test('that somebody replaces at that very moment is not lost', async () => {
    const { namespace } = await tenantWithNamespace();
    const newer = `${TOKEN}-newer`;
    beforeWrite = () => writeToken(namespace, { data: { token: b64(newer) } });
    await writeToken(namespace, { data: { token: b64(TOKEN) } });
    const secret = await sealed(namespace);
    expect(beforeWrite).toBeUndefined();
    expect(await decrypted(namespace, textOf(secret, 'token'))).toBe(newer);
  });

  test('under the key that the Tenant names, and no other', async () => {
    const { namespace } = await tenantWithNamespace({
      discord: {
        applicationId: String(400_000_000_000_000_000n + BigInt(Date.now())),
        guilds: ['100000000000000001'],
        botTokenSecretRef: { key: 'discord' },
      },
    });
    await writeToken(namespace, { data: { discord: b64(TOKEN), token: b64('something else') } });
    const secret = await sealed(namespace, 'discord');
    expect(textOf(secret, 'token')).toBe('something else');
  });

  test('in an immutable Secret cannot be, and that is said', async () => {
    const { name, namespace } = await tenantWithNamespace();
    await writeToken(namespace, { immutable: true, data: { token: b64(TOKEN) } });
    const one = await condition(name, 'TokenEncrypted', ({ reason }) => reason === 'TokenSecretImmutable');
    expect(one?.status).toBe('False');
  });

  test('that comes back by the same hand is encrypted again, with a hint whose it is', async () => {
    const { name, namespace } = await tenantWithNamespace();
    await writeToken(namespace, { data: { token: b64(TOKEN) } }, 'argocd-controller');
    await sealed(namespace);
    await writeToken(namespace, { data: { token: b64(TOKEN) } }, 'argocd-controller');
    const note = await eventOf(name, 'PlaintextReturned');
    expect(note).toContain('Field manager argocd-controller');
    await sealed(namespace);
    // Another token is no drift: somebody has rotated it.
    await writeToken(namespace, { data: { token: b64(`${TOKEN}-2`) } }, 'argocd-controller');
    const secret = await sealed(namespace);
    expect(await decrypted(namespace, textOf(secret, 'token'))).toBe(`${TOKEN}-2`);
  });
});

test('a tenant has the identity that its gateway logs in as, and nothing runs as it', async () => {
  const { namespace } = await tenantWithNamespace();
  const account = { namespace, name: 'skald-bot' };
  expect(await world.admin.get(serviceAccounts, account)).toMatchObject({
    automountServiceAccountToken: false,
  });
  await world.admin.delete(serviceAccounts, account);
  await world.until(serviceAccounts, account, (one) => one !== undefined);
});

test('a rotated key: the token is wrapped anew, and stays the same', async () => {
  const { name, namespace } = await tenantWithNamespace();
  await writeToken(namespace, { data: { token: b64(TOKEN) } });
  await sealed(namespace);
  await scene.vault.call('POST', `transit/keys/${transitKeyOf(namespace)}/rotate`);
  const secret = await sealed(namespace, 'token', 2);
  expect(await decrypted(namespace, textOf(secret, 'token'))).toBe(TOKEN);
  expect(await eventOf(name, 'TokenRewrapped')).toContain('version 2');
  const one = await condition(name, 'TokenEncrypted', () => true);
  expect(one?.status).toBe('True');
});

test('while Vault is sealed a plaintext token waits, and an encrypted one stays as it is', async () => {
  const before = await tenantWithNamespace();
  const after = await tenantWithNamespace();
  await writeToken(before.namespace, { data: { token: b64(TOKEN) } });
  await sealed(before.namespace);
  await condition(before.name, 'TokenEncrypted', ({ status }) => status === 'True');
  await scene.vault.seal();
  try {
    await writeToken(after.namespace, { data: { token: b64(TOKEN) } });
    const one = await condition(after.name, 'TokenEncrypted', ({ reason }) => reason === 'VaultUnavailable');
    expect(one).toMatchObject({ status: 'False', message: expect.stringContaining('sealed') });
    // A Tenant is no less Ready for it: its bot can connect with the plaintext.
    await world.ready(tenants, { name: after.name });
    const kept = await condition(before.name, 'TokenEncrypted', () => true);
    expect(kept?.status).toBe('True');
  } finally {
    await scene.vault.unseal();
  }
  const unsealed = performance.now();
  await sealed(after.namespace);
  expect(performance.now() - unsealed).toBeLessThan(20_000);
}, 60_000);

describe('provider keys in Vault', () => {
  const ref = (namespace: string, path = 'llm', key = 'api-key') => ({
    path: `secret/data/skald/${namespace}/providers/${path}`,
    key,
  });
  const put = (namespace: string, path: string, data: object) =>
    scene.vault.call('POST', `secret/data/skald/${namespace}/providers/${path}`, { data });
  const keysOf = async (namespace: string, holds: (values: string[]) => boolean) => {
    const values = (secret: Live<Secret> | undefined) =>
      Object.keys(secret?.data ?? {}).map((key) => textOf(secret, key));
    const secret = await world.until(secrets, { namespace, name: PROVIDER_KEYS_SECRET }, (one) =>
      holds(values(one)),
    );
    return values(secret);
  };
  const reasonOf = async (namespace: string, reason: string) => {
    const campaign = await world.until(campaigns, { namespace, name: 'curse' }, (one) =>
      (one?.status?.conditions ?? []).some((condition) => condition.reason === reason),
    );
    return findCondition(campaign?.status?.conditions, 'Ready')?.message;
  };

  test('are copied, followed when they change, and put back when somebody edits the copy', async () => {
    const name = unique('vault');
    const namespace = `skald-${name}`;
    await put(namespace, 'llm', { 'api-key': 'sk-one' });
    await world.tenant(name, {
      providers: { llm: { kind: 'openai', baseURL: 'https://a.example/', vault: ref(namespace) } },
    });
    await world.ready(tenants, { name });
    expect(await keysOf(namespace, (values) => values.length > 0)).toEqual(['sk-one']);
    await condition(name, 'ProviderKeysReady', ({ status }) => status === 'True');
    await world.campaign(namespace);
    await world.ready(campaigns, { namespace, name: 'curse' });
    await put(namespace, 'llm', { 'api-key': 'sk-two' });
    await keysOf(namespace, (values) => values.includes('sk-two'));
    const [key = ''] = Object.keys(
      (await world.admin.get(secrets, { namespace, name: PROVIDER_KEYS_SECRET })).data ?? {},
    );
    const edit = { merge: { data: { [key]: b64('sk-mine'), more: b64('x') } } };
    await world.admin.patch(secrets, { namespace, name: PROVIDER_KEYS_SECRET }, edit);
    expect(await keysOf(namespace, (values) => values.includes('sk-two'))).toEqual(['sk-two']);
    await world.admin.delete(secrets, { namespace, name: PROVIDER_KEYS_SECRET });
    await keysOf(namespace, (values) => values.includes('sk-two'));
    // Nobody names it any more.
    await world.admin.patch(tenants, { name }, { merge: { spec: { providers: { llm: { vault: null } } } } });
    await world.until(secrets, { namespace, name: PROVIDER_KEYS_SECRET }, (one) => one === undefined);
    await condition(name, 'ProviderKeysReady', ({ reason }) => reason === 'NoKeysInVault');
  });

  test('stay while Vault is away', async () => {
    const name = unique('vault');
    const namespace = `skald-${name}`;
    await put(namespace, 'llm', { 'api-key': 'sk-one' });
    await world.tenant(name, { providers: { llm: { kind: 'openai', vault: ref(namespace) } } });
    await keysOf(namespace, (values) => values.includes('sk-one'));
    await world.ready(tenants, { name });
    await world.campaign(namespace);
    await world.ready(campaigns, { namespace, name: 'curse' });
    await scene.vault.seal();
    try {
      await condition(name, 'ProviderKeysReady', ({ status }) => status === 'True');
      // A Campaign that needs another key now says why it cannot have it.
      const spec = { providers: { stt: { model: 'm', vault: ref(namespace, 'stt') } } };
      await world.admin.patch(campaigns, { namespace, name: 'curse' }, { merge: { spec } });
      expect(await reasonOf(namespace, 'VaultUnavailable')).toContain('sealed');
      expect(await keysOf(namespace, () => true)).toEqual(['sk-one']);
    } finally {
      await scene.vault.unseal();
    }
    expect(await reasonOf(namespace, 'VaultSecretMissing')).toContain('providers.stt');
    await put(namespace, 'stt', { 'api-key': 'sk-stt' });
    await world.ready(campaigns, { namespace, name: 'curse' });
    expect((await keysOf(namespace, (values) => values.length === 2)).sort()).toEqual(['sk-one', 'sk-stt']);
  }, 60_000);

  test('of another tenant are refused, and the answer names what is allowed', async () => {
    const { name, namespace } = await tenantWithNamespace();
    const other = await tenantWithNamespace();
    await put(other.namespace, 'llm', { 'api-key': 'sk-theirs' });
    await world.campaign(namespace, 'curse', { providers: { llm: { vault: ref(other.namespace) } } });
    const allowed = `below secret/data/skald/${namespace}/providers/`;
    expect(await reasonOf(namespace, 'VaultPathNotAllowed')).toContain(allowed);
    await world.admin.patch(
      tenants,
      { name },
      {
        merge: { spec: { providers: { llm: { vault: ref(other.namespace) } } } },
      },
    );
    const one = await condition(name, 'ProviderKeysReady', ({ reason }) => reason === 'VaultPathNotAllowed');
    expect(one?.message).toContain(allowed);
    expect(await world.admin.find(secrets, { namespace, name: PROVIDER_KEYS_SECRET })).toBeUndefined();
  });

  test('reach the worker as any key does: a file from a Secret', async () => {
    const name = unique('vault');
    const namespace = `skald-${name}`;
    await put(namespace, 'llm', { 'api-key': 'sk-one' });
    await world.tenant(name, {
      providers: { llm: { kind: 'openai', baseURL: 'https://a.example/', vault: ref(namespace) } },
    });
    await world.ready(tenants, { name });
    await world.campaign(namespace);
    await world.ready(campaigns, { namespace, name: 'curse' });
    await world.session(namespace, 'evening');
    const job = await world.job(namespace, await world.phase(namespace, 'evening', 'Provisioning'));
    const secret = await world.admin.get(secrets, { namespace, name: PROVIDER_KEYS_SECRET });
    const [key] = Object.keys(secret.data ?? {});
    const pod = JSON.stringify(job.spec?.template.spec);
    expect(pod).toContain(
      JSON.stringify({ secret: { name: PROVIDER_KEYS_SECRET, items: [{ key, path: 'llm' }] } }),
    );
    expect(pod).not.toContain('sk-one');
    await world.stopSession(namespace, 'evening');
  });
});

test('without Vault: ciphertext cannot be used, plaintext can, and the condition says which it is', async () => {
  // Two operators would both have the tenant.
  await world.stop();
  await using plain = await World.create({ kubeconfig: inject('kubeconfig') });
  await plain.start();
  const name = unique('novault');
  const namespace = `skald-${name}`;
  await plain.tenant(name);
  await plain.ready(tenants, { name });
  const says = async (text: string) => {
    const tenant = await plain.until(tenants, { name }, (one) =>
      (findCondition(one?.status?.conditions, 'TokenEncrypted')?.message ?? '').includes(text),
    );
    return findCondition(tenant?.status?.conditions, 'TokenEncrypted');
  };
  const metadata = { namespace, name: BOT_TOKEN_SECRET };
  await plain.admin.create(secrets, { metadata, data: { token: b64(TOKEN) } });
  expect(await says('plaintext in its Secret')).toMatchObject({
    status: 'False',
    reason: 'VaultNotConfigured',
  });
  await plain.admin.patch(secrets, metadata, { merge: { data: { token: b64('vault:v1:c2VhbGVk') } } });
  expect(await says('Vault’s ciphertext')).toMatchObject({ status: 'False', reason: 'VaultNotConfigured' });
  await plain.campaign(namespace, 'curse', { providers: { llm: { vault: { path: 'a', key: 'b' } } } });
  const campaign = await plain.until(campaigns, { namespace, name: 'curse' }, (one) =>
    (one?.status?.conditions ?? []).some(({ reason }) => reason === 'VaultNotConfigured'),
  );
  expect(campaign?.status?.conditions?.[0]?.status).toBe('False');
});
