// Whether a worker's certificate is due: pure, for sessions and for warm workers alike.
import type { CertificateState } from './observation.ts';

/** The certificate in a worker's Secret, as its issuer judges it now. */
export interface CertificateInUse {
  readonly notAfter: Date;
  /** When another one is to be issued. */
  readonly renewAt: Date;
  /** False: whom the worker is told to trust has changed. */
  readonly bundleIsCurrent: boolean;
}

export interface Renewal {
  /** What is to be written; undefined: nothing now. */
  readonly due?: 'certificate' | 'bundle';
  /** Why it could not be done in this pass. */
  readonly failure?: string;
  /** Look again by then. */
  readonly at: Date;
}

/** Between two tries, seconds: a hundredth of the life that is left, and neither a hammer nor a sleeper. */
const SOONEST_RETRY_SECONDS = 2;
const LATEST_RETRY_SECONDS = 60;

/** @param tried what came of it in this pass: nothing is tried twice in one */
export function renewalOf(inUse: CertificateInUse, now: Date, tried: CertificateState): Renewal {
  const due = now >= inUse.renewAt ? 'certificate' : inUse.bundleIsCurrent ? undefined : 'bundle';
  if (due === undefined) return { at: inUse.renewAt };
  if (tried.state === 'none') return { due, at: now };
  const retryAt = new Date(now.getTime() + retrySeconds(inUse, now) * 1000);
  return tried.state === 'failed' ? { failure: tried.message, at: retryAt } : { at: retryAt };
}

function retrySeconds({ notAfter }: CertificateInUse, now: Date): number {
  const left = (notAfter.getTime() - now.getTime()) / 1000;
  return Math.min(LATEST_RETRY_SECONDS, Math.max(SOONEST_RETRY_SECONDS, left / 100));
}
