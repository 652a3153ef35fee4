import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { SETUP_DEFAULTS } from '../../../cli/vault/defaults.ts';
import { type VaultSetupFlags, vaultSetupMain } from '../../../cli/vault/main.ts';
import { ensureTools } from '../../../hack/tools/index.ts';
import { startVault, type VaultServer } from '../../../hack/vault/index.ts';
import { ServiceAccounts } from './tokens.ts';

let vault: VaultServer;
let folder: string;
let keyFile: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skald-vault-setup-'));
  keyFile = join(folder, 'sa.pub');
  const accounts = await ServiceAccounts.of(inject('kubeconfig'));
  await writeFile(keyFile, (await accounts.publicKeys()).join('\n'));
  accounts.close();
  vault = await startVault();
});
afterAll(async () => {
  await vault?.stop();
  await rm(folder, { recursive: true, force: true });
});

async function run(
  flags: Partial<VaultSetupFlags> = {},
  on: VaultServer = vault,
  env: Record<string, string> = { VAULT_TOKEN: on.rootToken },
) {
  let [stdout, stderr] = ['', ''];
  const code = await vaultSetupMain(
    {
      ...SETUP_DEFAULTS,
      authType: 'jwt',
      jwtPublicKey: [keyFile],
      address: on.address,
      ...flags,
    },
    undefined,
    {
      env,
      home: folder,
      readFile: (path) => readFile(path, 'utf8'),
      stdout: (text) => {
        stdout += text;
      },
      stderr: (text) => {
        stderr += text;
      },
    },
  );
  return { code, stdout, stderr };
}

describe('skald vault setup', () => {
  test('a dry run writes nothing, says what it would do, and ends with 3', async () => {
    const before = JSON.stringify(await vault.call('GET', 'sys/mounts'));
    const { code, stdout } = await run({ dryRun: true });
    expect(code).toBe(3);
    expect(stdout).toContain('created   secrets engine transit/ (transit)\n');
    expect(stdout).toMatch(
      /Dry run, nothing was written\. It would be: 14 created, 0 changed, 0 unchanged\n$/,
    );
    expect(JSON.parse(before).data).toEqual(
      ((await vault.call('GET', 'sys/mounts')) as { data: unknown }).data,
    );
  });

  test('makes everything, and the second time changes nothing', async () => {
    const first = await run({ tenantNamespace: ['skald-demo'] });
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(first.stdout).toContain('created   policy skald-bot\n');
    const second = await run({ tenantNamespace: ['skald-demo'] });
    expect(second.stdout).toMatch(/^(unchanged .*\n)+0 created, 0 changed, 15 unchanged\n$/);
    expect((await run({ dryRun: true })).code).toBe(0);
  });

  test('puts right what somebody changed, says which parameters, and leaves the authority alone', async () => {
    const authority = await vault.call('GET', 'skald-pki/cert/ca');
    await vault.call('POST', 'sys/policies/acl/skald-bot', {
      policy: 'path "*" { capabilities = ["sudo"] }',
    });
    await vault.call('POST', 'skald-pki/roles/skald-worker', { allow_any_name: true, server_flag: true });
    await vault.call('POST', 'auth/jwt/role/skald-controller', {
      role_type: 'jwt',
      user_claim: 'sub',
      bound_subject: 'system:serviceaccount:default:default',
      token_policies: 'skald-controller,root-like',
    });
    const { code, stdout } = await run({ json: true });
    expect(code).toBe(0);
    const changed = JSON.parse(stdout).objects.filter(
      (one: { outcome: string }) => one.outcome !== 'unchanged',
    );
    expect(changed).toEqual([
      { what: 'policy skald-bot', outcome: 'changed', differences: ['policy'] },
      {
        what: 'auth role skald-controller',
        outcome: 'changed',
        differences: expect.arrayContaining(['bound_subject', 'token_policies']),
      },
      {
        what: 'PKI role skald-worker',
        outcome: 'changed',
        differences: expect.arrayContaining(['allow_any_name', 'server_flag']),
      },
    ]);
    expect((await run()).stdout).toContain('0 created, 0 changed');
    expect(await vault.call('GET', 'skald-pki/cert/ca')).toMatchObject({
      data: { certificate: (authority as { data: { certificate: string } }).data.certificate },
    });
  });

  test('another source of keys takes the place of the one before, and tokens are verified with it', async () => {
    const accounts = await ServiceAccounts.of(inject('kubeconfig'));
    const keys = await accounts.jwks();
    const jwks = createServer((_, response) => {
      response.setHeader('content-type', 'application/jwk-set+json');
      response.end(JSON.stringify(keys));
    });
    try {
      jwks.listen(0, '127.0.0.1');
      await once(jwks, 'listening');
      const address = jwks.address();
      const port = typeof address === 'object' ? address?.port : undefined;
      const changed = await run({ jwtPublicKey: [], jwksUrl: `http://127.0.0.1:${port}/openid/v1/jwks` });
      expect(changed).toMatchObject({ code: 0, stderr: '' });
      expect(changed.stdout).toContain(
        'changed   configuration of auth method jwt (jwks_url, jwt_validation_pubkeys)\n',
      );
      const jwt = await accounts.token('skald-demo', 'skald-bot', 'vault');
      expect((await vault.ask('POST', 'auth/jwt/login', undefined, { role: 'skald-bot', jwt })).status).toBe(
        200,
      );
      expect((await run()).stdout).toContain('changed   configuration of auth method jwt');
      expect((await vault.ask('POST', 'auth/jwt/login', undefined, { role: 'skald-bot', jwt })).status).toBe(
        200,
      );
    } finally {
      accounts.close();
      jwks.close();
      jwks.closeAllConnections();
    }
  });

  test('the printed script, run with Vault’s own program, leaves nothing for setup to do', async () => {
    const other = await startVault();
    try {
      const { code, stdout } = await run({ print: true }, other, {});
      expect(code).toBe(0);
      const { vault: program } = await ensureTools(['vault'], () => {});
      await promisify(execFile)('/bin/sh', ['-c', stdout], {
        env: {
          PATH: `${dirname(program)}:/usr/bin:/bin`,
          HOME: folder,
          VAULT_ADDR: other.address,
          VAULT_TOKEN: other.rootToken,
        },
      });
      const after = await run({ dryRun: true }, other);
      expect(after.stdout).toMatch(/0 created, 0 changed, 14 unchanged\n$/);
      expect(after.code).toBe(0);
    } finally {
      await other.stop();
    }
  });
});

