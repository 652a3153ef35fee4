// The certificates in workers' Secrets: what is in them, and how another one gets in while the worker runs. The watch of
// Secrets carries no content, so each version of a Secret is read once; what the operator writes itself it knows.
import { annotations, fieldManagers, timestamp, workerSecretName } from '../../src/api/index.ts';
import { type Client, isNotFound, type Live, type Secret, secrets } from '../../src/kube/index.ts';
import { readCertificate } from '../../src/pki/ca.ts';
import type { CertificateIssuer, WorkerCertificate } from '../certificates/issuer.ts';
import { secretData, secretText } from '../certificates/secrets.ts';
import type { CertificateInUse } from './renewal.ts';
import type { SecretWatch } from './secret-watch.ts';

export interface WorkerCertificatesOptions {
  readonly client: Client;
  readonly issuer: CertificateIssuer;
  readonly secrets: SecretWatch;
}

/** Public parts only. */
interface Known {
  readonly uid: string;
  readonly resourceVersion: string;
  readonly certPem: string;
  readonly caPem: string;
  readonly notAfter: Date;
}

export class WorkerCertificates {
  readonly #o: WorkerCertificatesOptions;
  readonly #known = new Map<string, Known>();
  /** The same few bundles are in thousands of Secrets. */
  readonly #bundles = new Map<string, string>();

  constructor(options: WorkerCertificatesOptions) {
    this.#o = options;
  }

  /** What the Secret's version of now holds; undefined: there is none, or nothing that could be judged. */
  async look(namespace: string, jobName: string, signal: AbortSignal): Promise<CertificateInUse | undefined> {
    const { client, secrets: watch } = this.#o;
    const name = workerSecretName(jobName);
    const seen = watch.get(namespace, name);
    if (seen === undefined) {
      this.#known.delete(`${namespace}/${name}`);
      return undefined;
    }
    const { uid, resourceVersion } = seen.metadata;
    const known = this.#known.get(`${namespace}/${name}`);
    if (known?.uid !== uid || known.resourceVersion !== resourceVersion) {
      const secret = await client.find(secrets, { namespace, name }, { signal });
      if (secret === undefined) return undefined;
      this.remember(secret);
    }
    return this.peek(namespace, jobName);
  }

  /** As {@link look}, by what is known without asking. */
  peek(namespace: string, jobName: string): CertificateInUse | undefined {
    const known = this.#known.get(`${namespace}/${workerSecretName(jobName)}`);
    if (known === undefined) return undefined;
    return { notAfter: known.notAfter, ...this.#o.issuer.assess(known, jobName) };
  }

  /** PEM of the certificate, if it is known without asking. */
  certPem(namespace: string, jobName: string): string | undefined {
    return this.#known.get(`${namespace}/${workerSecretName(jobName)}`)?.certPem;
  }

  /** A Secret as it was read or written. */
  remember(secret: Live<Secret>): void {
    const { namespace = '', name, uid, resourceVersion } = secret.metadata;
    const key = `${namespace}/${name}`;
    const certPem = secretText(secret, 'tls.crt') ?? '';
    const bundle = secretText(secret, 'ca.crt') ?? '';
    try {
      const { notAfter } = readCertificate(certPem);
      const caPem = this.#bundles.get(bundle) ?? bundle;
      this.#bundles.set(caPem, caPem);
      this.#known.set(key, { uid, resourceVersion, certPem, caPem, notAfter });
    } catch {
      // Put right by whoever keeps the Secret.
      this.#known.delete(key);
    }
  }

  /** A Secret that the operator has written whole. */
  wrote(secret: Live<Secret>): void {
    this.#o.secrets.record(secret);
    this.remember(secret);
  }

  forget(namespace: string, jobName: string): void {
    this.#known.delete(`${namespace}/${workerSecretName(jobName)}`);
  }

  /**
   * Writes another certificate, or only another bundle, into the version of the Secret that was judged; everything else
   * in it stays. A Secret that is gone is no error: another one is made with a certificate of its own.
   * @throws Error when somebody has changed it since: what is in it now is judged anew
   */
  async write(
    namespace: string,
    jobName: string,
    content: WorkerCertificate | { readonly caPem: string },
    signal: AbortSignal,
  ): Promise<void> {
    const { client, secrets: watch } = this.#o;
    const name = workerSecretName(jobName);
    const seen = watch.get(namespace, name);
    if (seen === undefined) return;
    const { uid, resourceVersion } = seen.metadata;
    const renewed = 'certPem' in content;
    const merge = {
      metadata: {
        uid,
        resourceVersion,
        ...(renewed ? { annotations: certificateAnnotations(content) } : {}),
      },
      data: secretData({
        ...(renewed ? { 'tls.crt': content.certPem, 'tls.key': content.keyPem } : {}),
        'ca.crt': content.caPem,
      }),
    };
    const options = { fieldManager: fieldManagers.controller, signal };
    try {
      const written = await client.patch(secrets, { namespace, name }, { merge }, options);
      this.wrote(written);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
}

/** For people who look for it: which certificate is in the Secret, and until when. */
export function certificateAnnotations({
  notAfter,
  serial,
}: Pick<WorkerCertificate, 'notAfter' | 'serial'>): Record<string, string> {
  return {
    [annotations.certificateExpiry]: timestamp(notAfter),
    [annotations.certificateSerial]: serial,
  };
}
