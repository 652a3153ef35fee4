import { describe, expect, test } from 'vitest';
import { loadControllerSettings } from '../settings.ts';

const load = (env: Record<string, string>) => loadControllerSettings({ env });

describe('the certificates block', () => {
  test('is the built-in authority with certificates of a day, when nothing is set', async () => {
    const { certificates } = await load({});
    expect(certificates).toMatchObject({ issuer: 'builtin', workerSeconds: 86_400, allowShort: false });
  });

  test('names everything that is wrong at once', async () => {
    const loading = load({
      SKALD_CERTIFICATES_ISSUER: 'vault',
      SKALD_CERTIFICATES_WORKER_SECONDS: '120',
    });
    await expect(loading).rejects.toMatchObject({
      problems: [
        expect.stringContaining('certificates.workerSeconds: at least 600 with the issuer vault'),
        'certificates.issuer: vault needs vault.address',
      ],
    });
  });

  test('refuses what kubelets are too slow for, unless a test asks for it', async () => {
    const short = { SKALD_CERTIFICATES_WORKER_SECONDS: '120' };
    await expect(load(short)).rejects.toThrow(/at least 600/);
    await expect(load({ ...short, SKALD_CERTIFICATES_ALLOW_SHORT: 'true' })).resolves.toMatchObject({
      certificates: { workerSeconds: 120 },
    });
  });

  test('needs the name of an issuer for cert-manager, which has a minimum of its own', async () => {
    const certManager = { SKALD_CERTIFICATES_ISSUER: 'cert-manager' };
    await expect(load(certManager)).rejects.toThrow(/issuerName/);
    const named = { ...certManager, SKALD_CERTIFICATES_CERT_MANAGER_ISSUER_NAME: 'skald' };
    await expect(load({ ...named, SKALD_CERTIFICATES_WORKER_SECONDS: '1800' })).rejects.toThrow(
      /at least 3600/,
    );
    await expect(load(named)).resolves.toMatchObject({
      certificates: { certManager: { issuerName: 'skald', issuerKind: 'Issuer' } },
    });
  });

  test('refuses an authority that ends before what it signed', async () => {
    await expect(load({ SKALD_CERTIFICATES_AUTHORITY_SECONDS: '2592000' })).rejects.toThrow(
      /certificates.authoritySeconds: at least 7776900/,
    );
  });
});
