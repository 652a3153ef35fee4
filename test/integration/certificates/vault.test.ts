import 'reflect-metadata';
import { X509Certificate } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { secretText } from '../../../controller/certificates/secrets.ts';
import { campaigns, tenants } from '../../../controller/resources.ts';
import { findCondition, workerSecretName } from '../../../src/api/index.ts';
import { secrets } from '../../../src/kube/index.ts';
import { splitPem } from '../../../src/pki/bundle.ts';
import { readCertificate } from '../../../src/pki/ca.ts';
import { unique, World } from '../controller/world.ts';
import { VaultScene } from '../vault/scene.ts';
import { connect, eventually, gatewayIdentity, identityOf, measure } from './peers.ts';

// The operator with a real Vault as `skald vault setup` leaves it, logged in as its own service account.

let world: World;
let scene: VaultScene;

beforeAll(async () => {
  const systemNamespace = unique('skald-vault');
  const kubeconfig = inject('kubeconfig');
  scene = await VaultScene.create({ kubeconfig, setup: { systemNamespace } });
  world = await World.create({
    kubeconfig,
    systemNamespace,
    env: {
      SKALD_CERTIFICATES_ISSUER: 'vault',
      SKALD_VAULT_ADDRESS: scene.vault.address,
      SKALD_CERTIFICATES_DISTRIBUTION_SECONDS: '5',
    },
  });
  world.vault = scene.controller();
  await world.start();
  await eventually('the gateways have certificates', async () => (await gateway(1)) !== undefined);
});
afterAll(async () => {
  await world?.[Symbol.asyncDispose]();
  await scene?.close();
});

const gateway = (slot = 0) => gatewayIdentity(world.admin, world.systemNamespace, slot);
const served = async () => {
  const identity = await gateway();
  if (identity === undefined) throw new Error('there is no gateway certificate');
  return identity;
};
const issue = (jobName: string) =>
  world.operator.certificates.issueWorker({ namespace: 'skald-a', jobName, lifetimeSeconds: 3600 });

/** Serial numbers on Vault's revocation list. */
async function revoked(): Promise<string[]> {
  const response = await fetch(`${scene.vault.address}/v1/${scene.setup.pkiMount}/crl`);
  const list = new x509.X509Crl(await response.arrayBuffer());
  return list.entries.map(({ serialNumber }) => serialNumber.toLowerCase());
}

