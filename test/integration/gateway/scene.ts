/**
 * A tenant with one guild on the Discord simulator, its objects in a real API server, certificates of a real CA, and
 * gateways that are started and stopped in this process. What the operator would do is done by the test.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ConnectionMetrics } from '../../../gateway/connections/metrics.ts';
import { type Gateway, startGateway } from '../../../gateway/gateway.ts';
import type { GatewayLimits } from '../../../gateway/limits/limits.ts';
import { campaigns, tenants, voiceSessionStatuses, voiceSessions } from '../../../gateway/resources.ts';
import type { GatewayVault } from '../../../gateway/tenants/tenant-vault.ts';
import { type GatewayPlace, slotPlace } from '../../../src/api/gateway-place.ts';
import {
  API_VERSION,
  BOT_TOKEN_SECRET,
  type Campaign,
  type CampaignStatus,
  type VoiceSession,
  type VoiceSessionStatus,
} from '../../../src/api/index.ts';
import { Client, isNotFound, type Live, loadConfig, namespaces, secrets } from '../../../src/kube/index.ts';
import { CertificateAuthority } from '../../../src/pki/ca.ts';
import { type Attachment, attach, PROTOCOL_VERSION } from '../../../src/rpc/attach-client.ts';
import {
  DEFAULT_TRUST_DOMAIN,
  gatewayDnsNames,
  gatewayId,
  operatorId,
  workerId,
} from '../../../src/rpc/identity.ts';
import { type PemIdentity, pemFilesIn } from '../../../src/rpc/pem-identity.ts';
import { createLogger, type Logger } from '../../../src/telemetry/log.ts';
import { DiscordSimulator } from '../../discord/simulator.ts';
import { bindSessionsRole, bindTokenRole, gatewayKubeconfig, installRights } from './rights.ts';
import { tenantManifest } from './tenant-manifest.ts';

export const GAME_MASTER = '100000000000000001';

export interface SceneOptions {
  readonly kubeconfig: string;
  readonly databaseUrl: string;
  /** false: the gateway may not read the bot token yet. @defaultValue true */
  readonly tokenReadable?: boolean;
}

export class Scene {
  readonly discord = new DiscordSimulator();
  readonly id = randomUUID().slice(0, 8);
  readonly tenantName = `t-${this.id}`;
  readonly namespace = `skald-t-${this.id}`;
  /** The administrator's. */
  readonly client: Client;
  readonly #gatewayClient: Client;
  readonly #gatewayKubeconfig: string;
  readonly #log: string[] = [];
  readonly #authority: CertificateAuthority;
  readonly #folder: string;
  readonly #databaseUrl: string;
  readonly #gateways = new Set<Gateway>();
  applicationId = '';
  botToken = '';
  publicKey = '';
  guildId = '';
  voiceChannelId = '';
  textChannelId = '';
  gameMasterRole = '';

  private constructor(parts: {
    client: Client;
    gatewayClient: Client;
    gatewayKubeconfig: string;
    authority: CertificateAuthority;
    folder: string;
    databaseUrl: string;
  }) {
    this.client = parts.client;
    this.#gatewayClient = parts.gatewayClient;
    this.#gatewayKubeconfig = parts.gatewayKubeconfig;
    this.#authority = parts.authority;
    this.#folder = parts.folder;
    this.#databaseUrl = parts.databaseUrl;
  }

  static async create(options: SceneOptions): Promise<Scene> {
    const client = new Client({ config: await loadConfig({ kubeconfig: options.kubeconfig }) });
    const folder = await mkdtemp(join(tmpdir(), 'skald-gateway-test-'));
    await installRights(client);
    const kubeconfig = await gatewayKubeconfig(options.kubeconfig, folder);
    const scene = new Scene({
      client,
      gatewayClient: new Client({ config: await loadConfig({ kubeconfig }) }),
      gatewayKubeconfig: kubeconfig,
      authority: await CertificateAuthority.create(),
      folder,
      databaseUrl: options.databaseUrl,
    });
    await scene.#createDiscord();
    await scene.#createObjects();
    await bindSessionsRole(client, scene.namespace);
    if (options.tokenReadable !== false) await scene.makeTokenReadable();
    return scene;
  }

