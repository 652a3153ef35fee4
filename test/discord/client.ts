import { readFile, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import type {
  Acknowledgement,
  Addresses,
  ApplicationInfo,
  ApplicationOptions,
  Arrival,
  InteractionHandle,
  Match,
  OptionValue,
  PersonHandle,
  PersonRef,
  SayOptions,
  SayResult,
  SimulatorApi,
  TalkSpurt,
  VoiceStateInfo,
} from './api.ts';
import type { Fault } from './faults.ts';
import type { EndpointAnswer, SignedRequestOptions } from './interactions/delivery.ts';
import type { InteractionKind, ReplyEvent, ReplySnapshot } from './interactions/ledger.ts';
import type { RequestRecord } from './rest/server.ts';
import type { ChannelKind } from './world/model.ts';
import type { PermissionName } from './world/permissions.ts';
import type { TimelineEvent } from './world/timeline.ts';

type Call = <T>(method: string, parameters?: object) => Promise<T>;

/**
 * The simulator program, driven over its control API with the methods of `DiscordSimulator`. Paths (WAV
 * files) are read and written on this side.
 */
export class SimulatorClient implements SimulatorApi {
  readonly addresses: Addresses;
  readonly #call: Call;

  private constructor(addresses: Addresses, call: Call) {
    this.addresses = addresses;
    this.#call = call;
  }

  /** @param controlUrl the `controlUrl` of the program's ready file */
  static async connect(controlUrl: string): Promise<SimulatorClient> {
    const base = controlUrl.endsWith('/') ? controlUrl : `${controlUrl}/`;
    const addresses = await call<Addresses>('GET', base, undefined);
    return new SimulatorClient(addresses, (method, parameters) =>
      call('POST', base + method, parameters ?? {}),
    );
  }

  addApplication(options: ApplicationOptions = {}): Promise<ApplicationInfo> {
    return this.#call('addApplication', options);
  }

  addGuild(options: { id?: string; name: string; ownerId?: string; locale?: string }): Promise<string> {
    return this.#call('addGuild', options);
  }

  addChannel(
    guildId: string,
    options: { id?: string; type: ChannelKind; name: string; userLimit?: number },
  ): Promise<string> {
    return this.#call('addChannel', { guildId, ...options });
  }

  deleteChannel(channelId: string): Promise<void> {
    return this.#call('deleteChannel', { channelId });
  }

  addRole(
    guildId: string,
    options: { id?: string; name: string; permissions?: PermissionName[] },
  ): Promise<string> {
    return this.#call('addRole', { guildId, ...options });
  }

  addMember(
    guildId: string,
    options: { userId?: string; name: string; roles?: string[]; bot?: boolean },
  ): Promise<string> {
    return this.#call('addMember', { guildId, ...options });
  }

  setMemberRoles(guildId: string, userId: string, roles: string[]): Promise<void> {
    return this.#call('setMemberRoles', { guildId, userId, roles });
  }

  setChannelPermissions(
    channelId: string,
    userOrRoleId: string,
    overwrite: { allow?: PermissionName[]; deny?: PermissionName[] },
  ): Promise<void> {
    return this.#call('setChannelPermissions', { channelId, userOrRoleId, ...overwrite });
  }

  inviteBot(
    applicationId: string,
    guildId: string,
    options: { permissions?: PermissionName[] } = {},
  ): Promise<void> {
    return this.#call('inviteBot', { applicationId, guildId, ...options });
  }

  removeBot(applicationId: string, guildId: string): Promise<void> {
    return this.#call('removeBot', { applicationId, guildId });
  }

  async person(options: {
    guildId: string;
    userId?: string;
    name: string;
    roles?: string[];
    locale?: string;
  }): Promise<PersonHandle> {
    const about = await this.#call<{ userId: string; guildId: string; name: string }>('person', options);
    return new RemotePerson(about, this.#call);
  }

  async command(
    person: PersonRef,
    guildId: string,
    channelId: string,
    command: string,
    options: Record<string, OptionValue> = {},
  ): Promise<InteractionHandle> {
    const parameters = { person: userOf(person), guildId, channelId, command, options };
    return this.#interaction(await this.#call('command', parameters));
  }

  autocomplete(
    person: PersonRef,
    guildId: string,
    channelId: string,
    command: string,
    focused: { name: string; value: string },
    options: Record<string, OptionValue> = {},
  ): Promise<{ name: string; value: string | number }[]> {
    return this.#call('autocomplete', {
      person: userOf(person),
      guildId,
      channelId,
      command,
      focused,
      options,
    });
  }

  async component(
    person: PersonRef,
    message: { channelId: string; messageId: string },
    customId: string,
    values: string[] = [],
  ): Promise<InteractionHandle> {
    return this.#interaction(
      await this.#call('component', { person: userOf(person), message, customId, values }),
    );
  }

  async submitModal(
    person: PersonRef,
    interactionId: string,
    fields: Record<string, string>,
  ): Promise<InteractionHandle> {
    return this.#interaction(
      await this.#call('submitModal', { person: userOf(person), interactionId, fields }),
    );
  }

  #interaction(about: InteractionSummary): InteractionHandle {
    return {
      ...about,
      modal: about.modal,
      replies: () => this.#call<ReplySnapshot[]>('replies', { interactionId: about.id }),
      history: () => this.#call<ReplyEvent[]>('history', { interactionId: about.id }),
      waitForReply: (match = '', timeoutMs = 10_000) =>
        this.#call<ReplySnapshot>('waitForReply', { interactionId: about.id, match: wire(match), timeoutMs }),
    };
  }

  signedRequest(
    applicationId: string,
    payload: unknown,
    options: SignedRequestOptions & { url?: string } = {},
  ): Promise<EndpointAnswer> {
    return this.#call('signedRequest', { applicationId, payload, options });
  }

  post(person: PersonRef, channelId: string, content: string): Promise<string> {
    return this.#call('post', { person: userOf(person), channelId, content });
  }

  messages(channelId: string): Promise<ReplySnapshot[]> {
    return this.#call('messages', { channelId });
  }

  waitForMessage(channelId: string, match: Match, timeoutMs = 10_000): Promise<ReplySnapshot> {
    return this.#call('waitForMessage', { channelId, match: wire(match), timeoutMs });
  }

  commands(applicationId: string): Promise<Record<string, string[]>> {
    return this.#call('commands', { applicationId });
  }

  voiceStates(guildId: string): Promise<VoiceStateInfo[]> {
    return this.#call('voiceStates', { guildId });
  }

  moveMember(guildId: string, userId: string, channelId: string | null): Promise<void> {
    return this.#call('moveMember', { guildId, userId, channelId });
  }

  muteMember(guildId: string, userId: string, mute: boolean): Promise<void> {
    return this.#call('muteMember', { guildId, userId, mute });
  }

  inject(fault: Fault): Promise<void> {
    return this.#call('inject', { fault });
  }

  clearFaults(): Promise<void> {
    return this.#call('clearFaults');
  }

  events(): Promise<TimelineEvent[]> {
    return this.#call('events');
  }

  waitForEvent(
    match: Partial<TimelineEvent> & { afterMs?: number },
    timeoutMs = 10_000,
  ): Promise<TimelineEvent> {
    return this.#call('waitForEvent', { match, timeoutMs });
  }

  requests(): Promise<readonly RequestRecord[]> {
    return this.#call('requests');
  }

  now(): Promise<number> {
    return this.#call('now');
  }

  reset(): Promise<void> {
    return this.#call('reset');
  }
}

