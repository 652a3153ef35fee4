import type { Metrics } from '../../src/kube/index.ts';
import type { LeafKind, SourceName } from './source.ts';

/** What ends, and when, as far as this process knows; for the gauge. */
export type Expiries = () => Iterable<readonly [kind: 'authority' | 'gateway' | 'operator', notAfter: Date]>;

export interface CertificateMetrics {
  issued(kind: LeafKind, seconds: number): void;
  failed(kind: LeafKind): void;
  revoked(outcome: 'done' | 'failed'): void;
}

const ISSUE_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20];

/** No label names a tenant or a session: of several gateways the one whose certificate ends first counts. */
export function certificateMetrics(
  metrics: Metrics,
  { source, now, expiries }: { source: SourceName; now: () => number; expiries: Expiries },
): CertificateMetrics {
  const issued = metrics.counter({
    name: 'skald_certificates_issued_total',
    help: 'Certificates that were issued, by source and by what they are for.',
    labelNames: ['source', 'kind'],
  });
  const failures = metrics.counter({
    name: 'skald_certificate_failures_total',
    help: 'Certificates that could not be issued.',
    labelNames: ['source', 'kind'],
  });
  const revocations = metrics.counter({
    name: 'skald_certificate_revocations_total',
    help: 'Revocations asked of the source at the end of sessions.',
    labelNames: ['source', 'outcome'],
  });
  const duration = metrics.histogram({
    name: 'skald_certificate_issue_seconds',
    help: 'How long the source took for a certificate, key included.',
    labelNames: ['source'],
    buckets: ISSUE_BUCKETS,
  });
  const expiry = metrics.gauge({
    name: 'skald_certificate_expiry_seconds',
    help: 'Until the first certificate of the kind ends; negative when it has.',
    labelNames: ['kind'],
  });
  metrics.onCollect(() => {
    const soonest = new Map<string, number>();
    for (const [kind, notAfter] of expiries()) {
      const seconds = (notAfter.getTime() - now()) / 1000;
      soonest.set(kind, Math.min(soonest.get(kind) ?? Infinity, seconds));
    }
    for (const [kind, seconds] of soonest) expiry.set(seconds, { kind });
  });
  return {
    issued(kind, seconds) {
      issued.inc({ source, kind });
      duration.observe(seconds, { source });
    },
    failed: (kind) => failures.inc({ source, kind }),
    revoked: (outcome) => revocations.inc({ source, outcome }),
  };
}
