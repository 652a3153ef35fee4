import { DEFAULT_SYSTEM_NAMESPACE as SYSTEM_NAMESPACE, type Tenant } from '../../src/api/index.ts';
import type { Kubectl } from './kubectl.ts';

const CRDS = ['voicesessions.skald.dev', 'campaigns.skald.dev', 'tenants.skald.dev'] as const;

/**
 * A cluster that is not ours must be without Skald: what the demo removes afterwards would be somebody's.
 *
 * @throws when Skald, or what an uninstalled Skald has kept, is there.
 */
export async function requireWithoutSkald(kubectl: Kubectl): Promise<void> {
  const found = await kubectl.run([
    'get',
    'customresourcedefinitions',
    ...CRDS,
    '--ignore-not-found',
    '--output',
    'name',
  ]);
  const release = await kubectl.helm(['list', '--all-namespaces', '--filter', '^skald$', '--short']);
  if (found.trim() === '' && release.trim() === '') return;
  throw new Error(
    `Skald is in the cluster of context ${kubectl.context} already, and the demo would remove it afterwards: choose another cluster`,
  );
}

/** Removes what the demo has put into a cluster that stays, in the order in which a person would. */
export async function uninstall(kubectl: Kubectl, note: (message: string) => void): Promise<void> {
  note(`Removing Skald from the cluster of context ${kubectl.context}`);
  const present = await kubectl.run([
    'get',
    'customresourcedefinitions',
    ...CRDS,
    '--ignore-not-found',
    '--output',
    'name',
  ]);
  let namespaces: string[] = [];
  if (present.trim() !== '') {
    const { items } = (await kubectl.json(['get', 'tenants'])) as { items: Tenant[] };
    namespaces = items.flatMap((tenant) => tenant.status?.namespace ?? []);
    await kubectl.run(['delete', 'voicesessions', '--all', '--all-namespaces', '--timeout=90s']);
    await kubectl.run(['delete', 'tenants', '--all', '--timeout=90s']);
  }
  await kubectl.helm(['uninstall', 'skald', '--namespace', SYSTEM_NAMESPACE, '--ignore-not-found', '--wait']);
  await kubectl.run([
    'delete',
    'namespaces',
    SYSTEM_NAMESPACE,
    ...namespaces,
    '--ignore-not-found',
    '--timeout=90s',
  ]);
  // The chart keeps them, for people who have Tenants of their own.
  await kubectl.run(['delete', 'customresourcedefinitions', ...CRDS, '--ignore-not-found', '--timeout=60s']);
}
