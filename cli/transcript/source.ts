// Where the transcripts of a tenant are, and with which rights they are read.
import { WORKER_DATABASE_SECRET } from '../../src/api/index.ts';
import { isForbidden, isNotFound, secrets } from '../../src/kube/index.ts';
import { readSecretFile } from '../../src/settings/index.ts';
import { SHARED_SCHEMA } from '../../src/store/dsn.ts';
import { Database, parseDatabaseUrl, StoreError, tenantDatabaseUrl } from '../../src/store/index.ts';
import { hasRegistry, listTenants } from '../../src/store/roles/registry.ts';
import { type Session, withSession } from '../../src/store/roles/session.ts';
import { openCluster, tenants } from '../cluster/open.ts';
import { type ClusterFlags, UsageError } from '../cluster/options.ts';
import { namespaceOf } from '../cluster/scope.ts';
import { didYouMean, nearest } from '../suggest.ts';

export interface SourceFlags extends ClusterFlags {
  readonly namespace?: string;
  readonly tenant?: string;
  readonly databaseAddress?: string;
}

export interface Source {
  readonly database: Database;
  /** Undefined: whichever the tenant's sessions are in. */
  readonly namespace: string | undefined;
}

const APPLICATION = 'skald-cli';

/** @throws Error that says what to do, with nothing of a DSN in it */
export async function openSource(
  flags: SourceFlags,
  env: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): Promise<Source> {
  const { SKALD_DATABASE_URL: url, SKALD_DATABASE_URL_FILE: file } = env;
  const given = file ? await readSecretFile(file, 'the database URL') : url;
  const found = given ? await fromUrl(given, flags, signal) : await fromCluster(flags, signal);
  const at = flags.databaseAddress === undefined ? found.url : atAddress(found.url, flags.databaseAddress);
  const options = { url: at, applicationName: APPLICATION, maxConnections: 1 };
  return { database: new Database(options), namespace: found.namespace };
}

interface Found {
  readonly url: string;
  readonly namespace: string | undefined;
}

async function fromUrl(url: string, flags: SourceFlags, signal: AbortSignal): Promise<Found> {
  const { namespace } = flags;
  const at = flags.databaseAddress === undefined ? url : atAddress(url, flags.databaseAddress);
  const options = { url: at, applicationName: APPLICATION };
  const all = await withSession('find the schema', options, async (session) => {
    if (!(await mayLook(session)) || !(await hasRegistry(session))) return undefined;
    return await listTenants(session);
  });
  if (all === undefined) return { url, namespace };
  const tenant = flags.tenant ?? (await tenantOf(flags, signal));
  const found = all.find(({ name }) => name === tenant);
  if (found === undefined) {
    const near = nearest(
      tenant,
      all.map(({ name }) => name),
    );
    throw new Error(`The database has no schema for a Tenant ${tenant}.${didYouMean(near)}`);
  }
  return { url: tenantDatabaseUrl(url, found.schema), namespace };
}

/** A tenant's own role sees its schema, and no list of tenants. */
async function mayLook(session: Session): Promise<boolean> {
  const [row] = await session.query<{ may: boolean }>(
    'SELECT has_schema_privilege(oid, $2) AS may FROM pg_namespace WHERE nspname = $1',
    [SHARED_SCHEMA, 'USAGE'],
  );
  return row?.may === true;
}

/** Name of the Tenant that the namespace belongs to. */
async function tenantOf(flags: SourceFlags, signal: AbortSignal): Promise<string> {
  const { client, namespace: ofContext } = await openCluster(flags).catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error);
    throw new UsageError(`Give --tenant: which Tenant it is could not be asked of the cluster. ${why}`);
  });
  try {
    const namespace = await namespaceOf(flags, client, ofContext);
    if (namespace === undefined) throw new UsageError('Give --tenant or --namespace');
    const all = await client.listAll(tenants, { signal });
    const tenant = all.find(({ status }) => status?.namespace === namespace);
    if (tenant === undefined) throw new Error(`Namespace ${namespace} belongs to no Tenant.`);
    return tenant.metadata.name;
  } finally {
    client.close();
  }
}

async function fromCluster(flags: SourceFlags, signal: AbortSignal): Promise<Found> {
  const { client, namespace: ofContext } = await openCluster(flags);
  try {
    const namespace = await namespaceOf(flags, client, ofContext);
    if (namespace === undefined) throw new UsageError('Give --tenant or --namespace');
    const secret = await client
      .get(secrets, { namespace, name: WORKER_DATABASE_SECRET }, { signal })
      .catch((error: unknown) => {
        throw new Error(unread(namespace, error));
      });
    const url = Buffer.from(secret.data?.url ?? '', 'base64')
      .toString('utf8')
      .trim();
    if (url === '') throw new Error(`Secret ${namespace}/${WORKER_DATABASE_SECRET} holds no DSN.`);
    return { url, namespace };
  } finally {
    client.close();
  }
}

function unread(namespace: string, error: unknown): string {
  const name = `Secret ${namespace}/${WORKER_DATABASE_SECRET}`;
  const otherwise = 'or set SKALD_DATABASE_URL_FILE to a file with the DSN';
  if (isForbidden(error))
    return `You may not read ${name}. Ask the platform team for that right, ${otherwise}.`;
  if (isNotFound(error)) {
    return `There is no ${name}: the namespace is no tenant's, or the installation has no database. Give another -n, ${otherwise}.`;
  }
  return `${name} could not be read: ${error instanceof Error ? error.message : String(error)}`;
}

/** The same database through a forwarded port. */
export function atAddress(url: string, address: string): string {
  const match = /^(.+):(\d+)$/.exec(address);
  if (match === null) throw new UsageError(`--database-address: "${address}" is not host:port`);
  const [, host = '', port = ''] = match;
  const parsed = parseDatabaseUrl(url);
  parsed.hostname = host;
  parsed.port = port;
  return parsed.href;
}

/** What to do when the address is one of the cluster's own. */
export function hintFor(error: unknown): string {
  const code = error instanceof StoreError ? error.code : undefined;
  return code === 'ENOTFOUND' || code === 'EAI_AGAIN' || code === 'ECONNREFUSED' || code === 'ETIMEDOUT'
    ? ' From outside the cluster: forward a port to the database (kubectl port-forward) and give --database-address.'
    : '';
}
