import { createServer, type RequestListener, type Server } from 'node:http';
import type {
  Addresses,
  ApplicationInfo,
  ApplicationOptions,
  InteractionHandle,
  Match,
  OptionValue,
  PersonRef,
  SimulatorApi,
  VoiceStateInfo,
} from './api.ts';
import { Certificates } from './certificates.ts';
import { FaultInjector } from './fault-injector.ts';
import { type Fault, Faults } from './faults.ts';
import { GatewayHub } from './gateway/hub.ts';
import { GatewayServer } from './gateway/server.ts';
import { VoiceStates } from './gateway/voice-states.ts';
import {
  type EndpointAnswer,
  InteractionDelivery,
  postSigned,
  type SignedRequestOptions,
} from './interactions/delivery.ts';
import { InteractionDesk, matches } from './interactions/desk.ts';
import { InteractionLedger, type ReplySnapshot, snapshot } from './interactions/ledger.ts';
import { closeServer, listen } from './listen.ts';
import type { SimulatorOptions } from './options.ts';
import { People } from './people/people.ts';
import type { Person } from './people/person.ts';
import { type RequestRecord, RestServer } from './rest/server.ts';
import { until } from './until.ts';
import { VoiceServer } from './voice/server.ts';
import { Attachments } from './world/attachments.ts';
import { type Clock, systemClock } from './world/clock.ts';
import { Guilds } from './world/guilds.ts';
import { Messages } from './world/messages.ts';
import type { ChannelKind } from './world/model.ts';
import type { PermissionName } from './world/permissions.ts';
import { Timeline, type TimelineEvent } from './world/timeline.ts';
import { ScenarioError, World } from './world/world.ts';

/** Discord on this machine: REST, gateway and voice, and the people in it. */
export class DiscordSimulator implements SimulatorApi {
  readonly clock: Clock;
  readonly timeline: Timeline;
  readonly faults = new Faults();
  readonly #options: SimulatorOptions;
  readonly #world: World;
  readonly #hub: GatewayHub;
  readonly #guilds: Guilds;
  readonly #messages: Messages;
  readonly #ledger: InteractionLedger;
  readonly #desk: InteractionDesk;
  readonly #voiceStates: VoiceStates;
  readonly #rest: RestServer;
  readonly #gateway: GatewayServer;
  readonly #voice: VoiceServer;
  readonly #people: People;
  readonly #certificates: Certificates;
  readonly #injector: FaultInjector;
  readonly #attachments = new Attachments();
  #http: Server | undefined;
  #addresses: Addresses | undefined;

