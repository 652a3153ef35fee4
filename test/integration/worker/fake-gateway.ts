/**
 * Stands in for the gateway: the real contract over real mutual TLS, with a real bot connection to the
 * simulated Discord behind it. It knows one session and does as the test says.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { WebSocketShardEvents } from '@discordjs/ws';
import { Server, ServerCredentials, type ServerDuplexStream, type status } from '@grpc/grpc-js';
import { GatewayOpcodes } from 'discord-api-types/v10';
import { type Listener, listen } from '../../../gateway/listener.ts';
import { slotPlace } from '../../../src/api/gateway-place.ts';
import { CertificateAuthority } from '../../../src/pki/ca.ts';
import {
  type AttachRequest,
  type AttachResponse,
  GatewayServiceService,
  type NoticeState,
  type NpcCommand,
  type SessionConfiguration,
  type SpeakResult,
  type StopRequest,
  type VoiceStateUpdate,
  type WorkerReport,
} from '../../../src/rpc/generated/skald/v1/gateway.ts';
import { gatewayDnsNames, gatewayId, trustDomain, workerId } from '../../../src/rpc/identity.ts';
import { TlsDoor } from '../../../src/rpc/tls-door.ts';
import type { Bot } from '../../discord/testing.ts';

type Stream = ServerDuplexStream<AttachRequest, AttachResponse>;
type Sent = NonNullable<AttachResponse['message']>;

const DOMAIN = trustDomain('skald.local');

export class FakeGateway {
  readonly reports: WorkerReport[] = [];
  readonly stopRequests: StopRequest[] = [];
  readonly spoken: SpeakResult[] = [];
  readonly notices: NoticeState[] = [];
  /** User ids of whom nothing is remembered any more. */
  readonly forgotten: string[] = [];
  readonly commands: NpcCommand[] = [];
  /** When each worker process attached, epoch milliseconds. */
  readonly attachedAt: number[] = [];
  configuration: SessionConfiguration;
  /** Refuse everyone with this code. */
  refuseWith: status | undefined;
  refused = 0;
  /** Park everyone: no session has claimed the worker. */
  park = false;
  port = 0;
  private readonly bot: Bot;
  private readonly names = new Map<string, string>();
  private readonly states = new Map<string, VoiceStateUpdate>();
  private readonly bots = new Set<string>();
  private readonly gameMasters = new Set<string>();
  private server: Server | undefined;
  private listener: Listener | undefined;
  private stream: Stream | undefined;
  private serverUpdate: { token: string; endpoint: string | undefined } | undefined;
  private readonly watchers = new Set<() => void>();
  private authority: CertificateAuthority | undefined;

  constructor(bot: Bot, configuration: SessionConfiguration) {
    this.bot = bot;
    this.configuration = configuration;
    this.bots.add(bot.applicationId);
  }

  name(userId: string, name: string, bot = false): void {
    this.names.set(userId, name);
    if (bot) this.bots.add(userId);
  }

  /** The person may command NPCs aloud. To be said before they join. */
  promote(userId: string): void {
    this.gameMasters.add(userId);
  }

  async start(port = 0): Promise<void> {
    this.authority ??= await CertificateAuthority.create();
    const certificate = await this.authority.issue({
      uriSans: [gatewayId(DOMAIN, slotPlace(0))],
      dnsSans: [...gatewayDnsNames(slotPlace(0), 'skald-system'), 'localhost'],
      lifetimeSeconds: 3600,
      usages: ['server'],
    });
    const server = new Server();
    server.addService(GatewayServiceService, { attach: (stream: Stream) => this.attach(stream) });
    const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
    const door = new TlsDoor({
      identity: {
        certificate: certificate.certPem,
        privateKey: certificate.keyPem,
        authority: this.authority.certPem,
      },
      onConnection: (socket) => injector.injectConnection(socket),
    });
    this.listener = await listen(`127.0.0.1:${port}`, (socket) => door.accept(socket));
    this.port = this.listener.port;
    this.server = server;
    this.followBot();
  }

  /** As when the gateway's pod dies. */
  async stop(): Promise<void> {
    this.stream = undefined;
    this.server?.forceShutdown();
    this.listener?.close();
    this.server = undefined;
  }

  /** The worker's session Secret, as files. */
  async writeSession(directory: string, databaseUrl?: string): Promise<void> {
    if (this.authority === undefined) throw new Error('start the gateway first');
    const certificate = await this.authority.issue({
      uriSans: [workerId(DOMAIN, 'skald-demo', 'friday-0badcafe')],
      lifetimeSeconds: 3600,
      usages: ['client'],
    });
    await mkdir(directory, { recursive: true });
    await writeFile(join(directory, 'tls.crt'), certificate.certPem);
    await writeFile(join(directory, 'tls.key'), certificate.keyPem);
    await writeFile(join(directory, 'ca.crt'), this.authority.certPem);
    if (databaseUrl !== undefined) await writeFile(join(directory, 'database-url'), databaseUrl);
  }

  send(message: Sent): void {
    if (this.stream === undefined) throw new Error('no worker is attached');
    this.stream.write({ message });
  }

  /** The session has the worker whose stream is open. */
  claim(): void {
    this.park = false;
    this.send({ $case: 'configure', value: { session: this.configuration } });
    this.replay();
  }

  configure(change: Partial<SessionConfiguration>): void {
    this.configuration = { ...this.configuration, ...change };
    this.send({ $case: 'configure', value: { session: this.configuration } });
  }

  /** Waits until the predicate holds; it is asked after everything that arrives. */
  async until<T>(what: string, predicate: () => T | undefined | false, timeoutMs = 20_000): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const check = (): void => {
      const value = predicate();
      if (value !== undefined && value !== false) resolve(value);
    };
    this.watchers.add(check);
    const timer = setTimeout(
      () =>
        reject(
          new Error(
            `not within ${timeoutMs} ms: ${what}; last report: ${JSON.stringify(this.reports.at(-1))}`,
          ),
        ),
      timeoutMs,
    );
    check();
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.watchers.delete(check);
    }
  }

  private changed(): void {
    for (const check of [...this.watchers]) check();
  }

  private attach(stream: Stream): void {
    if (this.refuseWith !== undefined) {
      this.refused++;
      stream.emit('error', { code: this.refuseWith, details: 'refused by the test' });
      return;
    }
    this.stream = stream;
    stream.on('data', (request: AttachRequest) => this.receive(stream, request));
    stream.on('error', () => {});
    stream.on('end', () => stream.end());
  }

  private receive(stream: Stream, request: AttachRequest): void {
    const { message } = request;
    switch (message?.$case) {
      case 'hello':
        this.attachedAt.push(Date.now());
        if (this.park) this.send({ $case: 'parked', value: {} });
        else this.claim();
        break;
      case 'voiceStateRequest':
        void this.bot.manager.send(0, {
          op: GatewayOpcodes.VoiceStateUpdate,
          d: {
            guild_id: message.value.guildId,
            channel_id: message.value.channelId ?? null,
            self_mute: message.value.selfMute,
            self_deaf: message.value.selfDeaf,
          },
        });
        break;
      case 'report':
        this.reports.push(message.value);
        break;
      case 'stopRequest':
        this.stopRequests.push(message.value);
        break;
      case 'speakResult':
        this.spoken.push(message.value);
        break;
      case 'noticeState':
        this.notices.push(message.value);
        break;
      case 'npcCommand':
        this.commands.push(message.value);
        break;
      case 'forgotten':
        this.forgotten.push(message.value.userId);
        break;
    }
    if (stream === this.stream) this.changed();
  }

  /** A new stream gets what the session already has. */
  private replay(): void {
    const own = this.states.get(this.bot.applicationId);
    if (own?.channelId !== undefined) this.send({ $case: 'voiceStateUpdate', value: own });
    if (own?.channelId !== undefined && this.serverUpdate !== undefined) {
      this.send({
        $case: 'voiceServerUpdate',
        value: { guildId: this.configuration.guildId, ...this.serverUpdate },
      });
    }
    this.sendMembers();
  }

  private sendMembers(): void {
    const members = [...this.states.values()]
      .filter((state) => state.channelId === this.configuration.voiceChannelId)
      .map(({ userId }) => ({
        userId,
        displayName: this.names.get(userId) ?? '',
        bot: this.bots.has(userId),
        gameMaster: this.gameMasters.has(userId),
      }));
    this.send({ $case: 'channelMembers', value: { members } });
  }

  private following = false;

  private followBot(): void {
    if (this.following) return;
    this.following = true;
    const { dispatches } = this.bot;
    let seen = 0;
    const read = (): void => {
      for (; seen < dispatches.length; seen++)
        this.onDispatch(dispatches[seen]?.t ?? '', dispatches[seen]?.d);
    };
    this.bot.manager.on(WebSocketShardEvents.Dispatch, () => setImmediate(read));
    read();
  }

  private onDispatch(type: string, data: unknown): void {
    const field = (name: string): unknown =>
      typeof data === 'object' && data !== null ? Reflect.get(data, name) : undefined;
    if (type === 'VOICE_STATE_UPDATE') {
      const channelId = field('channel_id');
      const state: VoiceStateUpdate = {
        guildId: String(field('guild_id')),
        channelId: typeof channelId === 'string' ? channelId : undefined,
        userId: String(field('user_id')),
        sessionId: String(field('session_id')),
        selfMute: field('self_mute') === true,
        selfDeaf: field('self_deaf') === true,
        mute: field('mute') === true,
        deaf: field('deaf') === true,
        suppress: field('suppress') === true,
      };
      if (state.channelId === undefined) this.states.delete(state.userId);
      else this.states.set(state.userId, state);
      if (this.stream === undefined) return;
      if (state.userId === this.bot.applicationId) this.send({ $case: 'voiceStateUpdate', value: state });
      this.sendMembers();
    } else if (type === 'VOICE_SERVER_UPDATE') {
      const endpoint = field('endpoint');
      this.serverUpdate = {
        token: String(field('token')),
        endpoint: typeof endpoint === 'string' ? endpoint : undefined,
      };
      if (this.stream === undefined) return;
      this.send({
        $case: 'voiceServerUpdate',
        value: { guildId: String(field('guild_id')), ...this.serverUpdate },
      });
    }
  }
}
