import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { readAuthorityState } from '../../../controller/certificates/builtin/ca-secret.ts';
import { rotationPhase } from '../../../controller/certificates/builtin/rotation.ts';
import type { WorkerCertificate } from '../../../controller/certificates/issuer.ts';
import { secretText } from '../../../controller/certificates/secrets.ts';
import { campaigns, tenants } from '../../../controller/resources.ts';
import { annotations, CA_SECRET, workerSecretName } from '../../../src/api/index.ts';
import { secrets } from '../../../src/kube/index.ts';
import { chainsTo, splitPem } from '../../../src/pki/bundle.ts';
import type { PemIdentity } from '../../../src/rpc/pem-identity.ts';
import { unique, World } from '../controller/world.ts';
import { connect, eventually, gatewayIdentity, identityOf, measure } from './peers.ts';

// The built-in authority through a whole change, on the wire. Its steps are five seconds apart: what stands between two of
// them is looked at meanwhile, on a busy machine, too.

let world: World;

beforeAll(async () => {
  world = await World.create({
    kubeconfig: inject('kubeconfig'),
    env: { SKALD_CERTIFICATES_DISTRIBUTION_SECONDS: '5' },
  });
  await world.start();
  await eventually('the gateways have certificates', async () => {
    return (await gatewayIdentity(world.admin, world.systemNamespace, 1)) !== undefined;
  });
});
afterAll(async () => {
  await world?.[Symbol.asyncDispose]();
});

const key = () => ({ namespace: world.systemNamespace, name: CA_SECRET });
const issue = (jobName: string) => world.operator.certificates.issueWorker({ namespace: 'skald-a', jobName });
const state = async () => readAuthorityState(await world.admin.get(secrets, key()));
const ask = (request: 'start' | 'finish') =>
  world.admin.patch(secrets, key(), {
    merge: { metadata: { annotations: { [annotations.rotateCa]: request } } },
  });

interface Snapshot {
  readonly phase: string;
  readonly worker: PemIdentity;
  readonly gateway: PemIdentity;
  readonly material: WorkerCertificate;
}

/** What a worker that starts now gets, and what the gateway's pod mounts now. */
async function snapshot(phase: string): Promise<Snapshot> {
  const gateway = await gatewayIdentity(world.admin, world.systemNamespace);
  if (gateway === undefined) throw new Error('there is no gateway certificate');
  const material = await issue('s-1');
  return { phase, worker: identityOf(material), gateway, material };
}

async function reach(phase: 'distributing' | 'retiring' | 'none'): Promise<void> {
  await eventually(`the rotation is ${phase}`, async () => {
    await world.operator.certificates.ensure();
    return rotationPhase(await state()) === phase;
  });
  // The gateways follow in the same round, or the next.
  await world.operator.certificates.ensure();
}

test('a worker’s certificate takes so long', async () => {
  const median = await measure('Built-in authority', 50, (index) => issue(`s-measure-${index}`));
  expect(median).toBeLessThan(200);
});

/** A session with a Job and its worker's Secret, which the operator keeps while it runs. */
async function liveSession(name: string): Promise<() => Promise<PemIdentity>> {
  const tenant = unique('authority');
  const namespace = `skald-${tenant}`;
  await world.tenant(tenant);
  await world.ready(tenants, { name: tenant });
  await world.campaign(namespace);
  await world.ready(campaigns, { namespace, name: 'curse' });
  await world.session(namespace, name);
  const job = await world.job(namespace, await world.phase(namespace, name, 'Provisioning'));
  const key = { namespace, name: workerSecretName(job.metadata.name) };
  return async () => {
    const secret = await world.admin.get(secrets, key);
    const [certificate = '', privateKey = '', authority = ''] = ['tls.crt', 'tls.key', 'ca.crt'].map((one) =>
      secretText(secret, one),
    );
    return { certificate, privateKey, authority };
  };
}

