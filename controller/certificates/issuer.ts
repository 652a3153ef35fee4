import type { TrustDomain } from '../../src/rpc/identity.ts';

/** Who a worker's certificate is for. */
export interface WorkerCertificateRequest {
  readonly namespace: string;
  readonly jobName: string;
  /** The certificate is not renewed: it lives as long as the session may. */
  readonly lifetimeSeconds: number;
  readonly signal?: AbortSignal;
}

export interface WorkerCertificate {
  readonly certPem: string;
  /** Secret. */
  readonly keyPem: string;
  /** What the worker verifies gateways against. */
  readonly caPem: string;
  readonly notAfter: Date;
}

/**
 * Where certificates come from. One file beside this one for each source: the built-in authority; later Vault's
 * PKI and cert-manager.
 */
export interface CertificateIssuer {
  readonly trustDomain: TrustDomain;
  /** @throws Error that says what to do, without secrets. */
  issueWorker(request: WorkerCertificateRequest): Promise<WorkerCertificate>;
  /** What workers of today verify gateways against. @throws Error that says what to do */
  authorityPem(signal?: AbortSignal): Promise<string>;
}
