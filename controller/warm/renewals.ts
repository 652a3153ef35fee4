// Spares may wait for longer than a certificate lives: theirs are renewed like those of live sessions.
import type { Job, Live, Logger } from '../../src/kube/index.ts';
import type { CertificateIssuer } from '../certificates/issuer.ts';
import { renewalOf } from '../voicesession/renewal.ts';
import type { WorkerCertificates } from '../voicesession/worker-certificates.ts';

export interface RenewalParts {
  readonly issuer: CertificateIssuer;
  readonly certificates: WorkerCertificates;
}

/** While a Secret is not in the watch yet. */
const LOOK_AGAIN_MS = 2_000;

/** @returns when the next one is due; undefined: there is none */
export async function renewSpares(
  jobs: readonly Live<Job>[],
  parts: RenewalParts,
  now: Date,
  context: { readonly signal: AbortSignal; readonly log: Logger },
): Promise<Date | undefined> {
  const times = await Promise.all(jobs.map((job) => renewSpare(job, parts, now, context)));
  return times.toSorted((a, b) => a.getTime() - b.getTime())[0];
}

async function renewSpare(
  { metadata: { namespace = '', name } }: Live<Job>,
  { issuer, certificates }: RenewalParts,
  now: Date,
  { signal, log }: { readonly signal: AbortSignal; readonly log: Logger },
): Promise<Date> {
  const inUse = await certificates.look(namespace, name, signal);
  if (inUse === undefined) return new Date(now.getTime() + LOOK_AGAIN_MS);
  const { due, at } = renewalOf(inUse, now, { state: 'none' });
  if (due === undefined) return at;
  try {
    const content =
      due === 'certificate'
        ? await issuer.issueWorker({ namespace, jobName: name, signal })
        : { caPem: await issuer.authorityPem(signal) };
    await certificates.write(namespace, name, content, signal);
    log.info({ job: name, what: due }, 'Renewed the certificate of a warm worker');
    const notAfter = 'notAfter' in content ? content.notAfter : inUse.notAfter;
    return renewalOf(certificates.peek(namespace, name) ?? inUse, now, { state: 'issued', notAfter }).at;
  } catch (error) {
    signal.throwIfAborted();
    log.warn({ job: name, err: error }, 'The certificate of a warm worker could not be renewed');
    return renewalOf(inUse, now, { state: 'failed', message: '' }).at;
  }
}
