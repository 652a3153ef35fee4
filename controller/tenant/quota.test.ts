import { describe, expect, test } from 'vitest';
import type { Tenant } from '../../src/api/index.ts';
import type { LiveTenant } from '../resources.ts';
import { type Settings, settingsSchema } from '../settings.ts';
import { tenant as base } from '../voicesession/fixtures.ts';
import { limitRange, resourceQuota } from './quota.ts';

const plain = settingsSchema.parse({});

interface Changes extends Partial<Omit<Tenant['spec'], 'limits' | 'worker'>> {
  readonly limits?: Partial<Tenant['spec']['limits']>;
  readonly worker?: Partial<Tenant['spec']['worker']>;
}

function request({ limits, worker, ...spec }: Changes = {}, settings: Settings = plain, openSessions = 0) {
  const tenant: LiveTenant = {
    apiVersion: 'skald.dev/v1alpha1',
    kind: 'Tenant',
    metadata: { name: 'acme', uid: 'uid-acme', resourceVersion: '1' },
    spec: {
      ...base.spec,
      ...spec,
      limits: { ...base.spec.limits, concurrentSessions: 3, ...limits },
      worker: { ...base.spec.worker, ...worker },
    },
  };
  return { tenant, settings, openSessions };
}
const hard = (...parts: Parameters<typeof request>) => resourceQuota(request(...parts))?.spec?.hard;

describe('the quota of a tenant', () => {
  test('has room for each session and each spare twice, for two recaps, and for their Secrets', () => {
    expect(hard({ worker: { warm: 1 } })).toEqual({
      pods: '10',
      'count/jobs.batch': '10',
      'count/secrets': '70',
      'requests.cpu': '1',
      'requests.memory': '1920Mi',
      'limits.memory': '5Gi',
      'services.loadbalancers': '0',
      'services.nodeports': '0',
      persistentvolumeclaims: '0',
    });
  });

  test('limits no resource that a container of Skald’s leaves open: its pods would be refused', () => {
    expect(hard()).not.toHaveProperty(['limits.cpu']);
    const open = hard({ worker: { resources: { requests: {}, limits: { cpu: '1' } } } });
    expect(open).toMatchObject({ 'requests.cpu': '8', 'limits.cpu': '8' });
    expect(open).not.toHaveProperty(['requests.memory']);
    expect(open).not.toHaveProperty(['limits.memory']);
  });

  test('counts with the largest profile that a session may choose, and its GPU', () => {
    const settings = settingsSchema.parse({
      worker: { sidecars: { whisper: { image: 'whisper' }, llm: { image: 'llm' }, speech: { image: 's' } } },
    });
    const gpu = { llm: { limits: { memory: '12Gi', 'nvidia.com/gpu': 1 } } };
    expect(hard({ limits: { concurrentSessions: 1 }, worker: { sidecars: gpu } }, settings)).toMatchObject({
      pods: '3',
      // worker, whisper, llm: 0.1 + 1 + 2, twice, and a recap's
      'requests.cpu': '9300m',
      'limits.memory': '47616Mi',
      'requests.nvidia.com/gpu': '3',
    });
  });

  test('has room for a gateway of the tenant’s own and the one that takes over', () => {
    expect(hard({ topology: 'dedicated' })).toMatchObject({
      pods: '10',
      'count/jobs.batch': '8',
      'requests.cpu': '900m',
    });
  });

  test('a limit that is lowered leaves those who are there their room', () => {
    expect(hard({ limits: { concurrentSessions: 1 } }, plain, 4)).toMatchObject({ pods: '10' });
    expect(hard({ limits: { concurrentSessions: 0 } })).toMatchObject({ pods: '0', 'requests.cpu': '0' });
  });

  test('without a limit on sessions has the installation’s own limits only, or is not there', () => {
    const { concurrentSessions: _, ...limits } = base.spec.limits;
    const unlimited = (settings: Settings) => {
      const { tenant } = request();
      const spec = { ...tenant.spec, limits };
      return resourceQuota({ tenant: { ...tenant, spec }, settings, openSessions: 5 });
    };
    expect(unlimited(plain)?.spec?.hard).toEqual({
      'services.loadbalancers': '0',
      'services.nodeports': '0',
      persistentvolumeclaims: '0',
    });
    expect(unlimited(settingsSchema.parse({ quota: { hard: {} } }))).toBeUndefined();
  });

  test('follows the installation, which goes before what follows from the Tenant', () => {
    const settings = settingsSchema.parse({
      quota: { spareSecrets: 5, hard: { pods: 100, 'requests.storage': '2048Mi' } },
    });
    expect(hard({}, settings)).toMatchObject({
      pods: '100',
      'requests.storage': '2Gi',
      'count/secrets': '21',
    });
    expect(() => settingsSchema.parse({ quota: { hard: { pods: 'many' } } })).toThrow(/no quantity/);
  });
});

describe('the defaults for containers of others', () => {
  const item = (...parts: Parameters<typeof request>) => limitRange(request(...parts))?.spec?.limits?.[0];

  test('are what a worker takes', () => {
    expect(item()).toEqual({
      type: 'Container',
      default: { memory: '512Mi' },
      defaultRequest: { cpu: '100m', memory: '192Mi' },
    });
  });

  test('never reach a container of Skald’s that leaves a resource open', () => {
    const worker = { resources: { requests: { cpu: '200m' }, limits: { cpu: '2' } } };
    expect(item({ worker })).toEqual({
      type: 'Container',
      default: { cpu: '2' },
      defaultRequest: { cpu: '200m' },
    });
    expect(limitRange(request({ worker: { resources: { requests: {}, limits: {} } } }))).toBeUndefined();
  });
});
