// Everything about an installation, in the order in which one part needs the other.
import { labels } from '../../../src/api/index.ts';
import {
  type Client,
  configMaps,
  deployments,
  isForbidden,
  isNotFound,
  statefulSets,
} from '../../../src/kube/index.ts';
import { tenants } from '../../cluster/open.ts';
import type { Terminal } from '../../terminal.ts';
import type { Check } from '../check.ts';
import { certificateChecks } from './certificates.ts';
import { clusterCheck, definitionChecks } from './cluster.ts';
import { type Installation, variable } from './context.ts';
import { databaseChecks } from './database.ts';
import { discordChecks, dnsCheck, policyCheck, voiceCheck } from './network.ts';
import { programChecks } from './programs.ts';
import { rightsChecks } from './rights.ts';
import { tenantSummary } from './tenants.ts';
import { vaultChecks } from './vault.ts';

export interface LookOptions {
  readonly client: Client;
  readonly systemNamespace: string;
  readonly signal: AbortSignal;
  readonly env: Terminal['env'];
  readonly version: string;
  /** Secret. */
  readonly databaseUrl: string | undefined;
  /** Undefined: as the installation has it. */
  readonly discordApiUrl: string | undefined;
}

export async function installationChecks(options: LookOptions): Promise<Check[]> {
  const cluster = await clusterCheck(options);
  // Without it there is nothing else to ask.
  if (cluster.status === 'fail') return [cluster];
  const o = await installationOf(options);
  const apiUrl = options.discordApiUrl ?? discordApiUrlOf(o);
  const groups = await Promise.all([
    [cluster],
    definitionChecks(o),
    programChecks(o),
    rightsChecks(o),
    databaseChecks(options.databaseUrl, o),
    issuerOf(o).then((issuer) => certificateChecks(o, issuer)),
    vaultChecks(o),
    dnsCheck(apiUrl).then((check) => [check]),
    discordChecks(apiUrl, o),
    voiceCheck(o).then((check) => [check]),
    policyCheck(o).then((check) => [check]),
    tenantSummary(o.tenants),
  ]);
  return groups.flat();
}

/** What the caller may see of it. */
export async function installationOf(options: LookOptions): Promise<Installation> {
  const { client, systemNamespace: namespace, signal, env, version } = options;
  const labelSelector = `${labels.component}=gateway`;
  const [operator, gateways, all] = await Promise.all([
    seen(
      client
        .find(deployments, { namespace, name: 'skald-controller' }, { signal })
        .then((one) => one ?? ('absent' as const)),
    ),
    seen(client.listAll(statefulSets, { namespace, labelSelector, signal })),
    seen(client.listAll(tenants, { signal })),
  ]);
  return { client, systemNamespace: namespace, signal, env, version, operator, gateways, tenants: all };
}

/** Undefined where the caller may not look, or where the kind is not served. */
async function seen<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (isForbidden(error) || isNotFound(error)) return undefined;
    throw error;
  }
}

export function discordApiUrlOf({ gateways, env }: Pick<Installation, 'gateways' | 'env'>): string {
  const [gateway] = gateways ?? [];
  const configured = gateway && variable(gateway, 'SKALD_DISCORD_API_URL');
  return env.SKALD_DISCORD_API_URL ?? configured ?? 'https://discord.com/api';
}

/** `certificates.issuer` of the operator's settings. */
async function issuerOf({
  client,
  systemNamespace: namespace,
  signal,
}: Installation): Promise<string | undefined> {
  const config = await seen(client.find(configMaps, { namespace, name: 'skald-controller' }, { signal }));
  const text = config?.data?.['config.yaml'];
  if (text === undefined) return undefined;
  // By its default export: a bundle gives a lazily loaded CommonJS package no others.
  const { default: yaml } = await import('yaml');
  const settings: unknown = yaml.parse(text);
  return issuerIn(settings) ?? 'builtin';
}

function issuerIn(settings: unknown): string | undefined {
  if (typeof settings !== 'object' || settings === null || !('certificates' in settings)) return undefined;
  const { certificates } = settings;
  if (typeof certificates !== 'object' || certificates === null || !('issuer' in certificates))
    return undefined;
  return typeof certificates.issuer === 'string' ? certificates.issuer : undefined;
}
