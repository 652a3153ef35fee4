import { X509Certificate } from 'node:crypto';
import type { VaultClient } from './client.ts';
import { textAt, textsAt } from './decode.ts';
import { vaultPath } from './paths.ts';
import { VaultError } from './vault-error.ts';

export interface SignRequest {
  /** Of the PKI mount: `skald-worker`, `skald-gateway`, `skald-operator`. */
  readonly role: string;
  /** Carries the public key; the names in it do not count. */
  readonly csrPem: string;
  readonly uriSans: readonly string[];
  readonly dnsSans?: readonly string[];
  /** Vault cuts it to the role's maximum and to the authority's own end. @defaultValue the role's */
  readonly ttlSeconds?: number;
  readonly signal?: AbortSignal;
}

export interface SignedCertificate {
  /** The leaf, and the intermediate authorities between it and a root, if any. */
  readonly certPem: string;
  /** What peers must trust: every authority of the mount. */
  readonly caPem: string;
  /** Lower-case hex. */
  readonly serial: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** Vault's certificate authority. */
export class Pki {
  readonly #client: VaultClient;
  readonly #mount: string;

  constructor(client: VaultClient) {
    this.#client = client;
    this.#mount = client.settings.pki.mount;
  }

  /** @throws VaultError of kind `invalid` when the role does not allow the names or the key. */
  async sign(
    request: SignRequest,
    signal: AbortSignal | undefined = request.signal,
  ): Promise<SignedCertificate> {
    const { data } = await this.#client.request({
      method: 'POST',
      path: vaultPath(this.#mount, 'sign', request.role),
      body: {
        csr: request.csrPem,
        uri_sans: request.uriSans.join(','),
        alt_names: (request.dnsSans ?? []).join(','),
        exclude_cn_from_sans: true,
        format: 'pem',
        ...(request.ttlSeconds === undefined ? {} : { ttl: `${Math.floor(request.ttlSeconds)}s` }),
      },
      signal,
      operation: 'pki.sign',
    });
    const leaf = withFinalNewline(textAt(data, 'certificate', 'pki/sign'));
    const chain = [textAt(data, 'issuing_ca', 'pki/sign'), ...textsAt(data, 'ca_chain')];
    const certificate = read(leaf);
    return {
      certPem: leaf + unique(chain.filter((pem) => pem !== '' && !isRoot(pem))).join(''),
      caPem: this.#trusted([...chain, ...(await this.#authorities(signal))]),
      serial: certificate.serialNumber.toLowerCase(),
      notBefore: certificate.validFromDate,
      notAfter: certificate.validToDate,
    };
  }

  /**
   * Adds the certificate to the mount's revocation list.
   * @param serial hex, with colons or without
   * @throws VaultError of kind `not-found` when the mount has no such certificate (any more)
   */
  async revoke(serial: string, signal?: AbortSignal): Promise<void> {
    const pairs = serial.toLowerCase().replaceAll(':', '').match(/../g) ?? [];
    await this.#client.request({
      method: 'POST',
      path: vaultPath(this.#mount, 'revoke'),
      body: { serial_number: pairs.join(':') },
      signal,
      operation: 'pki.revoke',
    });
  }

  /**
   * All authorities of the mount: while one replaces another, peers trust both. Needs no token.
   * @throws VaultError of kind `not-found` when there is none, or no root
   */
  async authorityPem(signal?: AbortSignal): Promise<string> {
    return this.#trusted(await this.#authorities(signal));
  }

  /** Peers verify up to a root: an intermediate authority whose root is not here would be trusted by nobody. */
  #trusted(pems: readonly string[]): string {
    const all = unique(pems);
    if (all.some(isRoot)) return all.join('');
    const what =
      all.length === 0
        ? 'has no certificate authority'
        : 'has an intermediate authority without its root: import the certificates up to the root';
    throw new VaultError('not-found', `Vault: the PKI mount ${this.#mount} ${what}`);
  }

  async #authorities(signal: AbortSignal | undefined): Promise<string[]> {
    const unauthenticated = { authenticated: false, operation: 'pki.authority', signal } as const;
    const { data } = await this.#client.request({
      ...unauthenticated,
      method: 'LIST',
      path: vaultPath(this.#mount, 'issuers'),
    });
    const found = await Promise.all(
      textsAt(data, 'keys').map(async (id) => {
        const path = vaultPath(this.#mount, 'issuer', id, 'json');
        const issuer = await this.#client.request({ ...unauthenticated, method: 'GET', path });
        return [textAt(issuer.data, 'certificate', 'pki/issuer'), ...textsAt(issuer.data, 'ca_chain')];
      }),
    );
    return unique(found.flat());
  }
}

function unique(pems: readonly string[]): string[] {
  return [...new Set(pems.filter((pem) => pem !== '').map(withFinalNewline))];
}

function isRoot(pem: string): boolean {
  const certificate = read(pem);
  return certificate.checkIssued(certificate);
}

function read(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch {
    // The cause is left out: OpenSSL's errors carry pieces of the input.
    throw new VaultError('unreachable', 'Vault: pki: the answer holds a certificate that cannot be read');
  }
}

function withFinalNewline(pem: string): string {
  return pem.endsWith('\n') ? pem : `${pem}\n`;
}
