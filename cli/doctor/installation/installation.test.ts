import { describe, expect, test } from 'vitest';
import { definitions } from '../../../src/validation/generated/definitions.ts';
import { ago, condition, session, status } from '../../why/fixtures.ts';
import { printedChecks } from '../print.ts';
import { judgeDefinition, judgeVersion } from './cluster.ts';
import { judgeVoice } from './network.ts';
import { programChecks } from './programs.ts';
import { fromTenants, tenantSummary } from './tenants.ts';
import { judgeHealth } from './vault.ts';

test.each([
  [{ major: '1', minor: '34', gitVersion: 'v1.34.1' }, 'ok'],
  [{ major: '1', minor: '30+', gitVersion: 'v1.30.1-eks' }, 'ok'],
  [{ major: '1', minor: '29', gitVersion: 'v1.29.0' }, 'fail'],
  [{ hello: 'world' }, 'warn'],
])('the API server’s version %j: %s', (answer, wanted) => expect(judgeVersion(answer).status).toBe(wanted));

describe('the definition of a kind', () => {
  const [own] = definitions;
  if (own === undefined) throw new Error('there are no definitions');
  const { kind } = own;
  const crd = (schema: unknown, more: object = {}) => ({
    spec: { versions: [{ name: 'v1alpha1', schema: { openAPIV3Schema: schema } }] },
    ...more,
  });
  const judged = (found: Parameters<typeof judgeDefinition>[2]) =>
    judgeDefinition('campaigns.skald.dev', kind, found);

  test('is the one of this build, whatever the order of its keys, and its descriptions', () => {
    const turned = Object.fromEntries(
      Object.entries({ ...own.schema, description: 'For people.' }).toReversed(),
    );
    expect(judged(crd(turned)).status).toBe('ok');
  });

  test('is another one', () => {
    const properties = { ...own.schema.properties, more: { type: 'string' } };
    expect(judged(crd({ ...own.schema, properties }))).toMatchObject({ status: 'warn', id: 'crds' });
  });

  test('is not there, of another version only, or not served', () => {
    expect(judged(undefined).status).toBe('fail');
    expect(judged({ spec: { versions: [{ name: 'v2' }] } }).status).toBe('fail');
    const conditions = [{ type: 'NamesAccepted', status: 'False', message: 'tn is taken' }];
    expect(judged(crd(own.schema, { status: { conditions } })).text).toContain('tn is taken');
  });
});

describe('operator and gateways', () => {
  const metadata = {
    name: 'skald-controller',
    uid: 'u',
    resourceVersion: '1',
    labels: { 'app.kubernetes.io/version': '0.1.0' },
  };
  const template = (image: string) => ({ spec: { containers: [{ name: 'c', image }] } });
  const workload = (ready: number, replicas: number, image = 'skald:1') => ({
    metadata,
    kind: 'Deployment',
    spec: { replicas, selector: {}, template: template(image), serviceName: 'x' },
    status: { replicas, readyReplicas: ready },
  });
  const base = { systemNamespace: 'skald-system', version: '0.1.0', gateways: [workload(1, 1)] };
  const judged = (changes: Partial<Parameters<typeof programChecks>[0]>) =>
    programChecks({ ...base, operator: workload(2, 2), ...changes }).map((one) => `${one.status} ${one.id}`);

  test('run, and are alike', () => expect(judged({})).toEqual(['ok operator', 'ok gateways', 'ok versions']));
  test('are not there', () => expect(judged({ operator: 'absent' })).toEqual(['fail operator']));
  test('are not for the caller’s eyes', () => {
    expect(judged({ operator: undefined, gateways: undefined })).toEqual([
      'skipped operator',
      'skipped gateways',
    ]);
  });
  test('have no pod that is ready, too few, or are scaled to 0', () => {
    expect(judged({ operator: workload(1, 2), gateways: [workload(0, 1)] })).toEqual([
      'warn operator',
      'fail gateways',
      'ok versions',
    ]);
    expect(judged({ operator: workload(0, 0), gateways: [] })).toEqual([
      'fail operator',
      'warn gateways',
      'ok versions',
    ]);
  });
  test('are of different versions, or of another than this program', () => {
    expect(judged({ gateways: [workload(1, 1, 'skald:2')] })).toContain('warn versions');
    expect(judged({ version: '0.2.0' })).toEqual([
      'ok operator',
      'ok gateways',
      'ok versions',
      'warn versions',
    ]);
  });
});

