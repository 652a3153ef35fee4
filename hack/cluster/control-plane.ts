import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../process/free-port.ts';
import { GuardedProcess } from '../process/guarded.ts';
import { tail } from '../process/tail.ts';
import { waitUntil } from '../process/wait-until.ts';
import { ensureTools, type ToolName } from '../tools/index.ts';
import { ApiClient } from './api-client.ts';
import { ClusterCa, createServiceAccountKey } from './certificates.ts';
import { kubeconfig } from './kubeconfig.ts';

export interface ControlPlaneOptions {
  /**
   * Also runs kube-controller-manager: Jobs make Pods, garbage collection follows owner references, namespaces end.
   * Without it the ServiceAccount admission plugin is off, because nothing would make the `default` accounts that
   * it demands of every Pod.
   * @defaultValue false
   */
  kubeControllerManager?: boolean;
  /**
   * Writes down who asked for what, and what the answer was, without bodies: {@link ControlPlane.auditLog}.
   * @defaultValue false
   */
  audit?: boolean;
  onProgress?: (message: string) => void;
  signal?: AbortSignal;
}

export interface ControlPlane {
  /** Path of the administrator's kubeconfig. */
  kubeconfig: string;
  /** https://127.0.0.1:port */
  url: string;
  adminToken: string;
  /** Path of the PEM file that verifies the API server. */
  caFile: string;
  /** Verifies service-account tokens; PEM file. */
  serviceAccountPublicKeyFile: string;
  /** What was asked, one JSON object (audit.k8s.io/v1 Event) a line; undefined without `audit`. */
  auditLog: string | undefined;
  /** Process ids by program name. */
  pids: Readonly<Record<string, number>>;
  /** Ends the API server and starts it again on the same port and the same data; watches break. */
  restartApiServer(signal?: NodeJS.Signals): Promise<void>;
  /** Ends etcd and starts it again on the same ports and the same data; until then the API server answers errors. */
  restartEtcd(signal?: NodeJS.Signals): Promise<void>;
  /** Ends everything and removes its files. May be called twice. */
  stop(): Promise<void>;
}

