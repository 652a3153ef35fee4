import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { waitUntil } from '../../../hack/process/wait-until.ts';
import { startVault, type VaultServer } from '../../../hack/vault/index.ts';
import {
  ciphertextVersion,
  KeyValue,
  Transit,
  type VaultClient,
  VaultError,
  type VaultErrorKind,
  type VaultSettings,
} from '../../../src/vault/index.ts';
import { VaultScene } from './scene.ts';

let scene: VaultScene;
let running: AbortController;
let operations: string[];
let held: boolean[];

beforeAll(async () => {
  scene = await VaultScene.create({ kubeconfig: inject('kubeconfig'), tls: true });
});
afterAll(() => scene?.close());
beforeEach(() => {
  running = new AbortController();
  operations = [];
  held = [];
});
afterEach(async () => {
  running.abort();
  await tokens({ token_ttl: 3600, token_max_ttl: 86_400 });
});

/** How long the operator's tokens live, seconds. */
function tokens(life: { token_ttl: number; token_max_ttl: number }) {
  return scene.vault.call('POST', 'auth/jwt/role/skald-controller', {
    role_type: 'jwt',
    user_claim: 'sub',
    ...life,
  });
}

function started(settings: Partial<VaultSettings> = {}): VaultClient {
  const client = scene.controller({
    settings,
    observer: {
      request: (operation, outcome) => operations.push(`${operation} ${outcome}`),
      loggedIn: (now) => held.push(now),
    },
  });
  void client.run(running.signal);
  return client;
}

const done = (what: string) => operations.filter((one) => one === what).length;

/** Waits until the operation has ended this many times. */
function times(count: number, what: string): Promise<unknown> {
  return waitUntil(async () => done(what) >= count, {
    what: `${count} times ${what}`,
    deadlineMs: 30_000,
    everyMs: 20,
  });
}

async function kindOf(promise: Promise<unknown>): Promise<VaultErrorKind> {
  const error = await promise.then(
    () => expect.unreachable('it succeeded'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof VaultError)) throw error;
  return error.kind;
}

const encrypt = (client: VaultClient) => new Transit(client).encrypt('skald-a', 'a token');

describe('the token', () => {
  test('of five seconds is renewed and outlives them; no request fails meanwhile', async () => {
    await tokens({ token_ttl: 5, token_max_ttl: 60 });
    const client = started();
    const end = Date.now() + 7_000;
    while (Date.now() < end) await encrypt(client);
    expect(done('auth.renew ok')).toBeGreaterThanOrEqual(2);
    expect({ logins: done('auth.login ok'), held }).toEqual({ logins: 1, held: [true] });
  });

  test('that reaches its maximum is replaced before its end; no request fails meanwhile', async () => {
    await tokens({ token_ttl: 6, token_max_ttl: 9 });
    const client = started();
    const requests = (async () => {
      while (done('auth.login ok') < 3) await encrypt(client);
    })();
    await times(3, 'auth.login ok');
    await requests;
    expect(held).toEqual([true]);
    expect(operations.filter((one) => one.endsWith(' denied'))).toEqual([]);
  });

  test('that is revoked under us is replaced within the request that finds out', async () => {
    const client = started();
    await encrypt(client);
    await scene.vault.call('POST', 'sys/leases/revoke-force/auth/jwt/login');
    await encrypt(client);
    expect(operations).toEqual([
      'auth.login ok',
      'transit.encrypt ok',
      'transit.encrypt denied',
      'auth.login ok',
      'transit.encrypt ok',
    ]);
  });

  test('is given back at the end', async () => {
    const client = started();
    await encrypt(client);
    const accessors = async () =>
      ((await scene.vault.call('LIST', 'auth/token/accessors')) as { data: { keys: string[] } }).data.keys
        .length;
    const before = await accessors();
    await client.close();
    expect(await accessors()).toBe(before - 1);
  });
});

describe('Vault is away', () => {
  test('sealed: requests say so; unsealed: the same token goes on', async () => {
    const client = started();
    await encrypt(client);
    await scene.vault.seal();
    expect(await client.health()).toBe('sealed');
    expect(await kindOf(encrypt(client))).toBe('sealed');
    await scene.vault.unseal();
    expect(await client.health()).toBe('active');
    await encrypt(client);
    expect(done('auth.login ok')).toBe(1);
  });

  test('restarted: unreachable, then sealed, then the same token goes on', async () => {
    const client = started();
    await encrypt(client);
    await scene.vault.kill();
    expect(await client.health()).toBe('unreachable');
    expect(await kindOf(encrypt(client))).toBe('unreachable');
    await scene.vault.restart();
    expect(await kindOf(encrypt(client))).toBe('sealed');
    await scene.vault.unseal();
    await encrypt(client);
    expect(done('auth.login ok')).toBe(1);
  });

  test('longer than the token lives: nobody is there to log in, then one is made without being asked', async () => {
    await tokens({ token_ttl: 2, token_max_ttl: 60 });
    const client = started();
    await encrypt(client);
    await scene.vault.seal();
    await times(1, 'auth.login sealed');
    expect(client.loggedIn).toBe(false);
    expect(client.problem?.kind).toBe('sealed');
    await scene.vault.unseal();
    await times(2, 'auth.login ok');
    expect(client.problem).toBeUndefined();
    expect(held).toEqual([true, false, true]);
    await encrypt(client);
  });
});

