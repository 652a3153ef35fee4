// Installing, upgrading and removing with helm and kustomize, on an API server of its own: the chart's names are
// fixed, so two installations cannot share one.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { type ControlPlane, startControlPlane } from '../../../hack/cluster/control-plane.ts';
import { RunError, run } from '../../../hack/process/run.ts';
import { ensureTools } from '../../../hack/tools/index.ts';
import { root } from '../crds/kubectl.ts';
import { session, tenant } from '../crds/manifests.ts';
import { chartObjects, containerOf, SYSTEM } from './objects.ts';

let plane: ControlPlane;
let tools: Record<'helm' | 'kubectl', string>;
beforeAll(async () => {
  const print = (message: string) => console.log(message);
  plane = await startControlPlane({ onProgress: print });
  tools = await ensureTools(['helm', 'kubectl'], print);
  await kubectl(['create', 'namespace', SYSTEM]);
});
afterAll(() => plane?.stop());

const execute = (program: string, args: readonly string[], input?: string) =>
  run(program, args, {
    environment: { ...process.env, KUBECONFIG: plane.kubeconfig },
    ...(input === undefined ? {} : { input }),
  });
const kubectl = (args: readonly string[], input?: string) => execute(tools.kubectl, args, input);
const helm = (...args: readonly string[]) => execute(tools.helm, [...args, '--namespace', SYSTEM]);
const chart = `${root}/helm/skald`;

test('kustomize: the API server accepts everything in config/default', async () => {
  const objects = await kubectl(['kustomize', `${root}/config/default`]);
  const applied = await kubectl(['apply', '--server-side', '--dry-run=server', '-f', '-'], objects);
  for (const name of [
    'customresourcedefinition.apiextensions.k8s.io/voicesessions.skald.dev',
    'deployment.apps/skald-controller',
    'statefulset.apps/skald-gateway-0',
    'validatingadmissionpolicy.admissionregistration.k8s.io/skald-gateway',
  ]) {
    expect(applied).toContain(name);
  }
});

test('every pod of the chart is admitted where Pod Security "restricted" is enforced', async () => {
  const strict = 'pod-security.kubernetes.io/enforce=restricted';
  await kubectl(['create', 'namespace', 'strict']);
  await kubectl(['label', 'namespace', 'strict', strict]);
  const sets = ['database.existingSecret=db', 'extraCA.configMap=ca'];
  const templates = (await chartObjects(...sets)).filter(({ spec }) => spec?.template !== undefined);
  expect(templates.map(({ kind }) => kind).sort()).toEqual(['Deployment', 'StatefulSet']);
  for (const object of templates) {
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: containerOf(object).name, namespace: 'strict' },
      spec: { ...object.spec?.template?.spec, serviceAccountName: 'default' },
    };
    await kubectl(['create', '--dry-run=server', '-f', '-'], stringify(pod));
  }
});

test('helm: installed, upgraded, removed and installed again; Tenants outlive all of it', async () => {
  await helm('install', 'skald', chart);
  await kubectl(['wait', '--for=condition=Established', 'crd/tenants.skald.dev', '--timeout=30s']);
  await kubectl(['apply', '-f', '-'], stringify(tenant('survivor')));

  await helm('upgrade', 'skald', chart, '--set', 'gateway.slots=2', '--set', 'controller.replicas=1');
  expect(await kubectl(['-n', SYSTEM, 'get', 'statefulset', '-o', 'name'])).toBe(
    'statefulset.apps/skald-gateway-0\nstatefulset.apps/skald-gateway-1\n',
  );

  await helm('uninstall', 'skald');
  expect(await kubectl(['-n', SYSTEM, 'get', 'deployments,statefulsets', '-o', 'name'])).toBe('');
  expect(await kubectl(['get', 'tenants', '-o', 'name'])).toBe('tenant.skald.dev/survivor\n');

  await helm('install', 'skald', chart);
  expect(await kubectl(['get', 'tenants', '-o', 'name'])).toBe('tenant.skald.dev/survivor\n');
});

test('helm: an upgrade brings the CRDs up to date', async () => {
  const crd = 'crd/voicesessions.skald.dev';
  const patch = [{ op: 'remove', path: '/spec/names/shortNames' }];
  await kubectl(['patch', crd, '--type=json', '-p', JSON.stringify(patch)]);
  await helm('upgrade', 'skald', chart);
  expect(await kubectl(['get', crd, '-o', 'jsonpath={.spec.names.shortNames[0]}'])).toBe('vs');
});

test("the gateway's policy stands on its own, without the API's rules of immutability", async () => {
  const rules = '/spec/versions/0/schema/openAPIV3Schema/properties/spec/x-kubernetes-validations';
  const remove = JSON.stringify([{ op: 'remove', path: rules }]);
  await kubectl(['patch', 'crd/voicesessions.skald.dev', '--type=json', '-p', remove]);
  await kubectl(['apply', '-f', '-'], stringify(session('friday')));
  const change = (spec: object, ...flags: readonly string[]) =>
    kubectl(['patch', 'vs', 'friday', '--type=merge', '-p', JSON.stringify({ spec }), ...flags]);
  const says = (spec: object, ...flags: readonly string[]) =>
    change(spec, ...flags).catch((error: unknown) => {
      if (error instanceof RunError) return error.output;
      throw error;
    });
  // The API server takes a moment to serve the changed schema.
  const other = { guildId: '100000000000000009' };
  await expect.poll(() => says(other, '--dry-run=server'), { timeout: 30_000 }).toMatch(/patched/);

  const gateway = `--as=system:serviceaccount:${SYSTEM}:skald-gateway-0`;
  // As the operator does where the gateway serves the tenant.
  const account = `--serviceaccount=${SYSTEM}:skald-gateway-0`;
  await kubectl(['create', 'rolebinding', 'skald-gateway', '--clusterrole=skald-gateway', account]);
  expect(await says(other, gateway)).toContain('not spec.guildId');
  expect(await says({ maxDurationSeconds: 600, mutedNpcs: ['Greta'] }, gateway)).toContain(
    'may change only desiredState and mutedNpcs of a session, not spec.maxDurationSeconds',
  );
  expect(await says({ voiceChannelId: null }, gateway)).toContain('not spec.voiceChannelId');
  await change({ desiredState: 'Stopped' }, gateway);
  expect(await says({ desiredState: 'Running' }, gateway)).toContain('only to Stopped');
});
