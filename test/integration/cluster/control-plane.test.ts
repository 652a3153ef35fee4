import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { ApiClient } from '../../../hack/cluster/api-client.ts';
import { type ControlPlane, startControlPlane } from '../../../hack/cluster/control-plane.ts';
import { identify } from '../../../hack/process/identity.ts';
import { waitUntil } from '../../../hack/process/wait-until.ts';

let controlPlane: ControlPlane | undefined;
afterEach(() => controlPlane?.stop());

const configMap = '/api/v1/namespaces/default/configmaps/kept';

async function clientOf({ url, caFile, adminToken }: ControlPlane): Promise<ApiClient> {
  return new ApiClient(url, await readFile(caFile, 'utf8'), adminToken);
}

describe('a control plane for tests', () => {
  test('verifies its certificate, keeps data over a restart of the API server, and leaves nothing', async () => {
    controlPlane = await startControlPlane();
    const client = await clientOf(controlPlane);
    await client.apply(configMap, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'kept' } });
    const before = controlPlane.pids['kube-apiserver'];

    await controlPlane.restartApiServer('SIGKILL');
    expect(controlPlane.pids['kube-apiserver']).not.toBe(before);
    expect(await client.get(configMap)).toMatchObject({ metadata: { name: 'kept' } });
    client.close();

    const { pids, kubeconfig } = controlPlane;
    await controlPlane.stop();
    for (const pid of Object.values(pids)) expect(identify(pid)).toBeUndefined();
    expect(existsSync(dirname(kubeconfig))).toBe(false);
  });

  test('with the controller manager, a new namespace gets its default service account', async () => {
    controlPlane = await startControlPlane({ kubeControllerManager: true });
    const client = await clientOf(controlPlane);
    await client.apply('/api/v1/namespaces/made', {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'made' },
    });
    const account = await waitUntil(() => client.get('/api/v1/namespaces/made/serviceaccounts/default'), {
      what: 'the default service account',
      deadlineMs: 30_000,
    });
    expect(account).toMatchObject({ metadata: { name: 'default' } });
    client.close();
  });

  test('ends with its owner, even when the owner is killed', async () => {
    const owner = spawn(process.execPath, [fileURLToPath(new URL('./owner.ts', import.meta.url))], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await once(owner.stdout.setEncoding('utf8'), 'data');
    const { pids, folder }: { pids: Record<string, number>; folder: string } = JSON.parse(String(line));
    for (const pid of Object.values(pids)) expect(identify(pid)).toBeDefined();

    owner.kill('SIGKILL');
    const gone = async (): Promise<boolean> =>
      Object.values(pids).every((pid) => !identify(pid)) && !existsSync(folder);
    await waitUntil(gone, { what: `${JSON.stringify(pids)} and ${folder} to be gone`, deadlineMs: 40_000 });
  });
});
