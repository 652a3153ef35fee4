import { afterAll, afterEach, beforeAll, expect, inject, test, vi } from 'vitest';
import { secretData, secretText } from '../../../controller/certificates/secrets.ts';
import { campaigns, tenants, voiceSessions } from '../../../controller/resources.ts';
import { annotations, CA_SECRET, timestamp, workerSecretName } from '../../../src/api/index.ts';
import { type Live, type Secret, secrets } from '../../../src/kube/index.ts';
import { CertificateAuthority, readCertificate } from '../../../src/pki/ca.ts';
import { trustDomain, workerId } from '../../../src/rpc/identity.ts';
import { World } from '../controller/world.ts';

// The operator's part of a rotation: the certificate in the Secret of a worker that runs, and its end.

let world: World;
const namespace = 'skald-rotation-acme';
const guilds = Array.from({ length: 8 }, (_, index) => `10000000000000050${index}`);

beforeAll(async () => {
  world = await World.create({ kubeconfig: inject('kubeconfig') });
  await world.start();
  await world.tenant('rotation-acme', { guilds });
  await world.ready(tenants, { name: 'rotation-acme' });
});
afterAll(() => world?.[Symbol.asyncDispose]());
afterEach(() => vi.restoreAllMocks());

/** A session that has a Job and the Secret for it. */
async function liveSession(name: string) {
  await world.campaign(namespace, name);
  await world.ready(campaigns, { namespace, name });
  await world.session(namespace, name, { guildId: guilds.shift(), campaignRef: { name } });
  const job = await world.job(namespace, await world.phase(namespace, name, 'Provisioning'));
  const jobName = job.metadata.name;
  const key = { namespace, name: workerSecretName(jobName) };
  return { key, jobName, namespace, secret: await world.admin.get(secrets, key) };
}

const serialOf = (secret: Live<Secret> | undefined) =>
  readCertificate(secretText(secret, 'tls.crt') ?? '').serial;

/** Puts a certificate of the same authority into the Secret, as the operator itself would have, long ago. */
async function age(worker: { key: { namespace: string; name: string }; jobName: string; namespace: string }) {
  const ca = await world.admin.get(secrets, { namespace: world.systemNamespace, name: CA_SECRET });
  const authority = await CertificateAuthority.load({
    certPem: secretText(ca, 'tls.crt') ?? '',
    keyPem: secretText(ca, 'tls.key') ?? '',
  });
  const old = await authority.issue({
    uriSans: [workerId(trustDomain('skald.local'), worker.namespace, worker.jobName)],
    lifetimeSeconds: 1000,
    usages: ['client'],
    // The authority is a moment old: a certificate cannot be older, but it may end soon.
    notBefore: new Date(Date.now() - 900_000),
  });
  const data = secretData({ 'tls.crt': old.certPem, 'tls.key': old.keyPem });
  await world.admin.patch(secrets, worker.key, { merge: { data } }, { fieldManager: 'skald-controller' });
  return old;
}

test('what is in the Secret is told on it and in the status', async () => {
  const worker = await liveSession('told');
  const { serial, notAfter } = readCertificate(secretText(worker.secret, 'tls.crt') ?? '');
  expect(worker.secret.metadata.annotations).toMatchObject({
    [annotations.certificateSerial]: serial,
    [annotations.certificateExpiry]: timestamp(notAfter),
  });
  const session = await world.admin.get(voiceSessions, { namespace: worker.namespace, name: 'told' });
  expect(Date.parse(session.status?.worker?.certificateExpiry ?? '')).toBe(notAfter.getTime());
});

