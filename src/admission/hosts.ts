// Which hosts a Campaign may name, and how far a connection to one may lead. The operator and `skald validate` ask the
// first before a session, the worker holds the second when a name has become an address (docs/adr/0024).
import type { Tenant } from '../api/index.ts';
import { addressKind } from './addresses.ts';
import { allOf, hostOf } from './providers.ts';

/**
 * How far a connection to a provider may lead. `public`: the Internet only. `private`: also into the networks around
 * the pod, never to its own machine, link or metadata service. `any`: wherever the address says.
 */
export type Reach = 'public' | 'private' | 'any';

type Tenancy = Pick<Tenant, 'spec'>;

/**
 * Why a Campaign cannot use this URL, as a sentence about `field`; undefined when it can. For providers and MCP servers
 * alike.
 */
export function hostProblem(field: string, url: string, tenant: Tenancy): string | undefined {
  const host = hostOf(url);
  if (host === undefined) return `${field} is not a URL.`;
  const { hostname, username, password } = new URL(url);
  // The CRD refuses it, too. A password would be in every log that names the URL.
  if (username !== '' || password !== '')
    return `${field} holds a user name or a password; name a key by apiKeySecretRef.`;
  // The platform team wrote the Tenant: its own endpoints may be anywhere.
  if (tenantHosts(tenant).has(host)) return undefined;
  if (isInternal(hostname))
    return `${field}: ${hostname} is inside the cluster or a metadata service; campaigns cannot use it.`;
  if (isAllowed(tenant, host, hostname)) return undefined;
  return `${field}: host ${host} is not in the Tenant's providers.allowedHosts.`;
}

/**
 * How far the connection to a provider's endpoint may lead: into private networks only for hosts that the Tenant names, and
 * to this machine or link only where the Tenant itself wrote the address and no name that somebody else could lead
 * there.
 *
 * @param url what Tenant and Campaign say together; undefined: the default
 */
export function reachOf(url: string | undefined, tenant: Tenancy): Reach {
  const host = url === undefined ? undefined : hostOf(url);
  if (url === undefined || host === undefined) return 'public';
  const { hostname } = new URL(url);
  if (tenantHosts(tenant).has(host))
    return addressKind(hostname) === undefined && hostname !== 'localhost' ? 'private' : 'any';
  return isAllowed(tenant, host, hostname) ? 'private' : 'public';
}

/** Hosts of the Tenant's own endpoints, with their port where it is not the scheme's. */
function tenantHosts({ spec }: Tenancy): Set<string> {
  const urls = allOf(spec.providers).flatMap(({ baseURL }) => baseURL ?? []);
  return new Set(urls.flatMap((url) => hostOf(url) ?? []));
}

function isAllowed({ spec }: Tenancy, host: string, hostname: string): boolean {
  const allowed = new Set(spec.providers.allowedHosts?.map((name) => name.toLowerCase()));
  return allowed.has(host) || allowed.has(hostname);
}

/** Last labels that lead nowhere but into a cluster: `kubernetes.default` is completed by the pod's search path. */
const INTERNAL_SUFFIXES = new Set([
  'svc',
  'local',
  'internal',
  'localhost',
  'localdomain',
  'default',
  'cluster',
]);
/** What the Internet's root has: letters only, or an encoded word. A namespace with a hyphen or a digit is none. */
const TOP_LEVEL_DOMAIN = /^(xn--[a-z0-9-]+|[a-z]{2,63})$/;

/**
 * Names that lead into the cluster, to this machine or to a cloud's metadata service, and addresses that do. Private
 * addresses are not among them: a GPU server in the same network is allowed by naming it in allowedHosts.
 *
 * @param hostname as the URL parser writes it
 */
export function isInternal(hostname: string): boolean {
  const host = hostname.toLowerCase().replace(/\.+$/, '');
  const kind = addressKind(host);
  if (kind !== undefined) return kind === 'local' || isMapped(host);
  const labels = host.split('.');
  const last = labels.at(-1) ?? '';
  return (
    labels.length < 2 ||
    INTERNAL_SUFFIXES.has(last) ||
    !TOP_LEVEL_DOMAIN.test(last) ||
    /\.(svc|pod)\./.test(host)
  );
}

/** An IPv4 address in IPv6 clothing: there is no honest reason to write one. */
function isMapped(host: string): boolean {
  return /^\[?::/.test(host);
}
