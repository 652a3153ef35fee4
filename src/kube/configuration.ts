/**
 * Where the API server is and how to prove who we are: $KUBECONFIG, ~/.kube/config, or the files of the pod's
 * service account, as kubectl looks for them.
 *
 * Parsing and exec/OIDC authentication are `@kubernetes/client-node`'s own modules, imported by path: its index
 * (and its `KubeConfig`, which pulls in every generated model) costs 0.5-0.65 s and 86 MB at start, these cost
 * 5 ms. Files are read again while the program runs, because kubelets rotate service-account tokens hourly.
 */
import { access, readFile } from 'node:fs/promises';
import type { RequestOptions } from 'node:https';
import { homedir } from 'node:os';
import { delimiter, dirname, isAbsolute, join, resolve } from 'node:path';
import type { Authenticator } from '@kubernetes/client-node/dist/auth.js';
import {
  type Cluster,
  type Context,
  newClusters,
  newContexts,
  newUsers,
  type User,
} from '@kubernetes/client-node/dist/config_types.js';
import { ExecAuth } from '@kubernetes/client-node/dist/exec_auth.js';
import { messageOf } from './errors.ts';

const serviceAccountDirectory = '/var/run/secrets/kubernetes.io/serviceaccount';

/** What a connection is opened with and what each request carries. Holds secrets: never log it. */
export interface Credentials {
  headers: Record<string, string>;
  tls: TlsMaterial;
}

export interface TlsMaterial {
  ca?: string;
  cert?: string;
  key?: string;
  servername?: string;
  rejectUnauthorized?: boolean;
}

export interface KubeConfiguration {
  /** Base URL of the API server, possibly with a path (a proxy such as Rancher's). */
  readonly server: URL;
  /** Namespace of the context, or the pod's own namespace in a cluster. */
  readonly namespace: string | undefined;
  /** `proxy-url` of the cluster entry. */
  readonly proxyUrl: string | undefined;
  /** Reads files and runs plugins as needed; callers cache the answer for at most a minute. */
  credentials(): Promise<Credentials>;
  /** Forgets what plugins returned: the server answered 401. */
  invalidate(): void;
}

export interface ConfigurationOptions {
  /** Path of a kubeconfig file. @defaultValue $KUBECONFIG, then ~/.kube/config, then the pod's service account */
  kubeconfig?: string | undefined;
  /** Context to use. @defaultValue the file's current-context */
  context?: string | undefined;
}

/** Finds and reads the configuration. Throws with every place that was tried when there is none. */
export async function loadConfig(options: ConfigurationOptions = {}): Promise<KubeConfiguration> {
  const variable = process.env.KUBECONFIG;
  if (options.kubeconfig) return fromFiles([options.kubeconfig], options.context);
  if (variable) return fromFiles(variable.split(delimiter).filter(Boolean), options.context);
  const home = join(homedir(), '.kube', 'config');
  if (await exists(home)) return fromFiles([home], options.context);
  const inCluster = await fromServiceAccount();
  if (inCluster) return inCluster;
  throw new Error(
    `found no way to reach a Kubernetes API server: $KUBECONFIG is not set, ${home} does not exist, and this is ` +
      `not a pod with a service account (${serviceAccountDirectory}/token). Set KUBECONFIG to a kubeconfig file.`,
  );
}

/** A configuration from the text of a kubeconfig. Relative paths in it are taken from `directory`. */
export async function parseConfig(
  text: string,
  options: { context?: string | undefined; directory?: string } = {},
): Promise<KubeConfiguration> {
  const document = await parseDocument(text, 'kubeconfig text', options.directory ?? process.cwd());
  return select(document, options.context);
}

interface Document {
  clusters: Cluster[];
  users: (User & { tokenFile?: string | undefined })[];
  contexts: Context[];
  current: string | undefined;
}