test('a certificate that is past two thirds of its life is renewed, and nothing else in the Secret changes', async () => {
  const worker = await liveSession('due');
  const foreign = secretData({ note: 'of somebody else' });
  await world.admin.patch(secrets, worker.key, { merge: { data: foreign } }, { fieldManager: 'kubectl' });
  const old = await age(worker);
  const renewed = await world.until(secrets, worker.key, (one) => serialOf(one) !== old.serial);
  const certificate = readCertificate(secretText(renewed, 'tls.crt') ?? '');
  expect(certificate.uriSans).toEqual([
    `spiffe://skald.local/ns/${worker.namespace}/worker/${worker.jobName}`,
  ]);
  expect(certificate.notAfter.getTime()).toBeGreaterThan(Date.now() + 3_600_000);
  expect(secretText(renewed, 'tls.key')).not.toBe(old.keyPem);
  expect(renewed?.metadata.uid).toBe(worker.secret.metadata.uid);
  expect(renewed?.data?.note).toBe(foreign.note);
  expect(renewed?.metadata.annotations?.[annotations.certificateSerial]).toBe(certificate.serial);
  await world.until(
    voiceSessions,
    { namespace: worker.namespace, name: 'due' },
    (one) => Date.parse(one?.status?.worker?.certificateExpiry ?? '') === certificate.notAfter.getTime(),
  );
  // Once: the new one is not due.
  const { resourceVersion } = renewed?.metadata ?? {};
  await world.restart();
  await world.until(voiceSessions, { namespace: worker.namespace, name: 'due' }, () => true);
  expect((await world.admin.get(secrets, worker.key)).metadata.resourceVersion).toBe(resourceVersion);
});

test('a Secret that was lost and made again has its own certificate, and the status says until when', async () => {
  const worker = await liveSession('lost');
  const before = serialOf(worker.secret);
  await age(worker);
  await world.admin.delete(secrets, worker.key);
  const made = await world.until(secrets, worker.key, (one) => one !== undefined);
  expect(serialOf(made)).not.toBe(before);
  const { notAfter } = readCertificate(secretText(made, 'tls.crt') ?? '');
  await world.until(
    voiceSessions,
    { namespace: worker.namespace, name: 'lost' },
    (one) => Date.parse(one?.status?.worker?.certificateExpiry ?? '') === notAfter.getTime(),
  );
});

test('while the issuer does not answer the session goes on and says so; then it is renewed', async () => {
  const worker = await liveSession('sealed');
  const where = { namespace: worker.namespace, name: 'sealed' };
  const issue = vi
    .spyOn(world.operator.certificates, 'issueWorker')
    .mockRejectedValue(new Error('Vault is sealed.'));
  const old = await age(worker);
  const told = await world.until(voiceSessions, where, (one) =>
    (one?.status?.conditions ?? []).some(
      ({ type, status }) => type === 'CertificateIssued' && status === 'False',
    ),
  );
  const condition = told?.status?.conditions?.find(({ type }) => type === 'CertificateIssued');
  expect(condition).toMatchObject({
    reason: 'IssueFailed',
    message: expect.stringContaining('Vault is sealed.'),
  });
  expect(told?.status?.phase).toBe('Provisioning');
  expect(serialOf(await world.admin.get(secrets, worker.key))).toBe(old.serial);
  issue.mockRestore();
  await world.until(secrets, worker.key, (one) => serialOf(one) !== old.serial);
});

test('at the end the certificate is revoked before its Secret goes, and again by whoever continues', async () => {
  const worker = await liveSession('ended');
  const serial = serialOf(worker.secret);
  const seen: { serial: string; secretIsThere: boolean }[] = [];
  vi.spyOn(world.operator.certificates, 'revokeWorker').mockImplementation(async (pem) => {
    const there = await world.admin.find(secrets, worker.key);
    seen.push({ serial: readCertificate(pem).serial, secretIsThere: there !== undefined });
  });
  await world.admin.patch(
    voiceSessions,
    { namespace: worker.namespace, name: 'ended' },
    { merge: { spec: { desiredState: 'Stopped' } } },
  );
  await world.until(
    voiceSessions,
    { namespace: worker.namespace, name: 'ended' },
    (one) => one?.status?.phase === 'Ended',
  );
  expect(seen[0]).toEqual({ serial, secretIsThere: true });
  expect(await world.admin.find(secrets, worker.key)).toBeUndefined();
});

test('an issuer that cannot revoke does not hold the end up', async () => {
  const worker = await liveSession('unrevoked');
  vi.spyOn(world.operator.certificates, 'revokeWorker').mockRejectedValue(new Error('Vault is sealed.'));
  const where = { namespace: worker.namespace, name: 'unrevoked' };
  await world.admin.patch(voiceSessions, where, { merge: { spec: { desiredState: 'Stopped' } } });
  await world.until(voiceSessions, where, (one) => one?.status?.phase === 'Ended');
  expect(await world.admin.find(secrets, worker.key)).toBeUndefined();
});
