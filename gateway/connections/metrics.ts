/** What is counted of workers' connections. */
import { Counter, Gauge, type Registry } from 'prom-client';
import type { RefusalReason } from './refusals.ts';

export interface ConnectionMetrics {
  refused(reason: RefusalReason): void;
  /** A stream or connection that was served ends because of its certificate. */
  ended(why: 'expired' | 'authority_removed'): void;
  handedOver(): void;
  /** A stream of a worker begins; @returns what is called at its end */
  opened(notAfter: Date | undefined): () => void;
}

export const noConnectionMetrics: ConnectionMetrics = {
  refused: () => {},
  ended: () => {},
  handedOver: () => {},
  opened: () => () => {},
};

export function connectionMetrics(registry: Registry): ConnectionMetrics {
  const registers = [registry];
  const refused = new Counter({
    name: 'skald_gateway_refused_connections_total',
    help: 'Connections and streams that were not served, by reason.',
    labelNames: ['reason'],
    registers,
  });
  const ended = new Counter({
    name: 'skald_gateway_ended_connections_total',
    help: 'Streams and connections that were ended because of their certificate, by reason.',
    labelNames: ['reason'],
    registers,
  });
  const handedOver = new Counter({
    name: 'skald_gateway_stream_handovers_total',
    help: 'Workers that moved to another stream, with a renewed certificate, without a break.',
    registers,
  });
  const ends = new Set<{ readonly notAfter: number }>();
  new Gauge({
    name: 'skald_gateway_first_certificate_expiry_seconds',
    help: 'Unix time at which the first of the certificates ends that open streams were made with; 0: no stream.',
    registers,
    collect() {
      this.set(ends.size === 0 ? 0 : Math.min(...[...ends].map(({ notAfter }) => notAfter)));
    },
  });
  return {
    refused: (reason) => refused.inc({ reason }),
    ended: (reason) => ended.inc({ reason }),
    handedOver: () => handedOver.inc(),
    opened: (notAfter) => {
      if (notAfter === undefined) return () => {};
      const entry = { notAfter: notAfter.getTime() / 1000 };
      ends.add(entry);
      return () => void ends.delete(entry);
    },
  };
}
