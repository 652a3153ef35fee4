// Certificates whose session is over. They are revoked before their Secret goes; an issuer that cannot be reached holds
// nobody's end up: it is asked again until the certificate has ended by itself. Until then the gateway refuses it all
// the same, because no live session names its Job (docs/adr/0019).
import type { Clock, Logger } from '../../src/kube/index.ts';
import { readCertificate } from '../../src/pki/ca.ts';
import { errorText } from '../../src/telemetry/redact.ts';
import type { CertificateIssuer } from '../certificates/issuer.ts';

/** How long a session's end waits for its certificate, milliseconds. */
const PATIENCE_MS = 3_000;
/** How often what could not be revoked is tried again, milliseconds. */
export const RETRY_MS = 30_000;

export interface RevocationsOptions {
  readonly issuer: Pick<CertificateIssuer, 'revokeWorker'>;
  readonly clock: Clock;
  readonly log: Logger;
}

export class Revocations {
  readonly #o: RevocationsOptions;
  /** Jobs' names by certificate. */
  readonly #waiting = new Map<string, string>();

  constructor(options: RevocationsOptions) {
    this.#o = options;
  }

  /** Certificates that are still to be revoked. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Never throws, and never waits long. @param name of the Job, for the log */
  async revoke(certPem: string, name: string, signal: AbortSignal): Promise<void> {
    const patience = new AbortController();
    const timer = this.#o.clock.setTimeout(() => patience.abort(new Error('no answer in time')), PATIENCE_MS);
    const impatient = AbortSignal.any([signal, patience.signal]);
    try {
      await this.#o.issuer.revokeWorker(certPem, impatient);
      this.#waiting.delete(certPem);
    } catch (error) {
      // The pass itself ends: whoever continues finds the Secret, and asks again.
      signal.throwIfAborted();
      this.#waiting.set(certPem, name);
      this.#o.log.warn(
        { job: name, why: errorText(error) },
        'A certificate could not be revoked yet; its session ends all the same',
      );
    } finally {
      timer.cancel();
    }
  }

  /** Until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#o.clock.sleep(RETRY_MS, signal).catch(() => {});
      await this.#again(signal);
    }
  }

  async #again(signal: AbortSignal): Promise<void> {
    for (const [certPem, name] of this.#waiting) {
      if (signal.aborted) return;
      if (readCertificate(certPem).notAfter.getTime() <= this.#o.clock.now()) {
        this.#waiting.delete(certPem);
        continue;
      }
      try {
        await this.#o.issuer.revokeWorker(certPem, signal);
        this.#waiting.delete(certPem);
        this.#o.log.info({ job: name }, 'Revoked a certificate that could not be revoked before');
      } catch {
        // The same for all of them, most likely.
        return;
      }
    }
  }
}
