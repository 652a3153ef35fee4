import { X509Certificate } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import {
  certificateLabels,
  certificateRequests,
  certificates,
} from '../../../controller/certificates/cert-manager/resources.ts';
import { CertManagerSource } from '../../../controller/certificates/cert-manager/source.ts';
import { secretData } from '../../../controller/certificates/secrets.ts';
import { metadataOf, secrets, silentLogger, systemClock } from '../../../src/kube/index.ts';
import { splitPem } from '../../../src/pki/bundle.ts';
import { CertificateAuthority, readCertificate } from '../../../src/pki/ca.ts';
import { renewalTime } from '../../../src/pki/renewal.ts';
import { trustDomain } from '../../../src/rpc/identity.ts';
import { unique, World } from '../controller/world.ts';
import { issuers, startCertManager } from './cert-manager-controller.ts';
import { connect, eventually, gatewayIdentity, identityOf, measure } from './peers.ts';

// The operator with the chart's own rights, and the real controller of cert-manager with an issuer of type ca.

let world: World;
let folder: string;
let certManager: { stop(): Promise<void> };
const DENIED = 'denied-job';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skald-cert-manager-'));
  const kubeconfig = inject('kubeconfig');
  world = await World.create({
    kubeconfig,
    systemNamespace: unique('skald-cm'),
    values: ['certificates.issuer=cert-manager'],
    env: {
      SKALD_CERTIFICATES_ISSUER: 'cert-manager',
      SKALD_CERTIFICATES_CERT_MANAGER_ISSUER_NAME: 'skald',
      SKALD_CERTIFICATES_DISTRIBUTION_SECONDS: '5',
    },
  });
  const { admin, systemNamespace: namespace } = world;
  await writeAuthority(await CertificateAuthority.create({ commonName: 'Issuer of the test' }));
  certManager = await startCertManager({
    kubeconfig,
    admin,
    namespace,
    folder,
    approves: ({ metadata }) => metadata.labels?.[certificateLabels.job] !== DENIED,
  });
  await admin.create(issuers, {
    apiVersion: 'cert-manager.io/v1',
    kind: 'Issuer',
    metadata: { namespace, name: 'skald' },
    spec: { ca: { secretName: 'issuer-ca' } },
  });
  await world.start();
  await eventually('the gateways have certificates', async () => (await gateway(1)) !== undefined);
});
afterAll(async () => {
  await world?.stop();
  await certManager?.stop();
  await world?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const gateway = (slot = 0) => gatewayIdentity(world.admin, world.systemNamespace, slot);
const served = async () => {
  const identity = await gateway();
  if (identity === undefined) throw new Error('there is no gateway certificate');
  return identity;
};
const issue = (jobName: string, lifetimeSeconds = 3600) =>
  world.operator.certificates.issueWorker({ namespace: 'skald-a', jobName, lifetimeSeconds });

/** What the issuer signs with. */
async function writeAuthority(authority: CertificateAuthority): Promise<void> {
  const { systemNamespace: namespace, admin } = world;
  const data = secretData({ 'tls.crt': authority.certPem, 'tls.key': authority.keyPem });
  const metadata = { namespace, name: 'issuer-ca' };
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata, type: 'kubernetes.io/tls', data };
  await admin.apply(secrets, secret, { fieldManager: 'test' });
}

function source(
  options: Partial<ConstructorParameters<typeof CertManagerSource>[0]> = {},
): CertManagerSource {
  return new CertManagerSource({
    client: world.admin,
    clock: systemClock,
    log: silentLogger,
    systemNamespace: world.systemNamespace,
    trustDomain: trustDomain('skald.local'),
    issuer: { ...world.settings.certificates.certManager, timeoutSeconds: 3 },
    hasJob: () => false,
    ...options,
  });
}

const request = (name: string) => ({
  kind: 'worker' as const,
  uri: `spiffe://skald.local/ns/skald-a/worker/${name}`,
  lifetimeSeconds: 3600,
  place: { namespace: 'skald-a', name },
});

describe('a worker’s certificate from cert-manager', () => {
  test('is accepted by a gateway with cert-manager’s certificate, and the other way round', async () => {
    const worker = await issue('s-1');
    expect(await connect(identityOf(worker), await served())).toBe(
      'spiffe://skald.local/ns/skald-a/worker/s-1',
    );
    const leaf = new X509Certificate(worker.certPem);
    expect(leaf.subjectAltName).toBe('URI:spiffe://skald.local/ns/skald-a/worker/s-1');
    expect(leaf.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
    expect(leaf.publicKey.asymmetricKeyDetails?.namedCurve).toBe('prime256v1');
    expect(worker.serial).toBe(leaf.serialNumber.toLowerCase());
  });

  test('asked for twice is the same one: nothing is lost when an operator dies in between', async () => {
    const [first, second] = [await issue('s-2'), await issue('s-2')];
    expect(second.serial).toBe(first.serial);
  });

  test('is another one, with another key, once two thirds of its life are over', async () => {
    const first = await issue('s-3', 12);
    await eventually('it is due', () => renewalTime(first).getTime() <= Date.now());
    const second = await issue('s-3', 12);
    expect(second.serial).not.toBe(first.serial);
    expect(second.keyPem).not.toBe(first.keyPem);
    expect(second.notAfter.getTime()).toBeGreaterThan(first.notAfter.getTime());
    for (const worker of [first, second]) await connect(identityOf(worker), await served());
  });

  test('and its key are gone after the session’s end', async () => {
    const worker = await issue('s-4');
    const { admin, systemNamespace: namespace } = world;
    const key = { namespace, name: 'worker.skald-a.s-4' };
    expect(await admin.find(certificates, key)).toBeDefined();
    await world.operator.certificates.revokeWorker(worker.certPem);
    await world.operator.certificates.revokeWorker(worker.certPem);
    expect(await admin.find(certificates, key)).toBeUndefined();
    // cert-manager may be writing it at this moment, and write it once more: the next round removes it.
    await eventually('its Secret is gone', async () => {
      await world.operator.certificates.ensure();
      return (await admin.find(secrets, key)) === undefined;
    });
  });

  test('takes so long', async () => {
    const median = await measure('cert-manager', 10, (index) => issue(`s-measure-${index}`));
    expect(median).toBeLessThan(5000);
  });
});

test('the operator’s own certificate is accepted, too', async () => {
  const identity = world.operator.certificates.operatorIdentity();
  if (identity === undefined) throw new Error('the operator has none');
  expect(await connect(identity, await served())).toBe('spiffe://skald.local/operator');
});

describe('a certificate that does not come', () => {
  test('because it is denied says so at once, in the words of the policy', async () => {
    const began = performance.now();
    await expect(issue(DENIED)).rejects.toThrow(
      /cert-manager refused the certificate worker\.skald-a\.denied-job: .*policy of the test allows no such name/,
    );
    expect(performance.now() - began).toBeLessThan(10_000);
    // Or cert-manager would wait for an hour before it tried again.
    const key = { namespace: world.systemNamespace, name: `worker.skald-a.${DENIED}` };
    expect(await world.admin.find(certificates, key)).toBeUndefined();
  });

  test('because there is no such issuer names it', async () => {
    const missing = { ...world.settings.certificates.certManager, issuerName: 'nobody', timeoutSeconds: 2 };
    await expect(source({ issuer: missing }).issue(request('s-5'))).rejects.toThrow(
      /has not issued .* within 2 s: .*nobody.* not found/,
    );
    // With the right one the same Certificate is signed.
    expect((await source().issue(request('s-5'))).serial).toMatch(/^[0-9a-f]+$/);
  });
});

test('what an operator left that died at a session’s end is removed, what has its Job is not', async () => {
  await Promise.all([issue('s-6'), issue('s-7')]);
  const { admin, systemNamespace: namespace } = world;
  const later = { ...systemClock, now: () => Date.now() + 11 * 60_000 };
  const hasJob = (_: string, job: string) => job === 's-7';
  await source({ hasJob }).prepare();
  expect(await admin.find(certificates, { namespace, name: 'worker.skald-a.s-6' })).toBeDefined();
  await source({ hasJob, clock: later }).prepare();
  for (const resource of [certificates, secrets].map(metadataOf)) {
    expect(await admin.find(resource, { namespace, name: 'worker.skald-a.s-6' })).toBeUndefined();
    expect(await admin.find(resource, { namespace, name: 'worker.skald-a.s-7' })).toBeDefined();
  }
  expect(await admin.listAll(certificateRequests, { namespace })).not.toHaveLength(0);
});

test('another authority behind the issuer is trusted beside the old one', async () => {
  const old = { worker: await issue('s-8'), gateway: await served() };
  await writeAuthority(await CertificateAuthority.create({ commonName: 'The next issuer' }));
  let index = 0;
  await eventually('the issuer signs with its new authority', async () => {
    const worker = await issue(`s-next-${index++}`);
    return !readCertificate(worker.certPem).issuedBy(splitPem(old.worker.caPem)[0] ?? '');
  });
  const worker = await issue('s-9');
  expect(splitPem(worker.caPem)).toHaveLength(2);
  await world.operator.certificates.ensure();
  const both = await served();
  expect(both.certificate).toBe(old.gateway.certificate);
  await connect(identityOf(old.worker), both);
  await connect(identityOf(worker), both);
  await expect(connect(identityOf(worker), old.gateway)).rejects.toThrow();
});
