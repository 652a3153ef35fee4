import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { freePorts } from '../../../hack/process/free-port.ts';
import { GuardedProcess } from '../../../hack/process/guarded.ts';
import { tail } from '../../../hack/process/tail.ts';
import { waitUntil } from '../../../hack/process/wait-until.ts';
import { Client, loadConfig } from '../../../src/kube/index.ts';
import { usageOf } from '../process-usage.ts';
import type { Server } from '../server.ts';

/** Setting 2: the stub server, a process of its own on the cores that this process is pinned to. */
export async function startStubServer(options: { latencyMs: number; signal: AbortSignal }): Promise<Server> {
  const folder = await mkdtemp(join(tmpdir(), 'skald-bench-stub-'));
  const [port = 0] = await freePorts(1);
  const url = `http://127.0.0.1:${port}`;
  const kubeconfig = join(folder, 'kubeconfig');
  await writeFile(kubeconfig, kubeconfigOf(url));
  const stub = await GuardedProcess.start('stub server', {
    program: process.execPath,
    arguments: [fileURLToPath(new URL('main.ts', import.meta.url)), String(port), String(options.latencyMs)],
    logFile: join(folder, 'log'),
    folder,
  });
  const configuration = await loadConfig({ kubeconfig });
  const client = new Client({ config: configuration, userAgent: 'skald-bench-harness' });
  const close = async (): Promise<void> => {
    client.close();
    await stub.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await waitUntil(async (signal) => (await fetch(`${url}/version`, { signal })).ok, {
      what: 'the stub server to answer',
      deadlineMs: 10_000,
      signal: options.signal,
      check: () => stub.check(),
      detail: () => tail(stub.logFile),
    });
  } catch (error) {
    await close();
    throw error;
  }
  return {
    kubeconfig,
    configuration,
    client,
    namespace: 'bench',
    requests: async () => {
      const counts: unknown = await client.raw({ method: 'GET', path: '/stub/requests', repeatable: true });
      return new Map(Object.entries(counts ?? {}).map(([id, count]) => [id, Number(count)]));
    },
    cpuMs: async () => (await usageOf(stub.pid)).cpuMs,
    close,
  };
}

function kubeconfigOf(server: string): string {
  const name = 'stub';
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    // Without TLS there is nothing to verify, but clients on @kubernetes/client-node 1.x refuse HTTP when not told so.
    clusters: [{ name, cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name, user: { token: 'none-is-needed' } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    'current-context': name,
  });
}
