// Every pod of an installation, the chart's and those that the operator makes from the chart's settings: restricted Pod
// Security with nothing writable, and the images that were asked for, to the byte.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadControllerSettings, type Settings } from '../../../controller/settings.ts';
import { dedicatedGateway } from '../../../controller/tenant/dedicated/objects.ts';
import { JOB_NAME, session, tenant } from '../../../controller/voicesession/fixtures.ts';
import { workerJob } from '../../../controller/voicesession/job.ts';
import type { Pod } from '../../../src/kube/index.ts';
import { chartObjects, find } from './objects.ts';

type PodSpec = NonNullable<Pod['spec']>;

const DIGEST = `sha256:${'1'.repeat(64)}`;
const SPEECH = `sha256:${'2'.repeat(64)}`;
const VALUES = [
  'gateway.slots=2',
  `image.digest=${DIGEST}`,
  'image.tag=ignored',
  'image.repository=registry.example/skald',
  `speechImage.digest=${SPEECH}`,
  `worker.sidecars.whisper.image=registry.example/whisper@${DIGEST}`,
  `worker.sidecars.llm.image=registry.example/llm@${DIGEST}`,
  'extraCA.configMap=ca',
  'database.existingSecret=db',
];

let folder: string;
let settings: Settings;
let pods: Map<string, PodSpec>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skald-pods-'));
  const objects = await chartObjects(...VALUES);
  const file = join(folder, 'config.yaml');
  await writeFile(file, find(objects, 'ConfigMap', 'skald-controller').data?.['config.yaml'] ?? '');
  settings = await loadControllerSettings({ env: { SKALD_CONFIG_FILE: file } });
  pods = new Map(
    objects.flatMap(({ kind, metadata, spec }) => {
      const pod: PodSpec | null = JSON.parse(JSON.stringify(spec?.template?.spec ?? null));
      return pod === null ? [] : [[`${kind} ${metadata.name}`, pod] as const];
    }),
  );
  for (const profile of ['cloud', 'offline', 'whisper-native', 'local-llm'] as const) {
    pods.set(`worker, profile ${profile}`, workerPod(profile));
  }
  pods.set('a gateway of a tenant’s own', dedicatedPod());
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const owner = () => ({
  apiVersion: 'skald.dev/v1alpha1' as const,
  kind: 'Tenant' as const,
  metadata: { name: 'acme', uid: 'uid', resourceVersion: '1' },
  spec: tenant.spec,
});

