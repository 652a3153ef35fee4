// The roles of the installation's own gateways, and the Secret in the system namespace that their pods mount. The DSN of
// the installation, which may make and change roles, is the operator's alone.
import { GATEWAY_DATABASE_SECRET, labels, MANAGED_BY } from '../../../src/api/index.ts';
import type { Client, Clock, Logger } from '../../../src/kube/index.ts';
import type { DatabaseAdministration } from '../../../src/store/roles/administration.ts';
import { Credentials } from './credentials.ts';

export interface SlotDatabaseOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly log: Logger;
  readonly administration: DatabaseAdministration;
  readonly systemNamespace: string;
  readonly rotationMs: number;
  readonly checkMs: number;
}

/** After a failure. */
const RETRY_MS = 5_000;

export class SlotDatabase {
  readonly #o: SlotDatabaseOptions;
  readonly #credentials: Credentials;

  constructor(options: SlotDatabaseOptions) {
    this.#o = options;
    this.#credentials = new Credentials({ ...options, now: () => options.clock.now() });
  }

  /** Until the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#o;
    while (!signal.aborted) {
      let waitMs = RETRY_MS;
      try {
        waitMs = Math.max(RETRY_MS, (await this.ensure(signal)).getTime() - clock.now());
      } catch (error) {
        if (!signal.aborted) log.warn({ err: error }, 'The gateways’ role in the database is not ready');
      }
      await clock.sleep(waitMs, signal).catch(() => {});
    }
  }

  /** @returns when to look again */
  async ensure(signal: AbortSignal): Promise<Date> {
    const { administration, systemNamespace: namespace, log, clock, checkMs } = this.#o;
    const { stem, findings } = await administration.ensureSlots();
    const name = GATEWAY_DATABASE_SECRET;
    const own = { [labels.managedBy]: MANAGED_BY, [labels.component]: 'database' };
    const place = { namespace, name, labels: own };
    const isOurs = ({ metadata }: { metadata: { labels?: Record<string, string> } }): boolean =>
      metadata.labels?.[labels.managedBy] === MANAGED_BY;
    const { state, until } = await this.#credentials.keep(stem, place, isOurs, signal);
    if (state === 'taken') {
      throw new Error(`Secret ${namespace}/${name} exists and is not the operator's: delete it`);
    }
    if (findings.length > 0 || state !== 'kept') log.info({ findings, secret: state }, 'The gateways’ role');
    return new Date(Math.min(until.getTime(), clock.now() + checkMs));
  }
}
