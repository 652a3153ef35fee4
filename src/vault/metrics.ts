import type { Metrics } from '../kube/metrics.ts';
import type { VaultObserver } from './observer.ts';

const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** What a program measures of its Vault. No label holds a name that somebody chose. */
export function vaultMetrics(metrics: Metrics): VaultObserver {
  const requests = metrics.counter({
    name: 'skald_vault_requests_total',
    help: 'Requests to Vault, by operation and outcome.',
    labelNames: ['operation', 'outcome'],
  });
  const seconds = metrics.histogram({
    name: 'skald_vault_request_seconds',
    help: 'Time of a request to Vault, seconds.',
    labelNames: ['operation'],
    buckets: BUCKETS,
  });
  const held = metrics.gauge({
    name: 'skald_vault_logins_held',
    help: 'Logins at Vault that this program holds: one of the leading operator, a few of a gateway.',
  });
  held.set(0);
  return {
    loggedIn(now) {
      if (now) held.inc();
      else held.dec();
    },
    request(operation, outcome, duration) {
      requests.inc({ operation, outcome });
      seconds.observe(duration, { operation });
    },
  };
}