function workerPod(profile: 'cloud' | 'offline' | 'whisper-native' | 'local-llm'): PodSpec {
  const job = workerJob({
    session: session(),
    jobName: JOB_NAME,
    tenant: owner(),
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
  const spec = job.spec?.template.spec;
  if (spec === undefined || spec === null) throw new Error('the Job has no pod');
  return spec;
}

function dedicatedPod(): PodSpec {
  const { statefulSet } = dedicatedGateway({
    tenant: owner(),
    settings,
    hasDatabase: true,
    extraCa: 'pem',
    vaultCa: 'pem',
  });
  const spec = statefulSet.spec?.template.spec;
  if (spec === undefined || spec === null) throw new Error('the StatefulSet has no pod');
  return spec;
}

/** What a pod allows that it should not. */
function looseness(pod: PodSpec): string[] {
  const problems: string[] = [];
  const { securityContext = {} } = pod;
  if (securityContext?.runAsNonRoot !== true) problems.push('the pod may run as root');
  if ((securityContext?.runAsUser ?? 0) === 0) problems.push('the pod has no user above 0');
  if (securityContext?.seccompProfile?.type !== 'RuntimeDefault')
    problems.push('the pod has no seccomp profile');
  if (pod.hostNetwork || pod.hostPID || pod.hostIPC) problems.push('the pod shares namespaces of its node');
  for (const volume of pod.volumes ?? []) {
    if (volume.hostPath) problems.push(`volume ${volume.name} is of the node`);
  }
  for (const { name, image, securityContext: own } of [...(pod.initContainers ?? []), ...pod.containers]) {
    if (own?.allowPrivilegeEscalation !== false) problems.push(`${name} may gain privileges`);
    if (own?.readOnlyRootFilesystem !== true) problems.push(`${name} may write to its root`);
    if (own?.privileged) problems.push(`${name} is privileged`);
    if (own?.capabilities?.drop?.join() !== 'ALL' || own.capabilities.add !== undefined) {
      problems.push(`${name} keeps capabilities`);
    }
    if ((own?.seccompProfile?.type ?? 'RuntimeDefault') !== 'RuntimeDefault')
      problems.push(`${name} leaves seccomp`);
    if (!/@sha256:[0-9a-f]{64}$/.test(image ?? '')) problems.push(`${name} has an image by tag: ${image}`);
  }
  return problems;
}

test('every pod that there is', () => {
  expect([...pods.keys()].sort()).toEqual([
    'Deployment skald-controller',
    'StatefulSet skald-gateway-0',
    'StatefulSet skald-gateway-1',
    'a gateway of a tenant’s own',
    'worker, profile cloud',
    'worker, profile local-llm',
    'worker, profile offline',
    'worker, profile whisper-native',
  ]);
});

test('none may do more than it needs, and all run the images by their digests', () => {
  expect([...pods].flatMap(([name, pod]) => looseness(pod).map((problem) => `${name}: ${problem}`))).toEqual(
    [],
  );
});

test('workers have no token, and no name in the cluster', () => {
  const workers = [...pods].filter(([name]) => name.startsWith('worker'));
  expect(workers.map(([, pod]) => pod.automountServiceAccountToken)).toEqual(workers.map(() => false));
  expect(workers.map(([, pod]) => pod.serviceAccountName)).toEqual(workers.map(() => undefined));
});

test('a digest goes before the tag, in what the operator makes, too', () => {
  const images = new Set([...pods.values()].flatMap((pod) => containers(pod).map(({ image }) => image)));
  expect([...images].sort()).toEqual([
    `registry.example/llm@${DIGEST}`,
    `registry.example/skald@${DIGEST}`,
    `registry.example/whisper@${DIGEST}`,
    `skald-speech@${SPEECH}`,
  ]);
});

test('without a digest it is the tag, and without a tag the chart’s version', async () => {
  const tagged = JSON.stringify(await chartObjects('image.tag=1.2.3'));
  expect(tagged).toContain('"image":"skald:1.2.3"');
  expect(tagged).toMatch(/skald-speech:\d+\.\d+\.\d+/);
});

describe('what is loose is seen', () => {
  const strict = (): PodSpec => structuredClone(workerPod('offline'));
  const container = (pod: PodSpec) => pod.containers[0] ?? { name: '' };

  test.each<[string, (pod: PodSpec) => void, string]>([
    ['a pod that may run as root', (pod) => delete pod.securityContext?.runAsNonRoot, 'may run as root'],
    [
      'a pod without a seccomp profile',
      (pod) => delete pod.securityContext?.seccompProfile,
      'no seccomp profile',
    ],
    [
      'a root that can be written',
      (pod) => delete container(pod).securityContext?.readOnlyRootFilesystem,
      'write to its root',
    ],
    ['capabilities', (pod) => delete container(pod).securityContext?.capabilities, 'keeps capabilities'],
    ['a tag', (pod) => Object.assign(container(pod), { image: 'skald:dev' }), 'by tag'],
    [
      'the node’s files',
      (pod) => pod.volumes?.push({ name: 'x', hostPath: { path: '/' } }),
      'is of the node',
    ],
  ])('%s', (_, loosen, problem) => {
    const pod = strict();
    expect(looseness(pod)).toEqual([]);
    loosen(pod);
    expect(looseness(pod).join()).toContain(problem);
  });
});

function containers(pod: PodSpec): PodSpec['containers'] {
  return [...(pod.initContainers ?? []), ...pod.containers];
}
