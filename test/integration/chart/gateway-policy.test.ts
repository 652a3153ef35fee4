import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { helmTemplate, type Kubectl, kubectl, uniqueName } from '../crds/kubectl.ts';
import { session } from '../crds/manifests.ts';

const system = 'skald-system';
const namespace = uniqueName('policy');
let admin: Kubectl;
let gateway: Kubectl;

beforeAll(async () => {
  admin = await kubectl('-n', namespace);
  gateway = await kubectl('-n', namespace, `--as=system:serviceaccount:${system}:skald-gateway-0`);
  await admin('create', 'namespace', namespace);
  for (const document of parseAllDocuments(await helmTemplate(system, '--set', 'crds.install=false'))) {
    const object = document.toJS();
    if (/^(ClusterRole|ValidatingAdmissionPolicy)/.test(object?.kind))
      await admin.apply(object, '--force-conflicts');
  }
  // As the operator does where the gateway serves the tenant.
  const account = `--serviceaccount=${system}:skald-gateway-0`;
  await admin('create', 'rolebinding', 'skald-gateway', '--clusterrole=skald-gateway', account);
  // kubectl reads what it patches; the gateway itself applies, and has no right to this.
  await admin('create', 'role', 'kubectl', '--verb=get', '--resource=voicesessions.skald.dev/status');
  await admin('create', 'rolebinding', 'kubectl', '--role=kubectl', account);
  await admin.apply(session('friday'));
  await policyInForce();
});
afterAll(async () => {
  await admin('delete', 'validatingadmissionpolicybinding', 'skald-gateway');
  await admin('delete', 'namespace', namespace, '--wait=false');
});

/** The API server reads policies from a watch: the first refusal by this one shows that it has it. */
async function policyInForce(): Promise<void> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    const attempt = await gateway(...label('probe', 'x'), '--dry-run=server').catch((error: Error) => error);
    if (attempt instanceof Error && attempt.message.includes('metadata.labels')) return;
    if (Date.now() > deadline)
      throw new Error('the admission policy is not in force after 30 s', { cause: attempt });
  }
}

const merge = (body: object, ...more: readonly string[]) =>
  ['patch', 'vs', 'friday', ...more, '--type=merge', '-p', JSON.stringify(body)] as const;
const status = (body: object) => merge({ status: body }, '--subresource=status');
const label = (key: string, value: string) => merge({ metadata: { labels: { [key]: value } } });
const annotate = (key: string, value: string | null) =>
  merge({ metadata: { annotations: { [key]: value } } });

test('a gateway creates a session', async () => {
  await gateway.apply({
    ...session('made'),
    metadata: { name: 'made', labels: { 'skald.dev/tenant': 'demo' } },
  });
});

test("a gateway of a tenant's own is held to the same", async () => {
  const account = `system:serviceaccount:${namespace}:skald-gateway`;
  const own = await kubectl('-n', namespace, `--as=${account}`);
  await admin(
    ...['create', 'rolebinding', 'own', '--clusterrole=skald-gateway'],
    `--serviceaccount=${namespace}:skald-gateway`,
  );
  await own(...merge({ spec: { desiredState: 'Running', mutedNpcs: ['Greta'] } }));
  expect(await own.refused(...label('a', 'b'))).toMatch(/may change only annotations/);
  await admin(...merge({ spec: { mutedNpcs: [] } }));
});

test('a gateway creates no session with a finalizer or an owner', async () => {
  const owner = { apiVersion: 'v1', kind: 'Namespace', name: 'x', uid: 'x' };
  for (const metadata of [{ finalizers: ['skald.dev/session'] }, { ownerReferences: [owner] }]) {
    const refusal = await gateway.refusal({ ...session('owned'), metadata: { name: 'owned', ...metadata } });
    expect(refusal).toMatch(/a gateway creates sessions without finalizers and owners/);
  }
});

test('a gateway mutes NPCs and annotates with skald.dev/', async () => {
  await gateway(...merge({ spec: { mutedNpcs: ['Greta'] } }));
  await gateway(...merge({ spec: { mutedNpcs: [] } }));
  await gateway(...annotate('skald.dev/seen', 'yes'));
  await gateway(...annotate('skald.dev/seen', null));
});

test('a gateway writes status.voice, again and again, and by server-side apply', async () => {
  await gateway(...status({ voice: { connected: true, dave: 1 } }));
  await gateway(...status({ voice: { connected: false, models: ['stt:x'] } }));
  const { apiVersion, kind, metadata } = session('friday');
  const applied = { apiVersion, kind, metadata, status: { voice: { state: 'Listening' } } };
  await gateway.apply(applied, '--subresource=status', '--field-manager=skald-gateway');
});

test.each([
  'phase',
  'reason',
  'worker',
  'conditions',
  'startedAt',
  'endReason',
  'result',
  'observedGeneration',
])('a gateway cannot write status.%s, not even next to status.voice', async (field) => {
  const time = '2026-01-01T00:00:00Z';
  const values: Readonly<Record<string, unknown>> = {
    phase: 'Active',
    reason: 'X',
    worker: { jobName: 'mine' },
    conditions: [{ type: 'Ready', status: 'True', reason: 'X', message: 'x', lastTransitionTime: time }],
    startedAt: time,
    endReason: 'Idle',
    result: { utterances: 1 },
    observedGeneration: 1,
  };
  const refused = await gateway.refused(...status({ voice: { connected: true }, [field]: values[field] }));
  expect(refused).toContain(`a gateway may write only status.voice, not status.${field}`);
});

test("a gateway cannot change or take away the operator's status", async () => {
  await admin(...status({ phase: 'Active', worker: { jobName: 'job' } }));
  expect(await gateway.refused(...status({ phase: null }))).toContain('not status.phase');
  expect(await gateway.refused(...status({ worker: { jobName: 'other' } }))).toContain('not status.worker');
});

test('a gateway changes no label, finalizer, owner, or other annotation', async () => {
  expect(await gateway.refused(...label('skald.dev/tenant', 'other'))).toContain('not metadata.labels');
  expect(await gateway.refused(...merge({ metadata: { finalizers: ['a.b/c'] } }))).toContain(
    'not metadata.finalizers',
  );
  const annotation = 'kubectl.kubernetes.io/last-applied-configuration';
  expect(await gateway.refused(...annotate(annotation, '{}'))).toContain(`skald.dev/, not ${annotation}`);
});

test('a gateway stops a session', async () => {
  await gateway(...merge({ spec: { desiredState: 'Stopped' } }));
});

test('a gateway deletes nothing', async () => {
  expect(await gateway.refused('delete', 'vs', 'friday')).toMatch(/cannot delete resource "voicesessions"/);
});

test('other identities are not held to it', async () => {
  await admin(...label('mine', 'x'));
  await admin(...status({ phase: 'Degraded' }));
});

test('the policy has no warnings of the type checker', async () => {
  const found = await admin('get', 'validatingadmissionpolicy', 'skald-gateway', '-o', 'json');
  expect(JSON.parse(found).status?.typeChecking?.expressionWarnings).toBeUndefined();
});
