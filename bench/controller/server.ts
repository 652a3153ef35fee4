/** The server that a contender works against: made anew for each run, so that no run inherits another's history. */
import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { ApiClient } from '../../hack/cluster/api-client.ts';
import { startControlPlane } from '../../hack/cluster/control-plane.ts';
import { run } from '../../hack/process/run.ts';
import { waitUntil } from '../../hack/process/wait-until.ts';
import { ensureTools } from '../../hack/tools/index.ts';
import {
  Client,
  defineResource,
  type KubeConfiguration,
  type KubeObject,
  loadConfig,
  namespaces,
} from '../../src/kube/index.ts';
import { usageOf } from './process-usage.ts';
import { parseRequestCounts, type RequestCounts } from './request-count.ts';
import { sessions } from './sessions.ts';

export interface Server {
  /** Path of the administrator's kubeconfig. */
  readonly kubeconfig: string;
  readonly configuration: KubeConfiguration;
  /** The harness's own client. */
  readonly client: Client;
  readonly namespace: string;
  /** Requests answered so far. */
  requests(): Promise<RequestCounts>;
  /** User and system time that it has used so far, milliseconds. */
  cpuMs(): Promise<number>;
  close(): Promise<void>;
}

const customResourceDefinitions = defineResource<KubeObject & { spec: object }>({
  group: 'apiextensions.k8s.io',
  version: 'v1',
  plural: 'customresourcedefinitions',
  kind: 'CustomResourceDefinition',
  namespaced: false,
});

/**
 * Setting 1: a real etcd and kube-apiserver, and nothing else: no controller manager that would work on the Jobs. They
 * run on the cores that this process is pinned to.
 */
export async function startRealServer(signal: AbortSignal): Promise<Server> {
  const plane = await startControlPlane({ signal });
  const admin = new ApiClient(plane.url, await readFile(plane.caFile, 'utf8'), plane.adminToken);
  const configuration = await loadConfig({ kubeconfig: plane.kubeconfig });
  const client = new Client({ config: configuration, userAgent: 'skald-bench-harness' });
  const close = async (): Promise<void> => {
    client.close();
    admin.close();
    await plane.stop();
  };
  try {
    const namespace = 'bench';
    const crd = parse(await readFile(new URL('./crd.yaml', import.meta.url), 'utf8'));
    await client.create(namespaces, { metadata: { name: namespace } }, { signal });
    await client.create(customResourceDefinitions, crd, { signal });
    await waitUntil((limit) => client.list(sessions, { namespace, retry: false, signal: limit }), {
      what: 'the API server to serve the sessions',
      deadlineMs: 30_000,
      signal,
    });
    return {
      kubeconfig: plane.kubeconfig,
      configuration,
      client,
      namespace,
      requests: async () => {
        const answer = await admin.call('GET', '/metrics', { signal });
        if (answer.status !== 200) throw new Error(`GET /metrics of the API server: ${answer.status}`);
        return parseRequestCounts(answer.body);
      },
      cpuMs: async () => {
        const usages = await Promise.all(Object.values(plane.pids).map(usageOf));
        return usages.reduce((total, { cpuMs }) => total + cpuMs, 0);
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Versions of what the contenders work against, by name. */
export async function serverVersions(setting: 'server' | 'stub'): Promise<Record<string, string>> {
  if (setting === 'stub') return {};
  const tools = await ensureTools(['etcd', 'kube-apiserver'], () => {});
  const versionOf = async (program: string): Promise<string> =>
    /\d+\.\d+\.\d+\S*/.exec(await run(program, ['--version']))?.[0] ?? 'unknown';
  return { 'kube-apiserver': await versionOf(tools['kube-apiserver']), etcd: await versionOf(tools.etcd) };
}
