/**
 * One control plane (etcd and kube-apiserver, with the project's CRDs) and one PostgreSQL for all integration tests.
 * A test gets them by `inject('kubeconfig')` and `inject('databaseUrl')`, and keeps to namespaces, schemas or
 * databases of its own.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { parseAllDocuments } from 'yaml';
import { startControlPlane } from '../../hack/cluster/control-plane.ts';
import { startPostgres } from '../../hack/postgres/index.ts';
import { installedRights, recordRights } from '../../hack/rbac/record.ts';
import { Client, defineResource, type KubeObject, loadConfig } from '../../src/kube/index.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Path of the administrator's kubeconfig. */
    kubeconfig: string;
    /** DSN of PostgreSQL's superuser. */
    databaseUrl: string;
  }
}

interface CustomResourceDefinition extends KubeObject {
  status?: { conditions?: { type: string; status: string }[] };
}

const customResourceDefinitions = defineResource<CustomResourceDefinition>({
  group: 'apiextensions.k8s.io',
  version: 'v1',
  plural: 'customresourcedefinitions',
  kind: 'CustomResourceDefinition',
  namespaced: false,
});

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const started: { stop(): Promise<void> }[] = [];
  let auditLog: string | undefined;
  const stop = async () => {
    try {
      if (auditLog !== undefined) await recordRights(auditLog, await installedRights());
    } finally {
      await Promise.all(started.map((one) => one.stop()));
    }
  };
  try {
    const [controlPlane, postgres] = await Promise.all([
      kept(
        started,
        startControlPlane({
          onProgress: (message) => console.log(message),
          audit: project.name === 'integration',
        }),
      ),
      kept(started, startPostgres()),
    ]);
    auditLog = controlPlane.auditLog;
    await applyDefinitions(controlPlane.kubeconfig);
    project.provide('kubeconfig', controlPlane.kubeconfig);
    project.provide('databaseUrl', postgres.url);
  } catch (error) {
    await stop();
    throw error;
  }
  return stop;
}

async function kept<T extends { stop(): Promise<void> }>(
  into: { stop(): Promise<void> }[],
  start: Promise<T>,
) {
  const started = await start;
  into.push(started);
  return started;
}

const CRDS = join(import.meta.dirname, '..', '..', 'crds');

/** Applies every definition in the folder and waits until each is served. */
export async function applyDefinitions(kubeconfig: string, folder: string = CRDS): Promise<void> {
  const client = new Client({ config: await loadConfig({ kubeconfig }) });
  try {
    const files = (await readdir(folder)).filter((file) => file.endsWith('.yaml'));
    for (const file of files) {
      for (const document of parseAllDocuments(await readFile(join(folder, file), 'utf8'))) {
        const definition: KubeObject | null = document.toJS();
        if (!definition?.metadata?.name) continue;
        await client.apply(customResourceDefinitions, definition, { fieldManager: 'test' });
        await established(client, definition.metadata.name);
      }
    }
  } finally {
    client.close();
  }
}

async function established(client: Client, name: string): Promise<void> {
  const signal = AbortSignal.timeout(30_000);
  for (;;) {
    const page = await client.list(customResourceDefinitions, {
      fieldSelector: `metadata.name=${name}`,
      signal,
    });
    const [definition] = page.items;
    if (definition?.status?.conditions?.some((one) => one.type === 'Established' && one.status === 'True'))
      return;
    const { resourceVersion } = page;
    const options = { fieldSelector: `metadata.name=${name}`, resourceVersion, timeoutSeconds: 5, signal };
    for await (const _ of client.watch(customResourceDefinitions, options)) break;
  }
}