interface InteractionSummary {
  id: string;
  kind: InteractionKind;
  acknowledgedMs: number | null;
  acknowledgement: Acknowledgement;
  modal?: unknown;
}

class RemotePerson implements PersonHandle {
  readonly userId: string;
  readonly guildId: string;
  readonly name: string;
  readonly #call: Call;

  constructor(about: { userId: string; guildId: string; name: string }, callMethod: Call) {
    this.userId = about.userId;
    this.guildId = about.guildId;
    this.name = about.name;
    this.#call = (method, parameters = {}) =>
      callMethod(method, { guildId: about.guildId, userId: about.userId, ...parameters });
  }

  joinVoice(channelId: string, options: { timeoutMs?: number; mode?: string } = {}): Promise<void> {
    return this.#call('joinVoice', { channelId, ...options });
  }

  leaveVoice(): Promise<void> {
    return this.#call('leaveVoice');
  }

  async say(wav: string | Buffer, options: SayOptions = {}): Promise<SayResult> {
    const bytes = typeof wav === 'string' ? await readFile(wav) : wav;
    return this.#call('say', { wav: bytes.toString('base64'), options });
  }

  sayPackets(packets: readonly Buffer[], options: SayOptions = {}): Promise<SayResult> {
    return this.#call('sayPackets', { packets: packets.map((packet) => packet.toString('base64')), options });
  }

  hush(): Promise<void> {
    return this.#call('hush');
  }

  heard(): Promise<TalkSpurt[]> {
    return this.#call('heard');
  }

  async writeHeard(path: string, options: { from?: string; afterMs?: number } = {}): Promise<void> {
    await writeFile(path, Buffer.from(await this.#call<string>('heardWav', options), 'base64'));
  }

  async heardPackets(from: string): Promise<Buffer[]> {
    const packets = await this.#call<string[]>('heardPackets', { from });
    return packets.map((packet) => Buffer.from(packet, 'base64'));
  }

  heardArrivals(from: string): Promise<Arrival[]> {
    return this.#call('heardArrivals', { from });
  }

  waitToHear(options: {
    from: string;
    afterMs?: number;
    silenceMs?: number;
    timeoutMs?: number;
  }): Promise<TalkSpurt> {
    return this.#call('waitToHear', options);
  }

  forgetHeard(): Promise<void> {
    return this.#call('forgetHeard');
  }
}

function userOf(person: PersonRef): string {
  return typeof person === 'string' ? person : person.userId;
}

function wire(match: Match) {
  return typeof match === 'string' ? match : { source: match.source, flags: match.flags };
}

/** `node:http` instead of fetch: calls that wait have no time limit of their own. */
function call<T>(method: string, url: string, parameters: object | undefined): Promise<T> {
  return new Promise((resolve, reject) => {
    const body = parameters === undefined ? '' : JSON.stringify(parameters);
    const outgoing = request(
      url,
      { method, headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) } },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const answer: { result?: T; error?: string } = JSON.parse(Buffer.concat(chunks).toString('utf8'));
          if (answer.error !== undefined) reject(new Error(`Discord simulator: ${answer.error}`));
          else resolve(answer.result as T);
        });
      },
    );
    outgoing.on('error', (cause) =>
      reject(new Error(`the Discord simulator at ${url} does not answer: is it still running?`, { cause })),
    );
    outgoing.end(body);
  });
}
