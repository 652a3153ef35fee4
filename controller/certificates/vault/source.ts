// Vault's PKI: the key pair and the request are made here, Vault signs. The key never leaves the cluster.
import type { Clock, Logger } from '../../../src/kube/index.ts';
import { splitPem } from '../../../src/pki/bundle.ts';
import { readCertificate } from '../../../src/pki/ca.ts';
import { createSigningRequest } from '../../../src/pki/csr.ts';
import { PKI_ROLES, type Pki, VaultError } from '../../../src/vault/index.ts';
import type { CertificateSource, Leaf, LeafRequest } from '../source.ts';

export interface VaultSourceOptions {
  readonly pki: Pick<Pki, 'sign' | 'revoke' | 'authorityPem'>;
  readonly clock: Clock;
  readonly log: Logger;
}

export class VaultSource implements CertificateSource {
  readonly name = 'vault';
  readonly #o: VaultSourceOptions;

  constructor(options: VaultSourceOptions) {
    this.#o = options;
  }

  async prepare(signal?: AbortSignal): Promise<readonly string[]> {
    return splitPem(await this.#o.pki.authorityPem(signal).catch(explain));
  }

  async issue(request: LeafRequest, signal?: AbortSignal): Promise<Leaf> {
    const { uri, dnsNames = [], lifetimeSeconds, kind } = request;
    const { csrPem, keyPem } = await createSigningRequest({ uris: [uri], dnsNames });
    const signed = await this.#o.pki
      .sign(
        { role: PKI_ROLES[kind], csrPem, uriSans: [uri], dnsSans: dnsNames, ttlSeconds: lifetimeSeconds },
        signal,
      )
      .catch(explain);
    const { certPem, caPem, serial, notBefore, notAfter } = signed;
    return { certPem, keyPem, authorities: splitPem(caPem), serial, notBefore, notAfter };
  }

  /** Another issuer in the mount signs what comes; what there is stays good as long as it says. */
  supersededAt(): undefined {}

  async revoke(certPem: string, signal?: AbortSignal): Promise<void> {
    const { serial, notAfter } = readCertificate(certPem);
    if (notAfter.getTime() <= this.#o.clock.now()) return;
    try {
      await this.#o.pki.revoke(serial, signal);
      this.#o.log.info({ serial }, 'Revoked a certificate');
    } catch (error) {
      // Of another source, or tidied away: Vault has nothing to revoke.
      if (error instanceof VaultError && error.kind === 'not-found') return;
      explain(error);
    }
  }
}

/** What was refused and why is in Vault's error; what to do about it is known here. */
function explain(error: unknown): never {
  if (!(error instanceof VaultError)) throw error;
  const advice: Partial<Record<VaultError['kind'], string>> = {
    denied: 'run `skald vault setup`, and see that the operator’s role has the policy for its PKI mount',
    'not-found': 'run `skald vault setup`, which makes the PKI mount, its authority and its roles',
    invalid: 'compare the PKI roles with what `skald vault setup --print` shows (trust domain, key type)',
    sealed: 'unseal Vault; what runs goes on until its certificate ends',
  };
  const what = advice[error.kind];
  if (what === undefined) throw error;
  throw new VaultError(error.kind, `${error.message}: ${what}`, error.status);
}