async function fromFiles(files: string[], context: string | undefined): Promise<KubeConfiguration> {
  const merged: Document = { clusters: [], users: [], contexts: [], current: undefined };
  for (const file of files) {
    let text: string;
    try {
      text = await readFile(file, 'utf8');
    } catch (cause) {
      throw new Error(`cannot read kubeconfig ${file}: ${messageOf(cause)}`, { cause });
    }
    const document = await parseDocument(text, file, dirname(resolve(file)));
    // The first file that names something wins, as with kubectl.
    mergeByName(merged.clusters, document.clusters);
    mergeByName(merged.users, document.users);
    mergeByName(merged.contexts, document.contexts);
    merged.current ??= document.current;
  }
  return select(merged, context);
}

function mergeByName<T extends { name: string }>(into: T[], from: T[]): void {
  for (const entry of from) if (!into.some((known) => known.name === entry.name)) into.push(entry);
}

async function parseDocument(text: string, source: string, directory: string): Promise<Document> {
  try {
    // By its default export: a bundle gives a lazily loaded CommonJS package no others.
    const { default: yaml } = await import('yaml');
    const raw: unknown = yaml.parse(text);
    if (!isRecord(raw)) throw new Error('it is not a YAML mapping');
    const tokenFiles = tokenFilesOf(raw.users);
    return {
      clusters: newClusters(raw.clusters).map((cluster) => ({
        ...cluster,
        ...(cluster.caFile ? { caFile: absolute(directory, cluster.caFile) } : {}),
      })),
      users: newUsers(raw.users).map((user) => ({
        ...user,
        ...(user.certFile ? { certFile: absolute(directory, user.certFile) } : {}),
        ...(user.keyFile ? { keyFile: absolute(directory, user.keyFile) } : {}),
        ...(user.exec ? { exec: withAbsoluteCommand(user.exec, directory) } : {}),
        tokenFile: tokenFiles.has(user.name)
          ? absolute(directory, tokenFiles.get(user.name) ?? '')
          : undefined,
      })),
      contexts: newContexts(raw.contexts),
      current: typeof raw['current-context'] === 'string' ? raw['current-context'] : undefined,
    };
  } catch (cause) {
    throw new Error(`${source} is not a usable kubeconfig: ${messageOf(cause)}`, { cause });
  }
}

/** client-node reads `token-file`; the field that kubectl and kubelets write is `tokenFile`. */
function tokenFilesOf(users: unknown): Map<string, string> {
  const found = new Map<string, string>();
  if (!Array.isArray(users)) return found;
  for (const entry of users) {
    if (!isRecord(entry) || typeof entry.name !== 'string' || !isRecord(entry.user)) continue;
    if (typeof entry.user.tokenFile === 'string') found.set(entry.name, entry.user.tokenFile);
  }
  return found;
}

function withAbsoluteCommand(exec: { command?: unknown }, directory: string): object {
  if (typeof exec.command !== 'string' || !exec.command.includes('/')) return exec;
  return { ...exec, command: absolute(directory, exec.command) };
}

function select(document: Document, wanted: string | undefined): KubeConfiguration {
  const name = wanted ?? document.current;
  const context = document.contexts.find((candidate) => candidate.name === name);
  if (!context) {
    const known = document.contexts.map((candidate) => candidate.name).join(', ') || 'none';
    throw new Error(`the kubeconfig has no context "${name ?? ''}" (it has: ${known})`);
  }
  const cluster = document.clusters.find((candidate) => candidate.name === context.cluster);
  if (!cluster)
    throw new Error(`context "${name}" names the cluster "${context.cluster}", which is not defined`);
  const user = document.users.find((candidate) => candidate.name === context.user);
  return new FileConfiguration(cluster, user ?? { name: '' }, context.namespace);
}

async function fromServiceAccount(): Promise<KubeConfiguration | undefined> {
  const host = process.env.KUBERNETES_SERVICE_HOST;
  const port = process.env.KUBERNETES_SERVICE_PORT;
  const tokenFile = join(serviceAccountDirectory, 'token');
  if (!host || !port || !(await exists(tokenFile))) return undefined;
  const namespace = await readFile(join(serviceAccountDirectory, 'namespace'), 'utf8').catch(() => '');
  return new FileConfiguration(
    {
      name: 'in-cluster',
      server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
      caFile: join(serviceAccountDirectory, 'ca.crt'),
      skipTLSVerify: false,
    },
    { name: 'service-account', tokenFile },
    namespace.trim() || undefined,
  );
}