describe('the voice path', () => {
  const active = session(status('Active', 'Listening', 'They listen.', { worker: { node: 'node-1' } }));
  const ended = session(status('Ended', 'ChannelEmpty', 'Everyone left.', { activeAt: ago(900) }));
  const late = session(status('Failed', 'StartTimedOut', 'It did not listen.'));
  const lost = session(status('Degraded', 'VoiceDisconnected', 'The connection is lost.'));
  test.each([
    ['a session is in its channel now', [late, active], 'ok'],
    ['one has lost it', [ended, lost], 'fail'],
    ['one was there before', [late, ended], 'ok'],
    ['one never came to listen', [late], 'warn'],
    ['there was none: nothing is guessed', [], 'skipped'],
  ])('%s', (_, sessions, wanted) => expect(judgeVoice(sessions).status).toBe(wanted));
});

describe('what the Tenants say', () => {
  type Tenants = Parameters<typeof fromTenants>[2];
  const tenants = (...states: readonly [status: 'True' | 'False', reason: string][]): Tenants =>
    states.map(([is, reason], index) => ({
      apiVersion: 'skald.dev/v1alpha1',
      kind: 'Tenant',
      metadata: { name: `t${index}`, uid: String(index), resourceVersion: '1' },
      spec: spec(),
      status: {
        conditions: [
          condition('DatabaseReady', is, reason, 'So it is.'),
          condition('Ready', is, reason, 'So it is.'),
        ],
      },
    }));
  const spec = (): NonNullable<Tenants>[number]['spec'] => JSON.parse('{}');
  const judged = (all: Tenants) => fromTenants('database', 'DatabaseReady', all).map((one) => one.status);

  test.each([
    ['all are well', tenants(['True', 'DatabaseReady']), 'ok'],
    ['one is not', tenants(['True', 'DatabaseReady'], ['False', 'MigrationFailed']), 'warn'],
    ['none is', tenants(['False', 'DatabaseUnreachable']), 'fail'],
    ['it is not in use', tenants(['True', 'DatabaseNotConfigured']), 'skipped'],
    ['there is none', [], 'skipped'],
    ['they cannot be read', undefined, 'skipped'],
  ])('%s', (_, all, wanted) => expect(judged(all)).toEqual([wanted]));

  test('a tenant’s own fault is none of the installation', () => {
    expect(judged(tenants(['True', 'DatabaseReady'], ['False', 'TokenMissing']))).toEqual(['ok']);
    expect(tenantSummary(tenants(['False', 'TokenMissing']))[0]).toMatchObject({
      status: 'warn',
      fix: 'skald doctor t0',
    });
  });
});

test.each([
  [200, 'ok'],
  [429, 'ok'],
  [501, 'fail'],
  [503, 'fail'],
  [418, 'warn'],
])('Vault’s health %d: %s', (code, wanted) => expect(judgeHealth(code, 'https://vault').status).toBe(wanted));

test('each check is a line, what to do below it, and the sum', () => {
  const checks = [
    { id: 'a', status: 'ok', text: 'Well.', fix: 'Never shown.' },
    { id: 'b', status: 'fail', text: 'Not well.', fix: 'Do this.' },
  ] as const;
  expect(printedChecks(checks, false)).toBe(
    'ok       a: Well.\nfail     b: Not well.\n         → Do this.\n\n1 ok, 0 warn, 1 fail, 0 skipped\n',
  );
});
