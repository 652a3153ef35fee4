// An operator in this process on the integration tests' API server, with the chart's RBAC, and hands for what is
// not there: no Job controller makes pods, no kubelet runs them, no gateway reports.
import { randomBytes } from 'node:crypto';
import { createOperator, type Operator } from '../../../controller/operator.ts';
import { campaigns, tenants, voiceSessions } from '../../../controller/resources.ts';
import { loadControllerSettings, type Settings } from '../../../controller/settings.ts';
import type { AskGateway } from '../../../controller/tenant/discord.ts';
import type { Campaign, Tenant, VoiceSession, VoiceSessionVoice } from '../../../src/api/index.ts';
import {
  Client,
  type Job,
  jobs,
  type KubeConfiguration,
  type KubeObject,
  type Live,
  leases,
  loadConfig,
  type Metrics,
  namespaces,
  noMetrics,
  type ObjectKey,
  type Pod,
  pods,
  type Resource,
  secrets,
} from '../../../src/kube/index.ts';
import type { DatabaseAdministration } from '../../../src/store/roles/administration.ts';
import { createLogger, silentLogger } from '../../../src/telemetry/log.ts';
import type { VaultClient } from '../../../src/vault/index.ts';
import { applyChartRbac, asServiceAccount } from './chart-rbac.ts';

const WAIT_MS = 40_000;

export interface WorldOptions {
  readonly kubeconfig: string;
  readonly env?: Record<string, string>;
  /** Where pods are. @defaultValue node-1, which does not exist */
  readonly node?: string;
  /** @defaultValue one of its own */
  readonly systemNamespace?: string;
  /** `--set` values of the chart whose rights the operator has. */
  readonly values?: readonly string[];
}

export class World implements AsyncDisposable {
  readonly admin: Client;
  readonly systemNamespace: string;
  readonly settings: Settings;
  /** What the pretended gateways answer. */
  gateway: AskGateway = async () => ({
    served: true,
    connected: true,
    reason: 'Connected',
    message: '',
    botUserId: '1',
    guilds: 1,
  });
  database: DatabaseAdministration | undefined;
  /** Undefined: the installation has none. Closed by whoever opened it. */
  vault: VaultClient | undefined;
  readonly #kubeconfig: string;
  #running: { operator: Operator; client: Client; stop: AbortController; done: Promise<void> } | undefined;
  #tenants: string[] = [];
  readonly #node: string;

  private constructor(
    { kubeconfig, node = 'node-1' }: WorldOptions,
    admin: Client,
    systemNamespace: string,
    settings: Settings,
  ) {
    this.#kubeconfig = kubeconfig;
    this.#node = node;
    this.admin = admin;
    this.systemNamespace = systemNamespace;
    this.settings = settings;
  }