describe('as a program', () => {
  const skald = (args: readonly string[], env: Record<string, string>) =>
    promisify(execFile)(
      process.execPath,
      [join(import.meta.dirname, '../../../cli/skald.ts'), 'vault', 'setup', ...args],
      { env: { PATH: '/usr/bin:/bin', HOME: folder, ...env } },
    ).then(
      ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
      (error: { code: number; stdout: string; stderr: string }) => error,
    );
  const jwt = () => ['--auth-type', 'jwt', '--jwt-public-key', keyFile];

  test('reads address and token from the environment or the file that "vault login" writes', async () => {
    const { address, rootToken } = vault;
    const done = await skald([...jwt(), '--dry-run'], { VAULT_ADDR: address, VAULT_TOKEN: rootToken });
    expect(done).toMatchObject({ code: 0, stderr: '' });
    await writeFile(join(folder, '.vault-token'), `${rootToken}\n`, { mode: 0o600 });
    const more = await skald([...jwt(), '--dry-run', '--tenant-namespace', 'skald-next', '--json'], {
      VAULT_ADDR: address,
    });
    expect(more.code).toBe(3);
    const { dryRun, objects } = JSON.parse(more.stdout);
    expect(dryRun).toBe(true);
    expect(objects.at(-1)).toEqual({ what: 'Transit key skald-skald-next', outcome: 'created' });
    await rm(join(folder, '.vault-token'));
  });

  test('takes no token as an argument, and names what it could not reach', async () => {
    const argument = await skald([...jwt(), '--token', 'hvs.x'], { VAULT_ADDR: vault.address });
    expect(argument).toMatchObject({ code: 2, stderr: expect.stringContaining("unknown option '--token'") });
    const nobody = await skald(jwt(), { VAULT_ADDR: 'http://127.0.0.1:1', VAULT_TOKEN: 'hvs.x' });
    expect(nobody).toMatchObject({ code: 1, stderr: expect.stringContaining('ECONNREFUSED') });
  });
});

describe('what is refused', () => {
  test.each<[string, Partial<VaultSetupFlags>, RegExp]>([
    ['another type', { kvMount: 'transit2' }, /transit2\/ is of type transit, not kv.*--kv-mount/],
    [
      'a KV engine of version 1',
      { kvMount: 'old' },
      /old\/ is a KV engine of version 1.*enable-versioning old/,
    ],
    ['a path inside another', { pkiMount: 'old/pki' }, /old\/pki\/ and the existing old\/ overlap/],
  ])('a mount that is in the way: %s; before anything is written', async (_, flags, message) => {
    await vault.call('POST', 'sys/mounts/transit2', { type: 'transit' }).catch(() => {});
    await vault.call('POST', 'sys/mounts/old', { type: 'kv', options: { version: '1' } }).catch(() => {});
    const { code, stderr, stdout } = await run({ transitMount: 'new', ...flags });
    expect(stderr).toMatch(message);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(await vault.call('GET', 'sys/mounts')).not.toHaveProperty('data.new/');
  });

  test('an auth method that would know no keys', async () => {
    const { code, stderr } = await run({ authMount: 'cluster-b', jwtPublicKey: [] });
    expect(code).toBe(1);
    expect(stderr).toMatch(/has no keys yet: give --jwt-public-key/);
    expect(await vault.call('GET', 'sys/auth')).not.toHaveProperty('data.cluster-b/');
  });

  test('a token that may not', async () => {
    const weak = (await vault.call('POST', 'auth/token/create', { policies: ['default'] })) as {
      auth: { client_token: string };
    };
    const token = weak.auth.client_token;
    const { code, stderr } = await run({}, vault, { VAULT_TOKEN: token });
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: 'skald: Vault: GET sys/mounts: permission denied (HTTP 403)\n',
    });
  });

  test('all wrong input at once, with 2; no token, with 2', async () => {
    const wrong = await run({
      kvPrefix: '../x',
      trustDomain: 'Not A Domain',
      tenantNamespace: ['UPPER'],
      gatewaySlots: 'many',
      kubernetesHost: 'https://kubernetes.default.svc',
    });
    expect(wrong.code).toBe(2);
    expect(wrong.stderr.split('\n').filter(Boolean)).toHaveLength(5);
    const none = await run({}, vault, {});
    expect(none.code).toBe(2);
    expect(none.stderr).toMatch(/^skald: No token: set VAULT_TOKEN, run "vault login"/);
  });
});