/**
 * A real etcd and kube-apiserver on free ports of 127.0.0.1, with files in a temporary folder; no root needed. They
 * end when `stop` is called and also when this process dies, however it dies.
 */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const names: ToolName[] = ['etcd', 'kube-apiserver'];
  if (options.kubeControllerManager) names.push('kube-controller-manager');
  const tools = await ensureTools(names, options.onProgress ?? (() => {}), options.signal);
  const folder = await mkdtemp(join(tmpdir(), 'skald-control-plane-'));
  const running = new Map<string, GuardedProcess>();
  const stop = async (): Promise<void> => {
    await Promise.all([...running.values()].map((process) => process.stop()));
    running.clear();
    client?.close();
    await rm(folder, { recursive: true, force: true });
  };
  let client: ApiClient | undefined;
  try {
    const [etcdPort = 0, peerPort = 0, apiPort = 0] = await freePorts(3);
    const url = `https://127.0.0.1:${apiPort}`;
    const adminToken = randomBytes(24).toString('hex');
    const start = async (name: ToolName, args: readonly string[]): Promise<GuardedProcess> => {
      const process = await GuardedProcess.start(name, {
        program: tools[name],
        arguments: args,
        logFile: join(folder, `${name}.log`),
        folder,
      });
      running.set(name, process);
      return process;
    };

    const startEtcd = () => start('etcd', etcdArguments(join(folder, 'etcd'), etcdPort, peerPort));
    await startEtcd();
    const files = await writeKeys(folder, adminToken, url);
    client = new ApiClient(url, files.ca, adminToken);
    let apiServer: GuardedProcess | undefined;
    const startApiServer = async (): Promise<void> => {
      apiServer = await start('kube-apiserver', apiServerArguments(folder, etcdPort, apiPort, options));
      await ready(client, apiServer, options.signal);
    };
    await startApiServer();
    if (options.kubeControllerManager) {
      await start('kube-controller-manager', controllerManagerArguments(folder, files.kubeconfig));
    }
    return {
      kubeconfig: files.kubeconfig,
      url,
      adminToken,
      caFile: join(folder, 'ca.crt'),
      serviceAccountPublicKeyFile: join(folder, 'service-account.pub'),
      auditLog: options.audit ? auditLogIn(folder) : undefined,
      get pids() {
        return Object.fromEntries([...running].map(([name, process]) => [name, process.pid]));
      },
      restartApiServer: async (signal: NodeJS.Signals = 'SIGTERM') => {
        await running.get('kube-apiserver')?.stop(signal);
        await startApiServer();
      },
      restartEtcd: async (signal: NodeJS.Signals = 'SIGTERM') => {
        await running.get('etcd')?.stop(signal);
        await startEtcd();
        if (apiServer) await ready(client, apiServer, options.signal);
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function writeKeys(
  folder: string,
  adminToken: string,
  url: string,
): Promise<{ ca: string; kubeconfig: string }> {
  const [ca, serviceAccounts] = await Promise.all([
    ClusterCa.create('skald-control-plane'),
    createServiceAccountKey(),
  ]);
  const server = await ca.issue({
    commonName: 'kube-apiserver',
    hosts: ['127.0.0.1', 'localhost', 'kubernetes.default.svc', '10.96.0.1'],
  });
  const admin = join(folder, 'kubeconfig');
  const secret = { mode: 0o600 };
  await Promise.all([
    writeFile(join(folder, 'ca.crt'), ca.certificate),
    writeFile(join(folder, 'server.crt'), server.certificate),
    writeFile(join(folder, 'server.key'), server.key, secret),
    writeFile(join(folder, 'service-account.key'), serviceAccounts.key, secret),
    writeFile(join(folder, 'service-account.pub'), serviceAccounts.publicKey),
    writeFile(join(folder, 'audit-policy.json'), JSON.stringify(AUDIT_POLICY)),
    writeFile(join(folder, 'tokens.csv'), `${adminToken},admin,admin,"system:masters"\n`, secret),
    writeFile(
      admin,
      kubeconfig({ name: 'skald-test', server: url, ca: ca.certificate, credentials: { token: adminToken } }),
      secret,
    ),
  ]);
  return { ca: ca.certificate, kubeconfig: admin };
}

/** Arguments of a throw-away etcd on 127.0.0.1: nothing is flushed to the disk, a crash of the machine loses it. */
export function etcdArguments(dataFolder: string, clientPort: number, peerPort: number): string[] {
  const client = `http://127.0.0.1:${clientPort}`;
  const peer = `http://127.0.0.1:${peerPort}`;
  return [
    `--data-dir=${dataFolder}`,
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=default=${peer}`,
    '--unsafe-no-fsync=true',
    '--log-level=warn',
  ];
}

function apiServerArguments(
  folder: string,
  etcdPort: number,
  port: number,
  options: ControlPlaneOptions,
): string[] {
  return [
    `--etcd-servers=http://127.0.0.1:${etcdPort}`,
    '--bind-address=127.0.0.1',
    '--advertise-address=127.0.0.1',
    // A loopback address cannot be an endpoint of the `kubernetes` Service, and nothing here uses that Service.
    '--endpoint-reconciler-type=none',
    `--secure-port=${port}`,
    `--tls-cert-file=${join(folder, 'server.crt')}`,
    `--tls-private-key-file=${join(folder, 'server.key')}`,
    `--client-ca-file=${join(folder, 'ca.crt')}`,
    `--token-auth-file=${join(folder, 'tokens.csv')}`,
    '--authorization-mode=Node,RBAC',
    '--allow-privileged=true',
    '--service-cluster-ip-range=10.96.0.0/16',
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${join(folder, 'service-account.key')}`,
    `--service-account-signing-key-file=${join(folder, 'service-account.key')}`,
    ...(options.kubeControllerManager ? [] : ['--disable-admission-plugins=ServiceAccount']),
    ...(options.audit
      ? [
          `--audit-policy-file=${join(folder, 'audit-policy.json')}`,
          `--audit-log-path=${auditLogIn(folder)}`,
          // A request is answered when it is written down: whoever has the answer finds it in the file.
          '--audit-log-mode=blocking',
          // Megabytes; one file, however long the run.
          '--audit-log-maxsize=8000',
        ]
      : []),
  ];
}

/** Metadata of every request that is over; of a watch already when it begins. */
const AUDIT_POLICY = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [{ level: 'Metadata' }],
};

function auditLogIn(folder: string): string {
  return join(folder, 'audit.jsonl');
}

function controllerManagerArguments(folder: string, config: string): string[] {
  return [
    `--kubeconfig=${config}`,
    `--service-account-private-key-file=${join(folder, 'service-account.key')}`,
    `--root-ca-file=${join(folder, 'ca.crt')}`,
    '--use-service-account-credentials=true',
    // Its default is a folder of the host's.
    `--flex-volume-plugin-dir=${join(folder, 'volume-plugins')}`,
    '--leader-elect=false',
    '--secure-port=0',
  ];
}

async function ready(
  client: ApiClient | undefined,
  server: GuardedProcess,
  signal: AbortSignal | undefined,
): Promise<void> {
  await waitUntil(
    async (limit) => (await client?.call('GET', '/readyz', { signal: limit }))?.status === 200,
    {
      what: 'the API server to be ready',
      deadlineMs: 60_000,
      signal,
      check: () => server.check(),
      detail: () => tail(server.logFile),
    },
  );
}