test('through a whole change of authority whoever must connect does, and the old one is refused in the end', async () => {
  const mounted = await liveSession('through');
  const live = await mounted();
  const before = await snapshot('before');
  await ask('start');
  await reach('distributing');
  const known = await snapshot('known');
  expect(splitPem(known.gateway.authority)).toHaveLength(2);
  // The worker that runs knows the next one, too, and has its certificate still.
  expect(splitPem((await mounted()).authority)).toHaveLength(2);
  expect((await mounted()).certificate).toBe(live.certificate);
  // The present one still signs.
  expect(chainsTo(known.worker.certificate, before.worker.authority)).toBe(true);
  expect(known.gateway.certificate).toBe(before.gateway.certificate);

  // Operators die at any time: the next one goes on from the Secret.
  await world.restart();
  await reach('retiring');
  const switched = await snapshot('switched');
  expect(chainsTo(switched.worker.certificate, before.worker.authority)).toBe(false);
  expect(switched.gateway.certificate).not.toBe(before.gateway.certificate);
  const due = world.operator.certificates.assess(known.material, 's-1').renewAt.getTime();
  expect(due).toBeLessThan(Date.now() + 5_000);

  await eventually('the worker that runs has another certificate', async () => {
    return (
      chainsTo((await mounted()).certificate, switched.worker.authority) &&
      (await mounted()).certificate !== live.certificate
    );
  });
  await connect(await mounted(), switched.gateway);

  await ask('finish');
  await reach('none');
  const after = await snapshot('after');
  expect(splitPem(after.gateway.authority)).toHaveLength(1);

  // Neighbours in time meet in a real cluster: nobody lags by more than the distribution time.
  const steps = [before, known, switched, after];
  for (const [index, one] of steps.entries()) {
    for (const other of steps.slice(Math.max(0, index - 1), index + 2)) {
      const who = await connect(one.worker, other.gateway).catch((error: Error) => error.message);
      expect(who, `the worker of "${one.phase}" at the gateway of "${other.phase}"`).toBe(
        'spiffe://skald.local/ns/skald-a/worker/s-1',
      );
    }
  }
  await eventually('the worker that runs trusts only the new one', async () => {
    return splitPem((await mounted()).authority).length === 1;
  });
  await connect(await mounted(), after.gateway);
  await expect(connect(before.worker, after.gateway)).rejects.toThrow();
  // Whoever has one still gets another at once.
  expect(world.operator.certificates.assess(before.material, 's-1')).toEqual({
    bundleIsCurrent: false,
    renewAt: new Date(0),
  });
  await expect(connect(known.worker, after.gateway)).rejects.toThrow();
  await expect(connect(after.worker, before.gateway)).rejects.toThrow();
  expect(
    (await world.admin.get(secrets, key())).metadata.annotations?.[annotations.rotateCa],
  ).toBeUndefined();
}, 60_000);

test('a lost skald-ca is put back by the operator that runs', async () => {
  const before = await state();
  const worker = await issue('s-2');
  await world.admin.delete(secrets, key());
  await world.operator.certificates.ensure();
  expect(await state()).toEqual(before);
  await connect(identityOf(worker), (await snapshot('restored')).gateway);
});

test('lost while no operator ran: another one is made, and whoever has a certificate of the old one is let in', async () => {
  const worker = await issue('s-3');
  const old = await snapshot('old');
  await world.stop();
  await world.admin.delete(secrets, key());
  await world.start();
  await eventually('there is an authority', () => world.operator.certificates.state.ready);
  const first = await snapshot('first');
  // Not replaced yet: workers that run know only the old authority.
  expect(first.gateway.certificate).toBe(old.gateway.certificate);
  await connect(identityOf(worker), first.gateway);
  await connect(first.worker, first.gateway);
  await eventually('the gateway has a certificate of the new authority', async () => {
    await world.operator.certificates.ensure();
    const gateway = await gatewayIdentity(world.admin, world.systemNamespace);
    return gateway?.certificate !== old.gateway.certificate;
  });
  const last = await snapshot('last');
  await connect(identityOf(worker), {
    ...last.gateway,
    certificate: old.gateway.certificate,
    privateKey: old.gateway.privateKey,
  });
  await connect(last.worker, last.gateway);
});

test('an authority that somebody brings as the next one becomes the signer by the same steps', async () => {
  const { CertificateAuthority } = await import('../../../src/pki/ca.ts');
  const brought = await CertificateAuthority.create({ commonName: 'Brought' });
  const data = Object.fromEntries(
    Object.entries({ 'next.crt': brought.certPem, 'next.key': brought.keyPem }).map(([name, text]) => [
      name,
      Buffer.from(text).toString('base64'),
    ]),
  );
  await world.admin.patch(secrets, key(), { merge: { data } });
  await reach('retiring');
  const worker = await issue('s-4');
  expect(chainsTo(worker.certPem, brought.certPem)).toBe(true);
  await connect(identityOf(worker), (await snapshot('brought')).gateway);
});
