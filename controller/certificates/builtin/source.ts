// The built-in certificate authority: for clusters without Vault or cert-manager. Its key is in the Secret skald-ca of
// the system namespace, made once, adopted ever after.
import { CA_SECRET, fieldManagers, labels, MANAGED_BY } from '../../../src/api/index.ts';
import { type Client, type Clock, isAlreadyExists, type Logger, secrets } from '../../../src/kube/index.ts';
import { CertificateAuthority } from '../../../src/pki/ca.ts';
import { secretData, secretText } from '../secrets.ts';
import { type CertificateSource, type Leaf, type LeafRequest, usagesOf } from '../source.ts';

/** Certificates begin this much in the past, for peers whose clock is behind. */
const CLOCK_SKEW_SECONDS = 60;

export interface BuiltInSourceOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Logger;
  readonly systemNamespace: string;
  readonly trustDomain: string;
}

export class BuiltInSource implements CertificateSource {
  readonly name = 'builtin';
  readonly #options: BuiltInSourceOptions;
  #authority: CertificateAuthority | undefined;

  constructor(options: BuiltInSourceOptions) {
    this.#options = options;
  }

  async prepare(signal?: AbortSignal): Promise<readonly string[]> {
    this.#authority = await this.#load(signal);
    return [this.#authority.certPem];
  }

  async issue(request: LeafRequest): Promise<Leaf> {
    const authority = this.#authority;
    if (authority === undefined) throw new Error('The certificate authority is not there yet.');
    const issued = await authority.issue({
      uriSans: [request.uri],
      dnsSans: request.dnsNames ?? [],
      lifetimeSeconds: request.lifetimeSeconds + CLOCK_SKEW_SECONDS,
      usages: usagesOf(request.kind),
      notBefore: new Date(this.#options.clock.now() - CLOCK_SKEW_SECONDS * 1000),
    });
    return { ...issued, authorities: [authority.certPem] };
  }

  supersededAt(): undefined {}

  /** Its certificates are short-lived, and nobody asks it for a list of revoked ones: they expire. */
  async revoke(): Promise<void> {}

  async #load(signal: AbortSignal | undefined): Promise<CertificateAuthority> {
    const { client, systemNamespace, trustDomain, log } = this.#options;
    const key = { namespace: systemNamespace, name: CA_SECRET };
    let secret = await client.find(secrets, key, { signal });
    if (secret === undefined) {
      const made = await CertificateAuthority.create({ commonName: `Skald ${trustDomain}` });
      const wanted = {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { ...key, labels: { [labels.managedBy]: MANAGED_BY, [labels.component]: 'controller' } },
        type: 'kubernetes.io/tls',
        data: secretData({ 'tls.crt': made.certPem, 'tls.key': made.keyPem }),
      };
      try {
        secret = await client.create(secrets, wanted, { fieldManager: fieldManagers.controller, signal });
        log.info({ secretName: CA_SECRET }, 'Made a certificate authority');
      } catch (error) {
        if (!isAlreadyExists(error)) throw error;
        secret = await client.get(secrets, key, { signal });
      }
    }
    const certPem = secretText(secret, 'tls.crt');
    const keyPem = secretText(secret, 'tls.key');
    if (certPem === undefined || keyPem === undefined) {
      throw new Error(
        `Secret ${systemNamespace}/${CA_SECRET} must hold the keys tls.crt and tls.key; delete it to get a new authority`,
      );
    }
    if (this.#authority?.certPem.trim() === certPem.trim()) return this.#authority;
    return CertificateAuthority.load({ certPem, keyPem });
  }
}