class FileConfiguration implements KubeConfiguration {
  readonly server: URL;
  readonly namespace: string | undefined;
  readonly proxyUrl: string | undefined;
  readonly #cluster: Cluster;
  readonly #user: User & { tokenFile?: string | undefined };
  #plugin: Promise<Authenticator> | undefined;

  constructor(
    cluster: Cluster,
    user: User & { tokenFile?: string | undefined },
    namespace: string | undefined,
  ) {
    this.server = new URL(cluster.server);
    this.namespace = namespace;
    this.proxyUrl = cluster.proxyUrl;
    this.#cluster = cluster;
    this.#user = user;
  }

  async credentials(): Promise<Credentials> {
    const cluster = this.#cluster;
    const user = this.#user;
    const headers: Record<string, string> = {};
    const tls: TlsMaterial = {};
    const ca = await dataOrFile(cluster.caData, cluster.caFile);
    const cert = await dataOrFile(user.certData, user.certFile);
    const key = await dataOrFile(user.keyData, user.keyFile);
    if (ca) tls.ca = ca;
    if (cert) tls.cert = cert;
    if (key) tls.key = key;
    if (cluster.tlsServerName) tls.servername = cluster.tlsServerName;
    if (cluster.skipTLSVerify) tls.rejectUnauthorized = false;
    if (user.tokenFile) {
      headers.authorization = `Bearer ${(await readFile(user.tokenFile, 'utf8')).trim()}`;
    } else if (user.token) {
      headers.authorization = `Bearer ${user.token.trim()}`;
    } else if (user.username) {
      const pair = Buffer.from(`${user.username}:${user.password ?? ''}`).toString('base64');
      headers.authorization = `Basic ${pair}`;
    } else if (user.exec || user.authProvider) {
      await this.#applyPlugin(headers, tls);
    }
    if (user.impersonateUser) headers['impersonate-user'] = user.impersonateUser;
    return { headers, tls };
  }

  invalidate(): void {
    this.#plugin = undefined;
  }

  async #applyPlugin(headers: Record<string, string>, tls: TlsMaterial): Promise<void> {
    const user = this.#user;
    this.#plugin ??= pluginFor(user);
    const options: RequestOptions & { headers: Record<string, string> } = { headers: {} };
    try {
      const plugin = await this.#plugin;
      await plugin.applyAuthentication(user.exec ? withExecInfo(user) : user, options);
    } catch (cause) {
      this.#plugin = undefined;
      throw new Error(`the credential plugin of user "${user.name}" failed: ${messageOf(cause)}`, { cause });
    }
    for (const [name, value] of Object.entries(options.headers)) headers[name.toLowerCase()] = value;
    if (typeof options.cert === 'string') tls.cert = options.cert;
    if (typeof options.key === 'string') tls.key = options.key;
  }
}

async function pluginFor(user: User): Promise<Authenticator> {
  if (user.exec) return new ExecAuth();
  const provider: unknown = user.authProvider?.name;
  if (provider === 'oidc') {
    const { OpenIDConnectAuth } = await import('@kubernetes/client-node/dist/oidc_auth.js');
    return new OpenIDConnectAuth();
  }
  throw new Error(
    `auth provider "${String(provider)}" is not supported (Kubernetes removed the built-in cloud providers in 1.26): use an exec plugin`,
  );
}

/** Exec plugins learn the protocol version from this variable; client-node does not set it. */
function withExecInfo(user: User): User {
  const { apiVersion, env } = user.exec;
  const info = { apiVersion, kind: 'ExecCredential', spec: { interactive: false } };
  return {
    ...user,
    exec: {
      ...user.exec,
      env: [...(env ?? []), { name: 'KUBERNETES_EXEC_INFO', value: JSON.stringify(info) }],
    },
  };
}

async function dataOrFile(data: string | undefined, file: string | undefined): Promise<string | undefined> {
  if (data) return Buffer.from(data, 'base64').toString('utf8');
  if (file) return readFile(file, 'utf8');
  return undefined;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

function absolute(directory: string, path: string): string {
  return isAbsolute(path) ? path : join(directory, path);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
