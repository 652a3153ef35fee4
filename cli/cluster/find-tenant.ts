import type { Tenant } from '../../src/api/index.ts';
import { type Client, isForbidden, isNotFound, type Live } from '../../src/kube/index.ts';
import { didYouMean, nearest } from '../suggest.ts';
import { tenants } from './open.ts';

/** @throws Error that says what to do: names that are near, or the right that is missing. */
export async function findTenant(client: Client, name: string, signal?: AbortSignal): Promise<Live<Tenant>> {
  try {
    return await client.get(tenants, { name }, { signal });
  } catch (error) {
    if (isForbidden(error)) {
      throw new Error(`You may not read Tenants. Ask the platform team for the ClusterRole skald-view.`);
    }
    if (!isNotFound(error)) throw error;
    throw await noSuchTenant(client, name, signal);
  }
}

/** With the names that are near. */
export async function noSuchTenant(client: Client, name: string, signal?: AbortSignal): Promise<Error> {
  const known = await client.listAll(tenants, { signal }).catch(() => []);
  const names = known.map(({ metadata }) => metadata.name);
  const hint = names.length === 0 ? ' There is none at all.' : didYouMean(nearest(name, names));
  return new Error(`There is no Tenant ${name}.${hint}`);
}