  constructor(options: SimulatorOptions = {}) {
    this.#options = options;
    this.clock = options.clock ?? systemClock;
    this.timeline = new Timeline(this.clock);
    const world = new World(this.clock);
    const { timeline, faults } = this;
    this.#world = world;
    this.#hub = new GatewayHub(world);
    this.#certificates = new Certificates(options.caDirectory);
    this.#voice = new VoiceServer({
      clock: this.clock,
      timeline,
      host: options.host ?? '127.0.0.1',
      publicHost: this.#publicHost,
      dave: options.dave ?? 'required',
      ...(options.modes ? { modes: options.modes } : {}),
    });
    this.#voiceStates = new VoiceStates({ world, hub: this.#hub, servers: this.#voice, timeline, faults });
    this.#guilds = new Guilds(world, this.#hub, this.#voiceStates);
    this.#messages = new Messages(world, this.#hub, timeline);
    this.#ledger = new InteractionLedger(world, timeline);
    const context = {
      world,
      hub: this.#hub,
      messages: this.#messages,
      interactions: this.#ledger,
      voiceStates: this.#voiceStates,
      gatewayUrl: () => this.addresses.gatewayUrl,
    };
    this.#rest = new RestServer(context, faults);
    this.#desk = new InteractionDesk(
      world,
      this.#ledger,
      new InteractionDelivery(this.#hub, context, timeline),
      (channelId, file) =>
        this.#attachments.add({ channelId, id: world.ids.next() }, file, this.addresses.apiUrl),
    );
    this.#gateway = new GatewayServer({
      world,
      hub: this.#hub,
      voiceStates: this.#voiceStates,
      timeline,
      faults,
      url: () => this.addresses.gatewayUrl,
    });
    this.#injector = new FaultInjector({
      world,
      faults,
      guilds: this.#guilds,
      gateway: this.#gateway,
      voice: this.#voice,
      voiceStates: this.#voiceStates,
      interactions: this.#ledger,
    });
    this.#people = new People({
      clock: this.clock,
      voiceStates: this.#voiceStates,
      authority: () => this.#certificates.authorityPem,
    });
  }

  get #publicHost(): string {
    return this.#options.publicHost ?? this.#options.host ?? '127.0.0.1';
  }

  get addresses(): Addresses {
    if (!this.#addresses) throw new ScenarioError('the simulator is not started: await start() first');
    return this.#addresses;
  }

  /** PEM of the CA, for clients in this process: `tls.setDefaultCACertificates`. */
  get authorityPem(): string {
    return this.#certificates.authorityPem;
  }

  /** @param control answers what is below `/control/`; the program puts its control API there */
  async start(control?: RequestListener): Promise<Addresses> {
    const host = this.#options.host ?? '127.0.0.1';
    await this.#certificates.create([this.#publicHost, host, 'localhost', '127.0.0.1']);
    await this.#voice.start(this.#certificates.server);
    const http = createServer((request, response) => {
      if (control && request.url?.startsWith('/control/')) {
        control(request, response);
      } else if (!this.#attachments.serve(request.url ?? '/', response)) {
        void this.#rest.handle(request, response);
      }
    });
    http.on('upgrade', (request, socket, head) => this.#gateway.upgrade(request, socket, head));
    const port = await listen(http, this.#options.httpPort ?? 0, host);
    this.#http = http;
    this.#addresses = {
      apiUrl: `http://${this.#publicHost}:${port}/api`,
      gatewayUrl: `ws://${this.#publicHost}:${port}/gateway/`,
      controlUrl: `http://${this.#publicHost}:${port}/control/`,
      voiceEndpoint: this.#voice.endpoint,
      caFile: this.#certificates.authorityFile,
    };
    return this.#addresses;
  }

  async stop(): Promise<void> {
    await this.#people.close();
    this.faults.clear();
    this.#gateway.stop();
    await this.#voice.stop();
    if (this.#http) await closeServer(this.#http);
    await this.#certificates.remove();
    this.#http = undefined;
    this.#addresses = undefined;
  }

  async addApplication(options: ApplicationOptions = {}): Promise<ApplicationInfo> {
    const { id, token, publicKey } = this.#world.addApplication(options);
    return { id, token, publicKey };
  }

  async addGuild(options: { id?: string; name: string; ownerId?: string; locale?: string }): Promise<string> {
    return this.#world.addGuild(options).id;
  }

  async addChannel(
    guildId: string,
    options: { id?: string; type: ChannelKind; name: string; userLimit?: number },
  ): Promise<string> {
    return this.#guilds.addChannel(guildId, { ...options, kind: options.type }).id;
  }

  async deleteChannel(channelId: string): Promise<void> {
    this.#guilds.deleteChannel(channelId);
  }

  async addRole(
    guildId: string,
    options: { id?: string; name: string; permissions?: PermissionName[] },
  ): Promise<string> {
    return this.#guilds.addRole(guildId, options).id;
  }

  async addMember(
    guildId: string,
    options: { userId?: string; name: string; roles?: string[]; bot?: boolean },
  ): Promise<string> {
    return this.#guilds.addMember(guildId, options).user.id;
  }

  async setMemberRoles(guildId: string, userId: string, roles: string[]): Promise<void> {
    this.#guilds.setMemberRoles(guildId, userId, roles);
  }

  async setChannelPermissions(
    channelId: string,
    userOrRoleId: string,
    overwrite: { allow?: PermissionName[]; deny?: PermissionName[] },
  ): Promise<void> {
    this.#guilds.setChannelPermissions(channelId, userOrRoleId, overwrite);
  }

  async inviteBot(
    applicationId: string,
    guildId: string,
    options: { permissions?: PermissionName[] } = {},
  ): Promise<void> {
    this.#guilds.inviteBot(applicationId, guildId, options.permissions ?? []);
  }

  async removeBot(applicationId: string, guildId: string): Promise<void> {
    this.#guilds.removeBot(applicationId, guildId);
  }

  async person(options: {
    guildId: string;
    userId?: string;
    name: string;
    roles?: string[];
    locale?: string;
  }): Promise<Person> {
    const guild = this.#world.guild(options.guildId);
    const member = guild.members.get(options.userId ?? '') ?? this.#guilds.addMember(guild.id, options);
    return this.#people.person(guild, member.user);
  }

  /** A person that was made before. */
  findPerson(guildId: string, userId: string): Person {
    return this.#people.find(guildId, userId);
  }

  command(
    person: PersonRef,
    guildId: string,
    channelId: string,
    command: string,
    options: Record<string, OptionValue> = {},
  ): Promise<InteractionHandle> {
    return this.#desk.command(userOf(person), { guildId, channelId }, command, options);
  }

  autocomplete(
    person: PersonRef,
    guildId: string,
    channelId: string,
    command: string,
    focused: { name: string; value: string },
    options: Record<string, OptionValue> = {},
  ): Promise<{ name: string; value: string | number }[]> {
    return this.#desk.autocomplete(userOf(person), { guildId, channelId }, command, focused, options);
  }

  component(
    person: PersonRef,
    message: { channelId: string; messageId: string },
    customId: string,
    values: string[] = [],
  ): Promise<InteractionHandle> {
    return this.#desk.component(userOf(person), message, customId, values);
  }

  submitModal(
    person: PersonRef,
    interactionId: string,
    fields: Record<string, string>,
  ): Promise<InteractionHandle> {
    return this.#desk.submitModal(userOf(person), interactionId, fields);
  }

  /** An interaction that was used before, by its id. */
  interaction(id: string): InteractionHandle {
    return this.#desk.handle(this.#desk.byId(id));
  }

  async signedRequest(
    applicationId: string,
    payload: unknown,
    options: SignedRequestOptions & { url?: string } = {},
  ): Promise<EndpointAnswer> {
    const application = this.#world.application(applicationId);
    return postSigned(application, options.url ?? application.interactionsUrl ?? '', payload, options);
  }

  async post(person: PersonRef, channelId: string, content: string): Promise<string> {
    const channel = this.#world.channel(channelId);
    const member = this.#world.member(this.#world.guild(channel.guildId), userOf(person));
    return this.#messages.create(channel, member.user, { content }).id;
  }

  async messages(channelId: string): Promise<ReplySnapshot[]> {
    return [...this.#world.channel(channelId).messages.values()].map(snapshot);
  }

  async waitForMessage(channelId: string, match: Match, timeoutMs = 10_000): Promise<ReplySnapshot> {
    const { messages } = this.#world.channel(channelId);
    const found = await until(
      (check) => this.timeline.watch(check),
      () => [...messages.values()].map(snapshot).find((m) => !m.thinking && matches(m.text, match)),
      timeoutMs,
    );
    if (found) return found;
    throw new ScenarioError(
      `no message in channel ${channelId} matched ${String(match)} within ${timeoutMs} ms`,
    );
  }

  async commands(applicationId: string): Promise<Record<string, string[]>> {
    const scopes = [...this.#world.application(applicationId).commands];
    return Object.fromEntries(scopes.map(([scope, list]) => [scope, list.map((command) => command.name)]));
  }

  async voiceStates(guildId: string): Promise<VoiceStateInfo[]> {
    return [...this.#world.guild(guildId).voiceStates.values()].map((state) => ({
      userId: state.userId,
      channelId: state.channelId,
      selfMute: state.selfMute,
      selfDeaf: state.selfDeaf,
      suppress: state.suppress,
      ...this.#voice.connectionState(guildId, state.userId),
    }));
  }

  async moveMember(guildId: string, userId: string, channelId: string | null): Promise<void> {
    const guild = this.#world.guild(guildId);
    if (!guild.voiceStates.has(userId)) throw new ScenarioError(`user ${userId} is not in a voice channel`);
    if (channelId === null) {
      this.#voiceStates.leave(guild, userId, { closeCode: 4014, reason: 'Disconnected.' });
    } else {
      this.#voiceStates.move(guild, userId, channelId);
    }
  }

  async muteMember(guildId: string, userId: string, mute: boolean): Promise<void> {
    const guild = this.#world.guild(guildId);
    this.#world.member(guild, userId).mute = mute;
    this.#voiceStates.refresh(guild, userId);
  }

  async inject(fault: Fault): Promise<void> {
    this.#injector.inject(fault);
  }

  async clearFaults(): Promise<void> {
    this.faults.clear();
    this.#voice.clearFaults();
  }

  async events(): Promise<TimelineEvent[]> {
    return this.timeline.events();
  }

  async waitForEvent(
    match: Partial<TimelineEvent> & { afterMs?: number },
    timeoutMs = 10_000,
  ): Promise<TimelineEvent> {
    return this.timeline.waitFor(match, timeoutMs);
  }

  async requests(): Promise<readonly RequestRecord[]> {
    return this.#rest.requests;
  }

  async now(): Promise<number> {
    return this.clock.now();
  }

  async reset(): Promise<void> {
    await this.#people.close();
    await this.clearFaults();
    for (const id of this.#world.applications.keys()) {
      this.#gateway.closeAll(id, 4000);
      for (const session of this.#hub.of(id)) this.#hub.remove(session);
    }
    this.#voice.reset();
    this.#world.clear();
    this.#ledger.clear();
    this.#attachments.clear();
    this.#rest.clear();
    this.timeline.clear();
  }
}

function userOf(person: PersonRef): string {
  return typeof person === 'string' ? person : person.userId;
}
