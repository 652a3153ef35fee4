import { expect, test } from 'vitest';
import { FakeClock } from '../../src/kube/fake-clock.ts';
import { CertificateAuthority } from '../../src/pki/ca.ts';
import { silentLogger } from '../../src/telemetry/log.ts';
import { RETRY_MS, Revocations } from './revocations.ts';

async function setup() {
  const clock = new FakeClock();
  const authority = await CertificateAuthority.create();
  const { certPem } = await authority.issue({
    uriSans: ['spiffe://skald.local/ns/a/worker/b'],
    lifetimeSeconds: 600,
    usages: ['client'],
    notBefore: new Date(clock.now()),
  });
  const asked: string[] = [];
  const vault = { down: false, silent: false };
  const issuer = {
    revokeWorker: async (pem: string, signal?: AbortSignal) => {
      asked.push(pem);
      if (vault.silent) await new Promise((_, reject) => signal?.addEventListener('abort', reject));
      if (vault.down) throw new Error('Vault is sealed');
    },
  };
  const revocations = new Revocations({ issuer, clock, log: silentLogger() });
  const running = new AbortController();
  const done = revocations.run(running.signal);
  const stop = async () => {
    running.abort();
    await done;
  };
  return { clock, certPem, asked, vault, revocations, running, stop };
}

test('a certificate is revoked once', async () => {
  const { certPem, asked, revocations, running, stop } = await setup();
  await revocations.revoke(certPem, 'job', running.signal);
  expect(asked).toEqual([certPem]);
  expect(revocations.waiting).toBe(0);
  await stop();
});

test('an issuer that is down holds nobody up, and is asked again until it answers', async () => {
  const { clock, certPem, asked, vault, revocations, running, stop } = await setup();
  vault.down = true;
  await revocations.revoke(certPem, 'job', running.signal);
  expect(revocations.waiting).toBe(1);
  await clock.advance(RETRY_MS);
  expect(asked).toHaveLength(2);
  vault.down = false;
  await clock.advance(RETRY_MS);
  expect(asked).toHaveLength(3);
  expect(revocations.waiting).toBe(0);
  await clock.advance(10 * RETRY_MS);
  expect(asked).toHaveLength(3);
  await stop();
});

test('nor does one that says nothing', async () => {
  const { clock, certPem, vault, revocations, running, stop } = await setup();
  vault.silent = true;
  const revoked = revocations.revoke(certPem, 'job', running.signal);
  await clock.advance(3_000);
  await revoked;
  expect(revocations.waiting).toBe(1);
  await stop();
});

test('what has ended by itself is forgotten', async () => {
  const { clock, certPem, asked, vault, revocations, running, stop } = await setup();
  vault.down = true;
  await revocations.revoke(certPem, 'job', running.signal);
  await clock.advance(600_000 + RETRY_MS);
  const tried = asked.length;
  expect(revocations.waiting).toBe(0);
  await clock.advance(10 * RETRY_MS);
  expect(asked).toHaveLength(tried);
  await stop();
});

test('a pass that ends in between leaves it to whoever continues', async () => {
  const { certPem, vault, revocations, running, stop } = await setup();
  vault.silent = true;
  const revoked = revocations.revoke(certPem, 'job', running.signal);
  await stop();
  await expect(revoked).rejects.toThrow();
  expect(revocations.waiting).toBe(0);
});
