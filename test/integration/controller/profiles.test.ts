// What the operator would make for each profile, judged by the API server: is it a valid pod, and does Pod Security
// `restricted` let it in? Nothing is stored.
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { namespaced, tenants } from '../../../controller/resources.ts';
import { loadControllerSettings } from '../../../controller/settings.ts';
import { workerJob } from '../../../controller/voicesession/job.ts';
import type { Job, KubeObject, Pod } from '../../../src/kube/index.ts';
import { unique, World } from './world.ts';

let world: World;
const tenant = unique('profiles');
const namespace = `skald-${tenant}`;

beforeAll(async () => {
  world = await World.create({ kubeconfig: inject('kubeconfig') });
  await world.start();
  const gpu = { llm: { limits: { 'nvidia.com/gpu': 1, memory: '20Gi' } } };
  await world.tenant(tenant, { worker: { profile: 'cloud', warm: 0, sidecars: gpu } });
  await world.ready(tenants, { name: tenant });
  await world.campaign(namespace);
});
afterAll(() => world[Symbol.asyncDispose]());

async function jobOf(profile: 'cloud' | 'offline' | 'whisper-native' | 'local-llm'): Promise<Job> {
  const env = Object.fromEntries(
    ['SPEECH', 'WHISPER', 'LLM'].map((name) => [
      `SKALD_WORKER_SIDECARS_${name}_IMAGE`,
      `example/${name.toLowerCase()}:1`,
    ]),
  );
  const settings = await loadControllerSettings({ env });
  return workerJob({
    session: namespaced(await world.session(namespace, unique('evening'), { campaignRef: { name: 'none' } })),
    jobName: unique('evening'),
    tenant: await world.admin.get(tenants, { name: tenant }),
    profile,
    providers: {},
    mcpKeys: [],
    gatewayAddress: 'skald-gateway-0.skald-system.svc:8443',
    trustDomain: 'skald.local',
    maxDurationSeconds: 3600,
    backstopSeconds: 480,
    terminationGracePeriodSeconds: 30,
    settings: settings.worker,
    hasExtraCa: true,
    hasDatabase: true,
  });
}

/** Through admission and validation, and no further: what would be stored has no version. */
async function tried<T extends KubeObject>(api: string, plural: string, body: T): Promise<T> {
  const answer: unknown = await world.admin.raw({
    method: 'POST',
    path: `${api}/namespaces/${namespace}/${plural}`,
    query: { dryRun: 'All' },
    body,
    repeatable: false,
  });
  return answer as T;
}

describe.each([
  ['cloud', []],
  ['offline', ['speech']],
  ['whisper-native', ['whisper']],
  ['local-llm', ['whisper', 'llm']],
] as const)('profile %s', (profile, sidecars) => {
  test('makes a Job and a pod that the API server takes under Pod Security restricted', async () => {
    const job = await jobOf(profile);
    const { metadata, spec } = (await tried<Job>('/apis/batch/v1', 'jobs', job)).spec?.template ?? {};
    if (spec === undefined || spec === null) throw new Error('the Job has no pod');
    // Warnings about a Job are none: the pod is what is refused.
    const pod = await tried<Pod>('/api/v1', 'pods', {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { namespace, name: unique('pod'), labels: metadata?.labels ?? {} },
      spec,
    });
    expect(pod.spec?.initContainers?.map(({ name }) => name) ?? []).toEqual(sidecars);
    for (const { name, restartPolicy } of pod.spec?.initContainers ?? []) {
      expect([name, restartPolicy]).toEqual([name, 'Always']);
    }
    for (const { name, resources } of [
      ...(pod.spec?.initContainers ?? []),
      ...(pod.spec?.containers ?? []),
    ]) {
      expect([
        name,
        resources?.requests?.cpu,
        resources?.requests?.memory,
        resources?.limits?.memory,
      ]).toEqual([name, ...[expect.any(String), expect.any(String), expect.any(String)]]);
    }
    // Enough of a reservation that no pod is BestEffort, and what the Tenant says of a sidecar.
    const llm = pod.spec?.initContainers?.find(({ name }) => name === 'llm');
    if (llm !== undefined) expect(llm.resources?.limits).toEqual({ 'nvidia.com/gpu': '1', memory: '20Gi' });
  });

  test('is what Pod Security would refuse if a container could gain privileges', async () => {
    const { spec } = (await jobOf(profile)).spec?.template ?? {};
    if (spec === undefined || spec === null) throw new Error('the Job has no pod');
    const containers = spec.containers.map((one) => ({ ...one, securityContext: {} }));
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { namespace, name: unique('pod') },
      spec: { ...spec, containers },
    };
    await expect(tried('/api/v1', 'pods', pod)).rejects.toThrow(/violates PodSecurity/);
  });
});