  static async create(options: WorldOptions): Promise<World> {
    const admin = new Client({ config: await loadConfig({ kubeconfig: options.kubeconfig }) });
    const systemNamespace = options.systemNamespace ?? `skald-test-${randomBytes(3).toString('hex')}`;
    await admin.apply(
      namespaces,
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: systemNamespace } },
      { fieldManager: 'test' },
    );
    await applyChartRbac(admin, systemNamespace, ...(options.values ?? []));
    const env = { SKALD_NAMESPACE: systemNamespace, SKALD_GATEWAY_SLOTS: '2', ...options.env };
    const settings = await loadControllerSettings({ env });
    return new World(options, admin, systemNamespace, settings);
  }

  get operator(): Operator {
    if (this.#running === undefined) throw new Error('the operator does not run');
    return this.#running.operator;
  }

  /** `through`: how the operator reaches the API server. */
  async start(
    through: (config: KubeConfiguration) => KubeConfiguration = (config) => config,
    metrics: Metrics = noMetrics,
  ): Promise<void> {
    const config = through(await loadConfig({ kubeconfig: this.#kubeconfig }));
    const client = new Client({ config: asServiceAccount(config, this.systemNamespace, 'skald-controller') });
    const log = process.env.SKALD_TEST_LOG
      ? createLogger({ name: 'controller', level: 'debug' })
      : silentLogger();
    const operator = createOperator({
      client,
      settings: this.settings,
      log,
      metrics,
      database: this.database,
      vault: this.vault,
      askGateway: () => (gateway, tenant) => this.gateway(gateway, tenant),
    });
    const stop = new AbortController();
    const done = operator.run(stop.signal);
    done.catch(() => {});
    this.#running = { operator, client, stop, done };
  }

  async stop(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    running?.stop.abort();
    await running?.done;
    running?.client.close();
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.stop();
      // By force: how a Tenant ends has tests of its own, and no namespace controller ends namespaces here.
      for (const name of this.#tenants) {
        if (await this.admin.find(tenants, { name })) {
          await this.admin.patch(tenants, { name }, { merge: { metadata: { finalizers: null } } });
          await this.admin.delete(tenants, { name });
        }
      }
    } finally {
      this.admin.close();
    }
  }

  /** A tenant that is Ready, in the namespace `skald-<name>`. */
  async tenant(
    name: string,
    spec: Partial<Tenant['spec']> & { guilds?: string[]; applicationId?: string } = {},
  ) {
    const { guilds = ['100000000000000001'], applicationId = snowflake(), ...rest } = spec;
    this.#tenants.push(name);
    return this.create<Tenant>(tenants, {
      apiVersion: 'skald.dev/v1alpha1',
      kind: 'Tenant',
      metadata: { name },
      spec: { discord: { applicationId, guilds, botTokenSecretRef: {} }, ...rest },
    });
  }

  campaign(namespace: string, name = 'curse', spec: object = {}) {
    return this.create<Campaign>(campaigns, {
      apiVersion: 'skald.dev/v1alpha1',
      kind: 'Campaign',
      metadata: { namespace, name },
      spec: { title: 'The Curse', npcs: [{ name: 'Greta', aliases: ['innkeeper'] }], ...spec },
    });
  }

  session(namespace: string, name: string, spec: object = {}) {
    return this.create<VoiceSession>(voiceSessions, {
      apiVersion: 'skald.dev/v1alpha1',
      kind: 'VoiceSession',
      metadata: { namespace, name },
      spec: {
        campaignRef: { name: 'curse' },
        guildId: '100000000000000001',
        voiceChannelId: '200000000000000001',
        ...spec,
      },
    });
  }

  /** As people send it: the API server fills in the defaults. */
  async create<T extends KubeObject>(
    resource: Resource<T>,
    object: KubeObject & { spec: object },
  ): Promise<Live<T>> {
    const plain: Resource = resource;
    await this.admin.create(plain, object);
    const { namespace, name = '' } = object.metadata ?? {};
    return this.admin.get(resource, { namespace, name });
  }

  ready(resource: Resource<Tenant> | Resource<Campaign> | Resource<VoiceSession>, key: ObjectKey) {
    const any: Resource<
      KubeObject & { status?: { conditions?: readonly { type: string; status: string }[] } }
    > = resource;
    return this.until(
      any,
      key,
      (object) =>
        object?.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ??
        false,
    );
  }

  /** As people stop one. */
  async stopSession(namespace: string, name: string): Promise<void> {
    const stopped = { merge: { spec: { desiredState: 'Stopped' } } };
    await this.admin.patch(voiceSessions, { namespace, name }, stopped);
  }

  phase(namespace: string, name: string, ...phases: string[]): Promise<Live<VoiceSession>> {
    return this.#found(voiceSessions, { namespace, name }, (session) =>
      phases.includes(session.status?.phase ?? ''),
    );
  }

  job(namespace: string, session: Live<VoiceSession>): Promise<Live<Job>> {
    const name = session.status?.worker?.jobName ?? '';
    return this.#found(jobs, { namespace, name }, () => true);
  }

  /** What the Job controller does: one pod from the template, on a node, pending. */
  async pod(job: Live<Job>, suffix = 'a'): Promise<Live<Pod>> {
    const { namespace, name } = job.metadata;
    const template = job.spec?.template;
    if (template?.spec === undefined || template.spec === null)
      throw new Error('the Job has no pod template');
    return this.admin.create<Pod>(pods, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        ...(namespace === undefined ? {} : { namespace }),
        name: `${name}-${suffix}`,
        labels: template.metadata?.labels ?? {},
        finalizers: template.metadata?.finalizers ?? [],
      },
      spec: { ...template.spec, nodeName: this.#node },
    });
  }

  /** The one that works for the session. */
  async podOf(namespace: string, session: string): Promise<Live<Pod>> {
    const [pod] = await this.admin.listAll(pods, {
      namespace,
      labelSelector: `skald.dev/voicesession=${session}`,
    });
    if (pod === undefined) throw new Error(`${session} has no pod`);
    return pod;
  }

  async running(pod: Live<Pod>): Promise<void> {
    await this.podStatus(pod, {
      phase: 'Running',
      containerStatuses: [
        {
          ...CONTAINER,
          ready: true,
          started: true,
          state: { running: { startedAt: new Date().toISOString() } },
        },
      ],
    });
  }

  async exited(pod: Live<Pod>, exitCode: number, message = ''): Promise<void> {
    await this.podEnds(key(pod), exitCode, message);
  }

  async podEnds(pod: ObjectKey, exitCode: number, message = ''): Promise<void> {
    await this.#podStatus(pod, {
      phase: exitCode === 0 ? 'Succeeded' : 'Failed',
      containerStatuses: [
        {
          ...CONTAINER,
          ready: false,
          started: false,
          state: { terminated: { exitCode, message, reason: exitCode === 0 ? 'Completed' : 'Error' } },
        },
      ],
    });
  }

  async podStatus(pod: Live<Pod>, status: object): Promise<void> {
    await this.#podStatus(key(pod), status);
  }

  async #podStatus(pod: ObjectKey, status: object): Promise<void> {
    await this.admin.patch(pods, pod, { merge: { status } }, { subresource: 'status' });
  }

  /** What the gateway writes. */
  async voice(session: Live<VoiceSession>, voice: VoiceSessionVoice): Promise<void> {
    const { namespace = '', name } = session.metadata;
    const object = {
      apiVersion: session.apiVersion,
      kind: session.kind,
      metadata: { namespace, name },
      status: { voice },
    };
    const plain: Resource = voiceSessions;
    await this.admin.applyStatus(plain, object, { fieldManager: 'skald-gateway' });
  }

  /** A session with a worker that listens. */
  async active(namespace: string, name: string, spec: object = {}) {
    await this.session(namespace, name, spec);
    const provisioning = await this.phase(namespace, name, 'Provisioning');
    const job = await this.job(namespace, provisioning);
    const pod = await this.pod(job);
    await this.running(pod);
    await this.phase(namespace, name, 'Connecting');
    await this.voice(provisioning, { connected: true, state: 'Listening', podUID: pod.metadata.uid });
    return { session: await this.phase(namespace, name, 'Active'), job, pod };
  }

  claims() {
    return this.admin.listAll(leases, { namespace: this.systemNamespace, labelSelector: 'skald.dev/claim' });
  }

  /** Everything that a session leaves in its namespace. */
  async leftovers(namespace: string): Promise<string[]> {
    const [job, pod, secret] = await Promise.all([
      this.admin.listAll(jobs, { namespace }),
      this.admin.listAll(pods, { namespace }),
      this.admin.listAll(secrets, { namespace }),
    ]);
    // No garbage collector runs here: a pod counts when our finalizer would keep it.
    const held = pod.filter(({ metadata }) => metadata.finalizers?.includes('skald.dev/result'));
    return [...job, ...held, ...secret].map(({ metadata }) => metadata.name).sort();
  }

  async until<T extends KubeObject>(
    resource: Resource<T>,
    key: ObjectKey,
    holds: (object: Live<T> | undefined) => boolean,
  ): Promise<Live<T> | undefined> {
    const deadline = Date.now() + WAIT_MS;
    for (;;) {
      const object = await this.admin.find(resource, key);
      if (holds(object)) return object;
      if (Date.now() > deadline) {
        throw new Error(
          `${resource.kind} ${key.namespace}/${key.name} did not come to be as expected: ${JSON.stringify(object, null, 1)}`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, 15));
    }
  }

  async #found<T extends KubeObject>(
    resource: Resource<T>,
    key: ObjectKey,
    holds: (object: Live<T>) => boolean,
  ) {
    const object = await this.until(resource, key, (one) => one !== undefined && holds(one));
    if (object === undefined) throw new Error(`${resource.kind} ${key.name} is gone`);
    return object;
  }
}

const CONTAINER = { name: 'worker', image: 'skald:dev', imageID: '', restartCount: 0 };

export function key(object: Live): ObjectKey {
  const { namespace, name } = object.metadata;
  return { namespace, name };
}

let counter = 0;

export function snowflake(): string {
  counter++;
  return String(300_000_000_000_000_000n + BigInt(Date.now()) * 1000n + BigInt(counter));
}

export function unique(stem: string): string {
  return `${stem}-${randomBytes(3).toString('hex')}`;
}
