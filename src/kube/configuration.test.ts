import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { loadConfig, parseConfig } from './configuration.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kubeconfig-'));
});
afterEach(() => rm(folder, { recursive: true }));

function kubeconfig(user: object, cluster: object = {}): string {
  return JSON.stringify({
    'current-context': 'main',
    clusters: [{ name: 'c', cluster: { server: 'https://example:6443', ...cluster } }],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'main', context: { cluster: 'c', user: 'u', namespace: 'ns' } }],
  });
}

it('reads a token file again each time, relative to the kubeconfig', async () => {
  await writeFile(join(folder, 'config'), kubeconfig({ tokenFile: 'token' }));
  await writeFile(join(folder, 'token'), 'first\n');
  const configuration = await loadConfig({ kubeconfig: join(folder, 'config') });
  expect(configuration.namespace).toBe('ns');
  expect((await configuration.credentials()).headers).toEqual({ authorization: 'Bearer first' });
  await writeFile(join(folder, 'token'), 'second\n');
  expect((await configuration.credentials()).headers).toEqual({ authorization: 'Bearer second' });
});

it('takes certificates from data and from files', async () => {
  await writeFile(join(folder, 'key.pem'), 'KEY');
  const data = (text: string) => Buffer.from(text).toString('base64');
  const text = kubeconfig(
    { 'client-certificate-data': data('CERT'), 'client-key': 'key.pem' },
    { 'certificate-authority-data': data('CA'), 'tls-server-name': 'api' },
  );
  const configuration = await parseConfig(text, { directory: folder });
  expect((await configuration.credentials()).tls).toEqual({
    ca: 'CA',
    cert: 'CERT',
    key: 'KEY',
    servername: 'api',
  });
});

it('runs an exec plugin once, tells it the protocol, and runs it again when its token was refused', async () => {
  const plugin = join(folder, 'plugin');
  const script = `#!/bin/sh\necho run >> ${folder}/runs\necho '{"status":{"token":"'"$(echo "$KUBERNETES_EXEC_INFO" | grep -c ExecCredential)-$(wc -l < ${folder}/runs | tr -d ' ')"'"}}'\n`;
  await writeFile(plugin, script);
  await chmod(plugin, 0o755);
  const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: './plugin' };
  const configuration = await parseConfig(kubeconfig({ exec }), { directory: folder });
  const token = async () => (await configuration.credentials()).headers.authorization;
  expect([await token(), await token()]).toEqual(['Bearer 1-1', 'Bearer 1-1']);
  configuration.invalidate();
  expect(await token()).toBe('Bearer 1-2');
});

it('says what is wrong with a configuration', async () => {
  await expect(parseConfig(kubeconfig({}), { context: 'other' })).rejects.toThrow(/no context "other".*main/);
  await expect(parseConfig('[]')).rejects.toThrow(/not a YAML mapping/);
  await expect(loadConfig({ kubeconfig: join(folder, 'none') })).rejects.toThrow(/cannot read kubeconfig/);
  const gcp = await parseConfig(kubeconfig({ 'auth-provider': { name: 'gcp' } }));
  await expect(gcp.credentials()).rejects.toThrow(/use an exec plugin/);
});
