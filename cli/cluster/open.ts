// The caller's cluster, with the caller's own rights.

import { type Campaign, kinds, type Tenant, type VoiceSession } from '../../src/api/index.ts';
import { Client, loadConfig } from '../../src/kube/index.ts';
import { defineResource } from '../../src/kube/resource.ts';
import type { ClusterFlags } from './options.ts';

export const tenants = defineResource<Tenant>(kinds.Tenant);
export const campaigns = defineResource<Campaign>(kinds.Campaign);
export const voiceSessions = defineResource<VoiceSession>(kinds.VoiceSession);

export interface Cluster {
  readonly client: Client;
  /** Of the kubeconfig's context, if it names one. */
  readonly namespace: string | undefined;
  readonly server: string;
}

/** @throws Error that names every place where a configuration was looked for. */
export async function openCluster({ kubeconfig, context }: ClusterFlags): Promise<Cluster> {
  const config = await loadConfig({ kubeconfig, context });
  const client = new Client({ config, userAgent: 'skald-cli', requestTimeoutMs: 15_000 });
  return { client, namespace: config.namespace, server: config.server.href };
}