  async close(): Promise<void> {
    for (const gateway of [...this.#gateways]) await this.stopGateway(gateway);
    await this.discord.stop();
    await this.client.delete(tenants, { name: this.tenantName }).catch(() => false);
    this.client.close();
    this.#gatewayClient.close();
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** Everything that the gateways logged. */
  get log(): string {
    return this.#log.join('');
  }

  async makeTokenReadable(): Promise<void> {
    await bindTokenRole(this.client, this.namespace);
  }

  /** A gateway of this slot, listening, with its bot connected unless `connected` is false. */
  async startGateway(
    options: {
      readonly slot?: number;
      readonly connected?: boolean;
      readonly databaseUrl?: string;
      readonly limits?: Partial<GatewayLimits>;
      readonly vault?: GatewayVault;
      readonly metrics?: ConnectionMetrics;
      /** It receives what Discord posts. @defaultValue false */
      readonly endpoint?: boolean;
      /** Where other gateways are. */
      readonly addressOf?: (place: GatewayPlace) => string;
    } = {},
  ): Promise<Gateway> {
    const slot = options.slot ?? 0;
    const directory = join(this.#folder, `tls-${slot}`);
    await this.writeServerCertificate(directory, slot);
    const gateway = await startGateway({
      place: slotPlace(slot),
      systemNamespace: 'skald-system',
      client: this.#gatewayClient,
      log: this.#logger(),
      apiUrl: this.discord.addresses.apiUrl,
      databaseUrl: options.databaseUrl ?? this.#databaseUrl,
      trustDomain: DEFAULT_TRUST_DOMAIN,
      tls: pemFilesIn(directory),
      tlsReloadMs: 50,
      listen: '127.0.0.1:0',
      redirectPort: 8443,
      ...(options.limits === undefined ? {} : { limits: options.limits }),
      vault: options.vault,
      ...(options.metrics === undefined ? {} : { metrics: options.metrics }),
      ...(options.endpoint === true ? { interactionsListen: '127.0.0.1:0' } : {}),
      ...(options.addressOf === undefined ? {} : { addressOf: options.addressOf }),
    });
    this.#gateways.add(gateway);
    if (options.connected !== false) await this.connected(gateway);
    return gateway;
  }

  /** What `skald gateway` finds in its pod, for a gateway in a process of its own. */
  async gatewayEnvironment(grpcPort: number): Promise<Record<string, string>> {
    await this.writeServerCertificate(this.tlsDirectory(), 0);
    return {
      KUBECONFIG: this.#gatewayKubeconfig,
      SKALD_SLOT: '0',
      SKALD_DISCORD_API_URL: this.discord.addresses.apiUrl,
      SKALD_DATABASE_URL: this.#databaseUrl,
      SKALD_TLS_DIRECTORY: this.tlsDirectory(),
      SKALD_GRPC_PORT: String(grpcPort),
      SKALD_HEALTH_PORT: '0',
    };
  }

  async stopGateway(gateway: Gateway): Promise<void> {
    this.#gateways.delete(gateway);
    await gateway.close();
  }

  /** The bot is connected and has read the guild. */
  async connected(gateway: Gateway): Promise<void> {
    await eventually('the bot is connected', () => {
      const status = gateway.directory.statusOf(this.tenantName);
      return (
        status.connected && status.guilds > 0 && gateway.directory.scopeOf(this.tenantName)?.ready === true
      );
    });
  }

  async writeServerCertificate(directory: string, slot: number, authority = this.#authority): Promise<void> {
    const issued = await authority.issue({
      uriSans: [gatewayId(DEFAULT_TRUST_DOMAIN, slotPlace(slot))],
      dnsSans: gatewayDnsNames(slotPlace(slot), 'skald-system'),
      lifetimeSeconds: 3600,
      usages: ['server', 'client'],
    });
    await mkdir(directory, { recursive: true });
    await writeFile(join(directory, 'tls.crt'), issued.certPem);
    await writeFile(join(directory, 'tls.key'), issued.keyPem);
    await writeFile(join(directory, 'ca.crt'), authority.certPem);
  }

  tlsDirectory(slot = 0): string {
    return join(this.#folder, `tls-${slot}`);
  }

  /** @param life from now on, seconds; what is negative has been over for so long */
  async clientIdentity(uri: string, authority = this.#authority, life = 3600): Promise<PemIdentity> {
    const notBefore = new Date(Date.now() - 3_600_000);
    const request = { uriSans: [uri], lifetimeSeconds: 3600 + life, usages: ['client'], notBefore } as const;
    const issued = await authority.issue(request);
    return { certificate: issued.certPem, privateKey: issued.keyPem, authority: authority.certPem };
  }

  operatorIdentity(): Promise<PemIdentity> {
    return this.clientIdentity(operatorId(DEFAULT_TRUST_DOMAIN));
  }

  workerIdentity(jobName: string, namespace = this.namespace): Promise<PemIdentity> {
    return this.clientIdentity(workerId(DEFAULT_TRUST_DOMAIN, namespace, jobName));
  }

  /** Signed by an authority that the gateway does not trust. The authority it trusts itself is the right one. */
  async foreignIdentity(uri: string): Promise<PemIdentity> {
    const identity = await this.clientIdentity(uri, await CertificateAuthority.create());
    return { ...identity, authority: this.#authority.certPem };
  }

  /** Dials as a worker would. */
  async dial(
    gateway: Pick<Gateway, 'port'>,
    options: { readonly identity: PemIdentity; readonly podUid?: string },
  ): Promise<Attachment> {
    const podUid = options.podUid ?? 'pod-1';
    return attach({
      address: `127.0.0.1:${gateway.port}`,
      identity: options.identity,
      trustDomain: DEFAULT_TRUST_DOMAIN,
      hello: { protocolVersion: PROTOCOL_VERSION, podName: podUid, podUid, buildSha: 'test' },
      openTimeoutMs: 5_000,
    });
  }

  /** A session as kubectl would apply it. */
  async createSession(
    name: string,
    channelId = this.voiceChannelId,
    guildId = this.guildId,
  ): Promise<Live<VoiceSession>> {
    return await this.client.create(voiceSessions, {
      apiVersion: API_VERSION,
      kind: 'VoiceSession',
      metadata: { name, namespace: this.namespace },
      spec: {
        mode: 'Live',
        campaignRef: { name: 'night' },
        guildId,
        voiceChannelId: channelId,
        desiredState: 'Running',
      },
    });
  }

  /** What the operator would write. */
  async operatorStatus(name: string, status: VoiceSessionStatus): Promise<void> {
    await this.client.applyStatus(
      voiceSessionStatuses,
      {
        apiVersion: API_VERSION,
        kind: 'VoiceSession',
        metadata: { name, namespace: this.namespace },
        status,
      },
      { fieldManager: 'skald-controller' },
    );
  }

  async mute(name: string, npcs: string[]): Promise<void> {
    const key = { namespace: this.namespace, name };
    await this.client.patch(voiceSessions, key, { merge: { spec: { mutedNpcs: npcs } } });
  }

  async stopSession(name: string): Promise<void> {
    const key = { namespace: this.namespace, name };
    await this.client.patch(voiceSessions, key, { merge: { spec: { desiredState: 'Stopped' } } });
  }

  async session(name: string): Promise<Live<VoiceSession>> {
    return await this.client.get(voiceSessions, { namespace: this.namespace, name });
  }

  async sessions(): Promise<Live<VoiceSession>[]> {
    return await this.client.listAll(voiceSessions, { namespace: this.namespace });
  }

  async deleteSessions(): Promise<void> {
    for (const { metadata } of await this.sessions()) {
      await this.client.delete(voiceSessions, { namespace: this.namespace, name: metadata.name });
    }
  }

  async writeToken(token: string | undefined): Promise<void> {
    const metadata = { name: BOT_TOKEN_SECRET, namespace: this.namespace };
    if (token === undefined) {
      await this.client.delete(secrets, metadata);
      return;
    }
    await this.client.apply(
      secrets,
      {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata,
        data: { token: Buffer.from(token).toString('base64') },
      },
      { fieldManager: 'test' },
    );
  }

  /** Assigns the tenant to a slot, as the operator does. */
  async assign(gateway: string | undefined): Promise<void> {
    await this.client.patch(
      tenants,
      { name: this.tenantName },
      { merge: { status: { namespace: this.namespace, gateway: gateway ?? null } } },
      { subresource: 'status' },
    );
  }

  /** Discord posts interactions to this URL from now on, and the Tenant says so. */
  async receiveOverHttp(url: string): Promise<void> {
    const discord = { interactions: 'http', publicKey: this.publicKey };
    await this.client.patch(tenants, { name: this.tenantName }, { merge: { spec: { discord } } });
    const answer = await fetch(`${this.discord.addresses.apiUrl}/v10/applications/@me`, {
      method: 'PATCH',
      headers: { authorization: `Bot ${this.botToken}`, 'content-type': 'application/json' },
      body: JSON.stringify({ interactions_endpoint_url: url }),
    });
    if (!answer.ok) throw new Error(`the simulator answered ${answer.status}`);
  }

  async allowGuilds(guilds: string[]): Promise<void> {
    await this.client.patch(tenants, { name: this.tenantName }, { merge: { spec: { discord: { guilds } } } });
  }

  /** Commands that need no role; what was in the map before is taken out. */
  async allowEveryone(commands: string[]): Promise<void> {
    const roles = commands.length === 0 ? null : Object.fromEntries(commands.map((name) => [name, []]));
    await this.client.patch(tenants, { name: this.tenantName }, { merge: { spec: { discord: { roles } } } });
  }

  async createCampaign(name: string): Promise<void> {
    await this.client.create(campaigns, {
      apiVersion: API_VERSION,
      kind: 'Campaign',
      metadata: { name, namespace: this.namespace },
      spec: {
        title: name === 'night' ? 'The Long Night' : name,
        language: 'en',
        npcs: [
          {
            name: 'Bart',
            title: 'the innkeeper',
            voice: { pitch: 0, speed: 1 },
            engine: 'cascaded',
            budget: 'fast',
            addressOnly: false,
            gameMasterHelper: false,
          },
        ],
        onVoiceChannelMoved: 'Follow',
        turnTaking: { endpointing: 'dynamic', minDelayMs: 400, maxDelayMs: 2400, preemptive: true },
      },
    });
    await this.approveCampaign(name);
  }

  /** What the operator would say of the Campaign as it is now. Its revision is the generation. */
  async approveCampaign(
    name: string,
    ready: 'True' | 'False' = 'True',
    entities: CampaignStatus['entities'] = [],
  ): Promise<void> {
    const key = { namespace: this.namespace, name };
    const { metadata } = await this.client.get(campaigns, key);
    const condition = {
      type: 'Ready',
      status: ready,
      reason: ready === 'True' ? 'Valid' : 'ProviderNotAllowed',
      message: 'said by the test',
      lastTransitionTime: '2026-01-01T00:00:00Z',
      observedGeneration: metadata.generation,
    };
    const status = {
      conditions: [condition],
      observedGeneration: metadata.generation,
      revision: `generation-${metadata.generation}`,
      entities,
    };
    await this.client.patch(campaigns, key, { merge: { status } }, { subresource: 'status' });
  }

  async campaign(name: string): Promise<Live<Campaign>> {
    return await this.client.get(campaigns, { namespace: this.namespace, name });
  }

  async changeCampaign(name: string, spec: Partial<Campaign['spec']>): Promise<void> {
    await this.client.patch(campaigns, { namespace: this.namespace, name }, { merge: { spec } });
  }

  async deleteCampaign(name: string): Promise<void> {
    await this.client.delete(campaigns, { namespace: this.namespace, name });
  }

  #logger(): Logger {
    return createLogger({
      name: 'gateway',
      level: 'debug',
      destination: {
        write: (line) => {
          this.#log.push(line);
          if (process.env.SKALD_TEST_LOG !== undefined) process.stdout.write(line);
        },
      },
    });
  }

  async #createDiscord(): Promise<void> {
    await this.discord.start();
    const application = await this.discord.addApplication({ name: 'Skald' });
    this.applicationId = application.id;
    this.botToken = application.token;
    this.publicKey = application.publicKey;
    this.guildId = await this.discord.addGuild({ name: 'The Prancing Pony' });
    this.voiceChannelId = await this.discord.addChannel(this.guildId, { type: 'voice', name: 'Table' });
    this.textChannelId = await this.discord.addChannel(this.guildId, { type: 'text', name: 'chat' });
    this.gameMasterRole = await this.discord.addRole(this.guildId, { name: 'Game Master' });
    await this.discord.inviteBot(this.applicationId, this.guildId);
  }

  async #createObjects(): Promise<void> {
    await this.client.create(namespaces, {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: this.namespace },
    });
    await this.writeToken(this.botToken);
    const { applicationId, guildId, gameMasterRole } = this;
    const discord = { applicationId, guilds: [guildId], gameMasterRole };
    await this.client.create(tenants, tenantManifest(this.tenantName, discord));
    await this.assign('skald-gateway-0');
    await this.createCampaign('night');
  }
}

/** Waits until the condition holds. */
export async function eventually<T>(
  what: string,
  condition: () => T | Promise<T>,
  timeoutMs = 30_000,
): Promise<NonNullable<T>> {
  const end = performance.now() + timeoutMs;
  let failure: unknown;
  for (;;) {
    try {
      const value = await condition();
      if (value !== undefined && value !== null && value !== false) return value;
      failure = undefined;
    } catch (error) {
      if (!isNotFound(error)) throw error;
      failure = error;
    }
    if (performance.now() > end) throw new Error(`not within ${timeoutMs} ms: ${what}`, { cause: failure });
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