describe('a worker’s certificate from Vault', () => {
  test('is accepted by a gateway with Vault’s certificate, and the other way round', async () => {
    const worker = await issue('s-1');
    expect(await connect(identityOf(worker), await served())).toBe(
      'spiffe://skald.local/ns/skald-a/worker/s-1',
    );
    const leaf = new X509Certificate(worker.certPem);
    expect(leaf.subjectAltName).toBe('URI:spiffe://skald.local/ns/skald-a/worker/s-1');
    expect(leaf.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
    expect(leaf.subject ?? '').toBe('');
    const life = worker.notAfter.getTime() - Date.now();
    expect(life).toBeGreaterThan(3_500_000);
    expect(life).toBeLessThanOrEqual(3_600_000);
  });

  test('is another one at each renewal, and the old one stays good', async () => {
    const [first, second] = [await issue('s-2'), await issue('s-2')];
    expect(second.serial).not.toBe(first.serial);
    expect(second.keyPem).not.toBe(first.keyPem);
    for (const worker of [first, second]) await connect(identityOf(worker), await served());
  });

  test('is on the revocation list once it is revoked, and twice is as good as once', async () => {
    const [worker, other] = [await issue('s-3'), await issue('s-4')];
    expect(await revoked()).not.toContain(worker.serial);
    await world.operator.certificates.revokeWorker(worker.certPem);
    await world.operator.certificates.revokeWorker(worker.certPem);
    const list = await revoked();
    expect(list).toContain(worker.serial);
    expect(list).not.toContain(other.serial);
  });

  test('takes so long', async () => {
    const median = await measure('Vault', 20, (index) => issue(`s-measure-${index}`));
    expect(median).toBeLessThan(1000);
  });
});

test('with its session a worker’s certificate ends: it is on Vault’s list, and its Secret is gone', async () => {
  const name = unique('ending');
  const namespace = `skald-${name}`;
  await world.tenant(name);
  await world.ready(tenants, { name });
  await world.campaign(namespace);
  await world.ready(campaigns, { namespace, name: 'curse' });
  const { job, pod } = await world.active(namespace, 'evening');
  const key = { namespace, name: workerSecretName(job.metadata.name) };
  const { serial } = readCertificate(secretText(await world.admin.get(secrets, key), 'tls.crt') ?? '');
  expect(await revoked()).not.toContain(serial);

  await world.stopSession(namespace, 'evening');
  await world.exited(pod, 0);
  await world.phase(namespace, 'evening', 'Ended');
  await eventually('it is revoked', async () => (await revoked()).includes(serial));
  await eventually('its Secret is gone', async () => (await world.admin.find(secrets, key)) === undefined);
});

test('the operator’s own certificate is accepted, too', async () => {
  const identity = world.operator.certificates.operatorIdentity();
  if (identity === undefined) throw new Error('the operator has none');
  expect(await connect(identity, await served())).toBe('spiffe://skald.local/operator');
});

test('what Vault’s role does not allow is refused with what to do, without the request', async () => {
  await scene.vault.call('POST', `${scene.setup.pkiMount}/roles/skald-worker`, {
    allowed_uri_sans: ['spiffe://another.domain/*'],
    key_type: 'ec',
    client_flag: true,
    require_cn: false,
  });
  try {
    const refused = await issue('s-5').catch((error: Error) => error.message);
    expect(refused).toMatch(/pki.*sign\/skald-worker.*skald vault setup --print/s);
    expect(refused).not.toContain('BEGIN');
  } finally {
    await scene.runSetup();
  }
  await issue('s-5');
});

test('sealed: nothing is issued and Tenants say why; unsealed: it goes on by itself', async () => {
  const tenant = await world.tenant(unique('sealed'));
  await world.ready(tenants, { name: tenant.metadata.name });
  const before = await served();
  const worker = await issue('s-6');
  await scene.vault.seal();
  try {
    await expect(issue('s-7')).rejects.toThrow(/unseal Vault/);
    // What has a certificate goes on.
    await connect(identityOf(worker), before);
    const says = await world.until(tenants, { name: tenant.metadata.name }, (one) => {
      return findCondition(one?.status?.conditions, 'CertificatesReady')?.status === 'False';
    });
    expect(findCondition(says?.status?.conditions, 'CertificatesReady')?.message).toMatch(
      /sealed.*unseal Vault/s,
    );
  } finally {
    await scene.vault.unseal();
  }
  await world.ready(tenants, { name: tenant.metadata.name });
  expect(await served()).toEqual(before);
  await issue('s-7');
});

test('another root in Vault is trusted beside the old one, by whom has certificates of either', async () => {
  const { certificates } = world.operator;
  const old = { worker: await issue('s-8'), gateway: await served() };
  const mount = scene.setup.pkiMount;
  const made = (await scene.vault.call('POST', `${mount}/root/generate/internal`, {
    common_name: 'Skald, the next',
    issuer_name: 'next',
    key_type: 'ec',
    ttl: '87600h',
  })) as { data: { issuer_id: string } };
  await certificates.ensure();
  const both = await served();
  expect(both.certificate).toBe(old.gateway.certificate);
  expect(splitPem(both.authority)).toHaveLength(2);
  expect(certificates.assess(old.worker, 's-8').bundleIsCurrent).toBe(false);

  await scene.vault.call('POST', `${mount}/config/issuers`, { default: made.data.issuer_id });
  const worker = await issue('s-8');
  expect(readCertificate(worker.certPem).issuedBy(splitPem(old.worker.caPem)[0] ?? '')).toBe(false);
  // Both certificates at the gateway that knows both; the new one's bundle still accepts the gateway's old certificate.
  await connect(identityOf(old.worker), both);
  await connect(identityOf(worker), both);
  await expect(connect(identityOf(worker), old.gateway)).rejects.toThrow();

  // The old root goes from Vault: whoever it signed is accepted until its certificate ends.
  const issuers = (await scene.vault.call('LIST', `${mount}/issuers`)) as { data: { keys: string[] } };
  const gone = issuers.data.keys.find((id) => id !== made.data.issuer_id);
  await scene.vault.call('DELETE', `${mount}/issuer/${gone}`);
  await certificates.ensure();
  expect(splitPem(await certificates.authorityPem())).toHaveLength(2);
  await world.restart();
  await eventually('the operator is back', () => world.operator.certificates.state.ready);
  expect(splitPem(await world.operator.certificates.authorityPem())).toHaveLength(2);
  await connect(identityOf(old.worker), await served());
});
