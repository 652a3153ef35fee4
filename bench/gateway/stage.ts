/** Many tenants on a Discord simulator and a real API server, and the gateway program that is to serve them. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { campaigns, tenants } from '../../gateway/resources.ts';
import { freePorts } from '../../hack/process/free-port.ts';
import { GuardedProcess } from '../../hack/process/guarded.ts';
import { waitUntil } from '../../hack/process/wait-until.ts';
import { slotPlace } from '../../src/api/gateway-place.ts';
import { API_VERSION, BOT_TOKEN_SECRET } from '../../src/api/index.ts';
import { Client, loadConfig, namespaces, secrets } from '../../src/kube/index.ts';
import { CertificateAuthority } from '../../src/pki/ca.ts';
import { DEFAULT_TRUST_DOMAIN, gatewayDnsNames, gatewayId } from '../../src/rpc/identity.ts';
import { SimulatorClient } from '../../test/discord/client.ts';
import {
  bindSessionsRole,
  bindTokenRole,
  gatewayKubeconfig,
  installRights,
} from '../../test/integration/gateway/rights.ts';
import { tenantManifest } from '../../test/integration/gateway/tenant-manifest.ts';

export interface StageOptions {
  /** The administrator's; its API server has the CRDs. */
  readonly kubeconfig: string;
  /** With the schema `skald`. */
  readonly databaseUrl: string;
  /** Tells the objects of this stage from others'. */
  readonly id: string;
  readonly signal: AbortSignal;
}

/** One tenant's place on Discord. */
export interface Table {
  readonly name: string;
  readonly applicationId: string;
  readonly guildId: string;
  readonly textChannelId: string;
  readonly gameMasterId: string;
}

const ROOT = new URL('../../', import.meta.url).pathname;
/** For a program to start, and for each bot to connect, on a machine that does other things, too. */
const STARTED_MS = 60_000;
const PER_BOT_MS = 2_000;

export class Stage {
  readonly discord: SimulatorClient;
  readonly tables: Table[] = [];
  readonly #options: StageOptions;
  readonly #client: Client;
  readonly #folder: string;
  readonly #running: GuardedProcess[] = [];
  #metricsUrl = '';

  private constructor(
    options: StageOptions,
    parts: { client: Client; discord: SimulatorClient; folder: string },
  ) {
    this.#options = options;
    this.#client = parts.client;
    this.#folder = parts.folder;
    this.discord = parts.discord;
  }

