/** The campaign that a server starts when none is named: kept in the tenant's schema, so that it outlives gateways. */
import { CampaignStore } from '../../../src/store/index.ts';
import type { Invocation } from '../command.ts';

/** Longest wait, milliseconds: an answer must be on its way after three seconds. */
export const LOOK_UP_MS = 1_500;

/** Undefined when there is none, and when the database does not say in time. Never rejects. */
export async function loadedCampaign({
  host,
  guildId,
  log,
}: Pick<Invocation, 'host' | 'guildId' | 'log'>): Promise<string | undefined> {
  const database = host.database();
  if (database === undefined) return undefined;
  const late = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => {
    log.warn({ afterMs: LOOK_UP_MS }, 'The campaign that is loaded was not found out in time');
    late.resolve(undefined);
  }, LOOK_UP_MS);
  const found = new CampaignStore(database).loaded(guildId).catch((error: unknown) => {
    log.warn({ err: error }, 'The campaign that is loaded cannot be read');
    return undefined;
  });
  return await Promise.race([found, late.promise]).finally(() => clearTimeout(timer));
}
