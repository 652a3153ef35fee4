import { createHash } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ClusterCa } from '../cluster/certificates.ts';
import { freePorts } from '../process/free-port.ts';
import { GuardedProcess } from '../process/guarded.ts';
import { tail } from '../process/tail.ts';
import { waitUntil } from '../process/wait-until.ts';
import { ensureTools } from '../tools/index.ts';
import { type VaultApiAnswer, vaultApi } from './api.ts';

export type { VaultApiAnswer } from './api.ts';

export interface VaultOptions {
  /** The folder in which the data folder is made; nothing is left there. @defaultValue the system's temporary folder */
  folder?: string;
  /** Pods need the bridge address of the local cluster. @defaultValue 127.0.0.1 */
  bindAddress?: string;
  /** @defaultValue a free port */
  port?: number;
  /** Serves TLS with a certificate of a CA made for it. @defaultValue false */
  tls?: boolean;
  /** Makes the auth method `kubernetes` known, which is a program of its own here. @defaultValue false */
  kubernetesAuth?: boolean;
  onProgress?: (message: string) => void;
  signal?: AbortSignal;
}

export interface VaultServer {
  /** http(s)://address:port */
  readonly address: string;
  /** For preparing a test, never for what is tested. */
  readonly rootToken: string;
  /** Path of the PEM file that verifies the server; with TLS only. */
  readonly caFile?: string;
  readonly pid: number;
  /** One request with the root token. @throws when the answer is no success */
  call(method: string, path: string, body?: object): Promise<unknown>;
  /** One request as somebody else; any status is an answer. */
  ask(method: string, path: string, token: string | undefined, body?: object): Promise<VaultApiAnswer>;
  seal(): Promise<void>;
  unseal(): Promise<void>;
  /** Ends the server and starts it again on the same port and the same data; sealed, as any Vault that starts. */
  restart(signal?: NodeJS.Signals): Promise<void>;
  /** Ends the server until `restart`: nothing listens on its port. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Ends everything and removes its files. May be called twice. */
  stop(): Promise<void>;
}

/**
 * A real Vault, initialised and unsealed, with nothing in it. No dev server: it can be sealed and restarted. Storage
 * is Vault's own (raft) in a folder; root token and unseal key are in this process' memory only. It ends
 * when `stop` is called and when this process dies, however it dies.
 */