  /** With the simulator running, and neither tenants nor a gateway. */
  static async open(options: StageOptions): Promise<Stage> {
    const folder = await mkdtemp(join(tmpdir(), 'skald-bench-gateway-'));
    const ready = join(folder, 'simulator.json');
    const simulator = await GuardedProcess.start('the Discord simulator', {
      program: process.execPath,
      arguments: [join(ROOT, 'test/discord/main.ts'), '--ready-file', ready, '--log-level', 'error'],
      logFile: join(folder, 'simulator.log'),
    });
    try {
      const controlUrl = await waitUntil(async () => controlUrlIn(await readFile(ready, 'utf8')), {
        what: 'the Discord simulator',
        deadlineMs: STARTED_MS,
        signal: options.signal,
        check: () => simulator.check(),
      });
      const discord = await SimulatorClient.connect(controlUrl);
      const client = new Client({ config: await loadConfig({ kubeconfig: options.kubeconfig }) });
      const stage = new Stage(options, { client, discord, folder });
      stage.#running.push(simulator);
      await installRights(client);
      return stage;
    } catch (error) {
      await simulator.stop();
      throw error;
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#running.reverse().map((program) => program.stop('SIGTERM')));
    for (const { name } of this.tables) await this.#client.delete(tenants, { name }).catch(() => false);
    this.#client.close();
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** The gateway of slot 0, ready, serving whoever is assigned to it. */
  async startGateway(): Promise<void> {
    const [grpcPort = 0, healthPort = 0] = await freePorts(2);
    const tls = await this.#serverCertificate();
    const gateway = await GuardedProcess.start('the gateway', {
      program: process.execPath,
      arguments: [join(ROOT, 'cli/skald.ts'), 'gateway'],
      logFile: join(this.#folder, 'gateway.log'),
      environment: {
        PATH: process.env.PATH,
        KUBECONFIG: await gatewayKubeconfig(this.#options.kubeconfig, this.#folder),
        SKALD_SLOT: '0',
        SKALD_DISCORD_API_URL: this.discord.addresses.apiUrl,
        SKALD_DATABASE_URL: this.#options.databaseUrl,
        SKALD_TLS_DIRECTORY: tls,
        SKALD_GRPC_PORT: String(grpcPort),
        SKALD_HEALTH_PORT: String(healthPort),
        SKALD_LOG_LEVEL: 'warn',
      },
    });
    this.#running.push(gateway);
    this.#metricsUrl = `http://127.0.0.1:${healthPort}/metrics`;
    await waitUntil(async () => (await fetch(`http://127.0.0.1:${healthPort}/readyz`)).ok, {
      what: 'the gateway',
      deadlineMs: STARTED_MS,
      signal: this.#options.signal,
      check: () => gateway.check(),
    });
  }

  /** Adds tenants that no gateway serves yet. */
  async addTenants(count: number): Promise<void> {
    const left = Array.from({ length: count }, (_, index) => `bench-${this.#options.id}-${index}`);
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        for (let name = left.shift(); name !== undefined; name = left.shift()) {
          this.#options.signal.throwIfAborted();
          this.tables.push(await this.#addTenant(name));
        }
      }),
    );
  }

  /** Assigns all tenants to the gateway, as the operator does, and waits until every bot is connected. */
  async serveAll(): Promise<void> {
    for (const { name } of this.tables) {
      const status = { namespace: namespaceOf(name), gateway: 'skald-gateway-0' };
      await this.#client.patch(tenants, { name }, { merge: { status } }, { subresource: 'status' });
    }
    const deadlineMs = STARTED_MS + PER_BOT_MS * this.tables.length;
    await waitUntil(
      async () => ((await this.metric('skald_gateway_bots', 'state="Connected"')) ?? 0) >= this.tables.length,
      {
        what: `${this.tables.length} connected bots`,
        deadlineMs,
        everyMs: 250,
        signal: this.#options.signal,
      },
    );
    for (const { applicationId, guildId } of this.tables) {
      await waitUntil(
        async () => (await this.discord.commands(applicationId))[guildId]?.includes('session'),
        { what: `the commands of ${applicationId}`, deadlineMs, signal: this.#options.signal },
      );
    }
  }

  /** A sample of the gateway's own metrics. @param label as it is written there */
  async metric(name: string, label = ''): Promise<number | undefined> {
    const text = await (await fetch(this.#metricsUrl)).text();
    const lines = text.split('\n');
    const line = lines.find((candidate) => candidate.startsWith(`${name}{`) && candidate.includes(label));
    return line === undefined ? undefined : Number(line.slice(line.lastIndexOf(' ')));
  }

  /** Resident set of the gateway's process, MiB. */
  async residentMB(): Promise<number> {
    const bytes = await this.metric('process_resident_memory_bytes');
    if (bytes === undefined) throw new Error('the gateway does not tell its resident memory');
    return bytes / 2 ** 20;
  }

  async #serverCertificate(): Promise<string> {
    const authority = await CertificateAuthority.create();
    const issued = await authority.issue({
      uriSans: [gatewayId(DEFAULT_TRUST_DOMAIN, slotPlace(0))],
      dnsSans: gatewayDnsNames(slotPlace(0), 'skald-system'),
      lifetimeSeconds: 86_400,
      usages: ['server'],
    });
    await writeFile(join(this.#folder, 'tls.crt'), issued.certPem);
    await writeFile(join(this.#folder, 'tls.key'), issued.keyPem);
    await writeFile(join(this.#folder, 'ca.crt'), authority.certPem);
    return this.#folder;
  }

  async #addTenant(name: string): Promise<Table> {
    const { discord } = this;
    const application = await discord.addApplication({ name });
    const guildId = await discord.addGuild({ name });
    const textChannelId = await discord.addChannel(guildId, { type: 'text', name: 'chat' });
    await discord.addChannel(guildId, { type: 'voice', name: 'Table' });
    const gameMasterRole = await discord.addRole(guildId, { name: 'Game Master' });
    await discord.inviteBot(application.id, guildId);
    const gameMaster = await discord.person({ guildId, name: 'Gandalf', roles: [gameMasterRole] });
    await this.#createObjects(name, { ...application, guildId, gameMasterRole });
    return { name, applicationId: application.id, guildId, textChannelId, gameMasterId: gameMaster.userId };
  }

  async #createObjects(
    name: string,
    bot: { id: string; token: string; guildId: string; gameMasterRole: string },
  ): Promise<void> {
    const client = this.#client;
    const namespace = namespaceOf(name);
    await client.create(namespaces, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
    await bindSessionsRole(client, namespace);
    await bindTokenRole(client, namespace);
    await client.create(secrets, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: BOT_TOKEN_SECRET, namespace },
      data: { token: Buffer.from(bot.token).toString('base64') },
    });
    const { id: applicationId, guildId, gameMasterRole } = bot;
    await client.create(tenants, tenantManifest(name, { applicationId, guilds: [guildId], gameMasterRole }));
    await client.create(campaigns, {
      apiVersion: API_VERSION,
      kind: 'Campaign',
      metadata: { name: 'night', namespace },
      spec: {
        title: 'The Long Night',
        language: 'en',
        npcs: NAMES.map((npc) => ({
          name: npc,
          title: 'a guest of the inn',
          personality: 'Has seen much and says little of it, unless somebody pays for the ale.',
          voice: { pitch: 0, speed: 1 },
          engine: 'cascaded' as const,
          budget: 'fast' as const,
          addressOnly: false,
          gameMasterHelper: false,
        })),
        onVoiceChannelMoved: 'Follow',
        turnTaking: { endpointing: 'dynamic', minDelayMs: 400, maxDelayMs: 2400, preemptive: true },
      },
    });
  }
}

const NAMES = ['Bart', 'Greta', 'Ulla', 'Bruno', 'Hilda', 'Odo'];

function namespaceOf(tenant: string): string {
  return `skald-t-${tenant}`;
}

function controlUrlIn(text: string): string {
  const addresses: { controlUrl: string } = JSON.parse(text);
  return addresses.controlUrl;
}
