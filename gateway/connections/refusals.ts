/**
 * Every connection and stream that is refused leaves a line in the log and a count: who it was, as far as its
 * certificate says, and why. Lines are rationed for each reason, so that a flood neither fills the disk nor hides a
 * refusal of another kind; the count is not.
 */
import type { PeerFacts } from '../../src/rpc/peer-certificate.ts';
import type { TlsRefusalReason } from '../../src/rpc/refusal.ts';
import type { Logger } from '../../src/telemetry/log.ts';
import { LineRation } from './line-ration.ts';
import type { ConnectionMetrics } from './metrics.ts';

/** Why a stream of a verified client is not served. */
export type StreamRefusalReason =
  /** The certificate has no identity of Skald, or more than one. */
  | 'no_identity'
  /** A gateway or the operator, where only workers have business; or the other way round. */
  | 'wrong_identity'
  | 'wrong_protocol'
  /** The certificate ended while its connection stayed open. */
  | 'certificate_expired'
  /** No Tenant has the certificate's namespace, or it has no gateway yet. */
  | 'unknown_tenant'
  /** No session there has the certificate's Job: it was deleted, or the cache lags, or it is another tenant's. */
  | 'unknown_session'
  /** The session has ended: its certificate is worth nothing any more. */
  | 'session_over'
  /** Another pod serves the session. */
  | 'other_pod'
  /** The tenant is still being connected. */
  | 'not_ready';

export type RefusalReason = TlsRefusalReason | StreamRefusalReason;

/** What happens to every worker that is quicker than the gateway's cache is no warning. */
const EXPECTED = new Set<RefusalReason>(['not_ready', 'unknown_session', 'other_pod']);

export interface RefusedPeer extends PeerFacts {
  /** Pod as it calls itself. */
  readonly pod?: string;
}

export class Refusals {
  readonly #log: Logger;
  readonly #metrics: ConnectionMetrics;
  readonly #ration: LineRation;

  constructor(log: Logger, metrics: ConnectionMetrics, now: () => number = () => performance.now()) {
    this.#log = log;
    this.#metrics = metrics;
    this.#ration = new LineRation(now);
  }

  /** @param why a sentence, for people */
  report(reason: RefusalReason, { notAfter, ...peer }: RefusedPeer, why: string): void {
    this.#metrics.refused(reason);
    const suppressed = this.#ration.take(reason);
    if (suppressed === undefined) return;
    const line = {
      reason,
      ...peer,
      ...(notAfter === undefined ? {} : { notAfter: notAfter.toISOString() }),
      why,
      ...(suppressed === 0 ? {} : { suppressed }),
    };
    if (EXPECTED.has(reason)) this.#log.info(line, 'Worker not served');
    else this.#log.warn(line, 'Connection refused');
  }
}
