// The project's CRDs, for a test that has an API server of its own.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { vi } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { campaigns, tenants, voiceSessions } from '../../../controller/resources.ts';
import {
  Client,
  defineResource,
  type KubeObject,
  loadConfig,
  type Resource,
} from '../../../src/kube/index.ts';

/** Applies them and waits until they are served. @param kubeconfig the administrator's */
export async function applyDefinitions(kubeconfig: string): Promise<void> {
  const definitions = defineResource({
    group: 'apiextensions.k8s.io',
    version: 'v1',
    plural: 'customresourcedefinitions',
    kind: 'CustomResourceDefinition',
    namespaced: false,
  });
  const folder = join(import.meta.dirname, '..', '..', '..', 'crds');
  const client = new Client({ config: await loadConfig({ kubeconfig }) });
  for (const file of await readdir(folder)) {
    if (!file.endsWith('.yaml')) continue;
    for (const document of parseAllDocuments(await readFile(join(folder, file), 'utf8'))) {
      const definition: KubeObject | null = document.toJS();
      if (definition) await client.apply(definitions, definition, { fieldManager: 'test' });
    }
  }
  // Served one after the other, soon after.
  const kinds: Resource[] = [tenants, campaigns, voiceSessions];
  await vi.waitFor(() => Promise.all(kinds.map((kind) => client.list(kind))), {
    timeout: 20_000,
    interval: 100,
  });
  client.close();
}