describe('the connection', () => {
  let other: VaultServer | undefined;
  afterEach(() => other?.stop());

  test('to a server of another CA is refused before anything is sent', async () => {
    other = await startVault({ tls: true });
    const client = started({ address: other.address });
    const error = await encrypt(client).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ kind: 'unreachable', status: undefined });
    expect(String(error)).toMatch(/its certificate is not trusted/);
  });

  test('to a CA file that is not there says which', async () => {
    const error = await encrypt(started({ caFile: '/nowhere/ca.crt' })).catch((reason: unknown) => reason);
    expect(String(error)).toContain('/nowhere/ca.crt cannot be read (ENOENT)');
  });

  test('a namespace does no harm at the community edition, which has none and ignores it', async () => {
    await expect(encrypt(started({ namespace: 'team-a' }))).resolves.toMatch(/^vault:v1:/);
  });

  test('ends with the caller’s signal', async () => {
    const client = started();
    await encrypt(client);
    const reason = new Error('enough');
    await expect(new Transit(client).encrypt('skald-a', 'x', AbortSignal.abort(reason))).rejects.toBe(reason);
  });
});

describe('Transit', () => {
  test('a rotated key: new texts and rewrapped ones have the new version, old ones can still be read', async () => {
    const operator = new Transit(started());
    const reader = new Transit(scene.bot('rotated'));
    await expect(kindOf(operator.latestVersion('skald-rotated'))).resolves.toBe('not-found');
    const first = await operator.encrypt('skald-rotated', 'Grüße, 🐉');
    expect([ciphertextVersion(first), await operator.latestVersion('skald-rotated')]).toEqual([1, 1]);
    await scene.vault.call('POST', 'transit/keys/skald-rotated/rotate');
    expect(await operator.latestVersion('skald-rotated')).toBe(2);
    const second = await operator.rewrap('skald-rotated', first);
    expect(ciphertextVersion(second)).toBe(2);
    expect(await reader.decrypt('skald-rotated', first)).toBe('Grüße, 🐉');
    expect(await reader.decrypt('skald-rotated', second)).toBe('Grüße, 🐉');
    await scene.vault.call('POST', 'transit/keys/skald-rotated/config', { min_decryption_version: 2 });
    const error = await reader.decrypt('skald-rotated', first).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ kind: 'invalid' });
    expect(String(error)).toMatch(/oldest allowed version/);
  });

  test('what was tampered with, is another key’s, or is no ciphertext, is told apart from an outage', async () => {
    const operator = new Transit(started());
    const text = await operator.encrypt('skald-tampered', 'a token');
    await operator.encrypt('skald-other', 'another');
    const flipped = `${text.slice(0, -6)}${text.at(-6) === 'A' ? 'B' : 'A'}${text.slice(-5)}`;
    const [own, other] = [new Transit(scene.bot('tampered')), new Transit(scene.bot('other'))];
    expect(await kindOf(own.decrypt('skald-tampered', flipped))).toBe('invalid');
    expect(await kindOf(other.decrypt('skald-other', text))).toBe('invalid');
    expect(await kindOf(own.decrypt('skald-tampered', 'a plain token'))).toBe('invalid');
  });
});

describe('KV', () => {
  test('a secret is read with its version; a deleted one and a missing key are not found', async () => {
    const kv = new KeyValue(started());
    const path = kv.tenantPath('skald-demo', 'providers', 'speech');
    expect(path).toBe('skald/skald-demo/providers/speech');
    await scene.vault.call('POST', `secret/data/${path}`, { data: { key: 'one' } });
    expect(await kv.read(path, 'key')).toEqual({ value: 'one', version: 1 });
    await scene.vault.call('POST', `secret/data/${path}`, { data: { key: 'two' } });
    expect(await kv.read(path, 'key')).toEqual({ value: 'two', version: 2 });
    expect(await kindOf(kv.read(path, 'other'))).toBe('not-found');
    await scene.vault.call('DELETE', `secret/data/${path}`);
    expect(await kindOf(kv.read(path, 'key'))).toBe('not-found');
  });

  test('another engine’s secret comes with its lease', async () => {
    await scene.vault.call('POST', 'sys/mounts/leased', { type: 'kv', options: { version: '1' } });
    await scene.vault.call('POST', 'leased/speech', { key: 'short-lived', ttl: '7s' });
    await scene.vault.call('POST', 'sys/policies/acl/leased', {
      policy: 'path "leased/*" { capabilities = ["read"] }',
    });
    await scene.vault.call('POST', 'auth/jwt/role/leased', {
      role_type: 'jwt',
      user_claim: 'sub',
      bound_audiences: ['vault'],
      token_policies: ['leased'],
    });
    const kv = new KeyValue(
      scene.client({ namespace: 'skald-system', name: 'skald-controller', role: 'leased' }),
    );
    expect(await kv.readFrom('leased/speech', 'key')).toEqual({ value: 'short-lived', leaseSeconds: 7 });
  });

  test.each(['../other/discord', 'a//b', '', 'a/./b', '%2e%2e', 'a b', 'x/*', '+'])(
    'the path "%s" from a manifest leads nowhere',
    (path) => {
      const kv = new KeyValue(scene.controller());
      expect(() => kv.tenantPath('skald-demo', 'providers', path)).toThrow(VaultError);
    },
  );
});

test('no token of Kubernetes or Vault, and no plaintext, is in what the clients logged', () => {
  const logged = JSON.stringify(scene.logged);
  expect(scene.logged.length).toBeGreaterThan(5);
  expect(logged).not.toMatch(/eyJ|hvs\.|hvb\.|a token/);
});