export async function startVault(options: VaultOptions = {}): Promise<VaultServer> {
  const { vault: program } = await ensureTools(['vault'], options.onProgress ?? (() => {}), options.signal);
  const host = options.bindAddress ?? '127.0.0.1';
  const folder = await mkdtemp(join(resolve(options.folder ?? tmpdir()), 'skald-vault-'));
  let process: GuardedProcess | undefined;
  const stop = async (): Promise<void> => {
    await process?.stop('SIGTERM');
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const [free = 0, clusterPort = 0] = await freePorts(2, host);
    const port = options.port ?? free;
    const address = `${options.tls ? 'https' : 'http'}://${host}:${port}`;
    const ca = options.tls ? await writeTls(folder, host) : undefined;
    const server = { address, ca };
    const configuration = join(folder, 'vault.json');
    await Promise.all([mkdir(join(folder, 'data')), mkdir(join(folder, 'plugins'))]);
    await writeFile(
      configuration,
      JSON.stringify(configurationOf({ folder, host, address, port, clusterPort })),
    );

    const start = async (): Promise<void> => {
      process = await GuardedProcess.start('vault', {
        program,
        arguments: ['server', `-config=${configuration}`],
        logFile: join(folder, 'vault.log'),
        folder,
        // Nothing of this machine's own Vault may reach it.
        environment: { PATH: '/usr/bin:/bin', HOME: folder, GOMAXPROCS: '2' },
        cwd: folder,
      });
      await answers(server, process, options.signal);
    };
    await start();

    const { rootToken, unsealKey } = await initialise(server);
    const ask = (method: string, path: string, token: string | undefined, body?: object) =>
      vaultApi(server, method, path, { body, ...(token === undefined ? {} : { token }) });
    const call = async (method: string, path: string, body?: object): Promise<unknown> => {
      const answer = await ask(method, path, rootToken, body);
      if (answer.status < 300) return answer.body;
      throw new Error(`${method} ${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    };
    const unseal = async (): Promise<void> => {
      await call('POST', 'sys/unseal', { key: unsealKey });
      // The answer comes before the mounts are there.
      await waitUntil(async () => (await ask('GET', 'sys/health', undefined)).status === 200, {
        what: 'Vault to be unsealed',
        deadlineMs: 30_000,
        everyMs: 20,
        signal: options.signal,
      });
    };
    await unseal();
    if (options.kubernetesAuth) await registerKubernetesAuth(folder, call, options);
    return {
      address,
      rootToken,
      ...(ca === undefined ? {} : { caFile: join(folder, 'ca.crt') }),
      get pid() {
        return process?.pid ?? 0;
      },
      call,
      ask,
      seal: async () => void (await call('POST', 'sys/seal')),
      unseal,
      kill: async (signal = 'SIGKILL') => void (await process?.stop(signal)),
      restart: async (signal = 'SIGTERM') => {
        await process?.stop(signal);
        await start();
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function configurationOf(o: {
  folder: string;
  host: string;
  address: string;
  port: number;
  clusterPort: number;
}): object {
  const tls = o.address.startsWith('https:')
    ? { tls_cert_file: join(o.folder, 'server.crt'), tls_key_file: join(o.folder, 'server.key') }
    : { tls_disable: true };
  return {
    // Vault's own storage, and the only one of a minimal build that outlives the process; a cluster of one.
    storage: { raft: { path: join(o.folder, 'data'), node_id: 'one', performance_multiplier: 1 } },
    listener: {
      tcp: { address: `${o.host}:${o.port}`, cluster_address: `${o.host}:${o.clusterPort}`, ...tls },
    },
    api_addr: o.address,
    cluster_addr: `https://${o.host}:${o.clusterPort}`,
    plugin_directory: join(o.folder, 'plugins'),
    // Locking memory needs a capability, and these secrets are made up.
    disable_mlock: true,
    ui: false,
    log_level: 'warn',
  };
}

async function registerKubernetesAuth(
  folder: string,
  call: VaultServer['call'],
  options: VaultOptions,
): Promise<void> {
  const name = 'vault-plugin-auth-kubernetes';
  const tools = await ensureTools([name], options.onProgress ?? (() => {}), options.signal);
  // Vault runs nothing from outside its folder, not even by a link.
  await copyFile(tools[name], join(folder, 'plugins', name));
  const sha256 = createHash('sha256')
    .update(await readFile(tools[name]))
    .digest('hex');
  await call('POST', 'sys/plugins/catalog/auth/kubernetes', { sha256, command: name });
}

/** @returns the CA, PEM */
async function writeTls(folder: string, host: string): Promise<string> {
  const ca = await ClusterCa.create('skald-vault');
  const server = await ca.issue({ commonName: 'vault', hosts: [host, 'localhost'] });
  await Promise.all([
    writeFile(join(folder, 'ca.crt'), ca.certificate),
    writeFile(join(folder, 'server.crt'), server.certificate),
    writeFile(join(folder, 'server.key'), server.key, { mode: 0o600 }),
  ]);
  return ca.certificate;
}

async function answers(
  server: { address: string; ca: string | undefined },
  process: GuardedProcess,
  signal: AbortSignal | undefined,
): Promise<void> {
  await waitUntil(
    async (limit) => (await vaultApi(server, 'GET', 'sys/seal-status', { signal: limit })).status === 200,
    {
      what: 'Vault to answer',
      deadlineMs: 60_000,
      signal,
      check: () => process.check(),
      detail: () => tail(process.logFile),
    },
  );
}

async function initialise(server: {
  address: string;
  ca: string | undefined;
}): Promise<{ rootToken: string; unsealKey: string }> {
  const { status, body } = await vaultApi(server, 'POST', 'sys/init', {
    body: { secret_shares: 1, secret_threshold: 1 },
  });
  if (typeof body === 'object' && body !== null && 'root_token' in body && 'keys_base64' in body) {
    const { root_token: rootToken, keys_base64: keys } = body;
    const [unsealKey] = Array.isArray(keys) ? keys : [];
    if (typeof rootToken === 'string' && typeof unsealKey === 'string') return { rootToken, unsealKey };
  }
  throw new Error(`Vault was not initialised (HTTP ${status})`);
}
