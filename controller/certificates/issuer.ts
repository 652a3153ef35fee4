import type { TrustDomain } from '../../src/rpc/identity.ts';

/** Who a worker's certificate is for. */
export interface WorkerCertificateRequest {
  readonly namespace: string;
  readonly jobName: string;
  /**
   * How long it is to be valid from now on; the source may give less (`notAfter` says what it gave).
   * @defaultValue the setting `certificates.workerSeconds`
   */
  readonly lifetimeSeconds?: number;
  readonly signal?: AbortSignal;
}

export interface WorkerCertificate {
  /** Leaf first, then intermediates where the source has some. */
  readonly certPem: string;
  /** PKCS #8. Secret. */
  readonly keyPem: string;
  /** What the worker verifies gateways against: a bundle of one or more CA certificates. */
  readonly caPem: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** Lower-case hex, without colons. */
  readonly serial: string;
}

/** What is due with a certificate that a worker has. */
export interface Assessment {
  /** False: its Secret should get {@link CertificateIssuer.authorityPem} as `ca.crt`. */
  readonly bundleIsCurrent: boolean;
  /** When to issue another one; in the past when it is due, or when what signed it signs no more. */
  readonly renewAt: Date;
}

/**
 * Where certificates come from. Behind it: CertificateKeeper, which holds what is kept where, and one
 * CertificateSource, which signs.
 */
export interface CertificateIssuer {
  readonly trustDomain: TrustDomain;
  /** @throws Error that says what to do, without secrets. */
  issueWorker(request: WorkerCertificateRequest): Promise<WorkerCertificate>;
  /** What workers of today verify gateways against: a bundle. @throws Error that says what to do */
  authorityPem(signal?: AbortSignal): Promise<string>;
  /**
   * At the end of a session. Repeating it changes nothing; it does nothing where the source cannot revoke, and for a
   * certificate that is over or of another source.
   * @throws Error that says what to do, without secrets.
   */
  revokeWorker(certPem: string, signal?: AbortSignal): Promise<void>;
  /**
   * What is due with this certificate, by what is known now; asks nobody.
   * @param seed of the jitter: what the certificate belongs to, such as the Job's name
   * @throws Error when the certificate cannot be read
   */
  assess(material: Pick<WorkerCertificate, 'certPem' | 'caPem'>, seed: string): Assessment;
}
