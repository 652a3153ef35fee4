// The certificate of a session's worker: the first one, and another one while it runs. When, is decided elsewhere.
import { isFinal } from '../../src/api/index.ts';
import type { Logger } from '../../src/kube/index.ts';
import { errorText } from '../../src/telemetry/redact.ts';
import type { CertificateIssuer, WorkerCertificate } from '../certificates/issuer.ts';
import type { LiveSession } from '../resources.ts';
import type { CertificateState } from './observation.ts';
import type { CertificateInUse } from './renewal.ts';
import type { SessionWorkers } from './session-workers.ts';
import type { WorkerCertificates } from './worker-certificates.ts';

export interface SessionCertificatesOptions {
  readonly issuer: CertificateIssuer;
  readonly certificates: WorkerCertificates;
  readonly workers: SessionWorkers;
}

export class SessionCertificates {
  readonly #o: SessionCertificatesOptions;

  constructor(options: SessionCertificatesOptions) {
    this.#o = options;
  }

  issue(session: LiveSession, jobName: string, signal: AbortSignal): Promise<WorkerCertificate> {
    const { namespace } = session.metadata;
    return this.#o.issuer.issueWorker({ namespace, jobName, signal });
  }

  /** What the running worker has; of a session that is not live nothing is renewed. */
  async inUse(session: LiveSession, signal: AbortSignal): Promise<CertificateInUse | undefined> {
    const jobName = this.#jobNameOf(session);
    const { phase } = session.status ?? {};
    if (jobName === undefined || isFinal(phase) || phase === 'Draining') return undefined;
    return this.#o.certificates.look(session.metadata.namespace, jobName, signal);
  }

  /** @returns what came of it. @throws Error when the Secret could not be written: the whole pass is repeated */
  async renew(
    session: LiveSession,
    what: 'certificate' | 'bundle',
    { signal, log }: { readonly signal: AbortSignal; readonly log: Logger },
  ): Promise<CertificateState> {
    const { namespace } = session.metadata;
    const { issuer, certificates } = this.#o;
    const job = this.#jobNameOf(session);
    if (job === undefined) return { state: 'failed', message: 'The Job is gone.' };
    let content: WorkerCertificate | { readonly caPem: string };
    try {
      content =
        what === 'certificate'
          ? await this.issue(session, job, signal)
          : { caPem: await issuer.authorityPem(signal) };
    } catch (error) {
      signal.throwIfAborted();
      log.warn({ job, err: error }, 'The certificate of a running worker could not be renewed');
      return { state: 'failed', message: errorText(error) };
    }
    await certificates.write(namespace, job, content, signal);
    if ('serial' in content) {
      const { serial, notAfter } = content;
      log.info({ job, serial, notAfter }, 'Renewed the certificate of a running worker');
    } else {
      log.info({ job }, 'Renewed whom a running worker trusts');
    }
    // The Secret is gone: another one is made, with a certificate of its own.
    const now = certificates.peek(namespace, job);
    return now === undefined
      ? { state: 'failed', message: 'The Secret is gone.' }
      : { state: 'issued', notAfter: now.notAfter };
  }

  #jobNameOf(session: LiveSession): string | undefined {
    return this.#o.workers.jobOf(session)?.metadata.name;
  }
}
