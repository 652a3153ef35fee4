import { z } from 'zod';
import type { InteractionHandle } from '../api.ts';
import type { Fault } from '../faults.ts';
import type { Person } from '../people/person.ts';
import type { DiscordSimulator } from '../simulator.ts';
import { isPermissionName, type PermissionName } from '../world/permissions.ts';

/** One call of the control API: parameters as JSON, checked once, here. */
export interface Method {
  run(simulator: DiscordSimulator, parameters: unknown): Promise<unknown>;
}

function method<T extends z.ZodType>(
  schema: T,
  run: (simulator: DiscordSimulator, parameters: z.infer<T>) => Promise<unknown>,
): Method {
  return { run: (simulator, parameters) => run(simulator, schema.parse(parameters)) };
}

/** Regular expressions travel as source and flags. */
export const wireMatch = z
  .union([z.string(), z.object({ source: z.string(), flags: z.string() })])
  .transform((match) => (typeof match === 'string' ? match : new RegExp(match.source, match.flags)));

/** JSON has no undefined: absent keys only, so optional fields are what exactOptionalPropertyTypes means. */
const optional = <T extends z.ZodType>(schema: T) => schema.exactOptional();
const permissions = optional(
  z.array(
    z.custom<PermissionName>((name) => typeof name === 'string' && isPermissionName(name), {
      message: 'unknown permission name',
    }),
  ),
);
const id = z.string();
const place = z.object({ person: id, guildId: id, channelId: id, command: z.string() });
const attachment = z.object({
  filename: z.string(),
  content: z.string(),
  contentType: optional(z.string()),
});
const value = z.union([z.string(), z.number(), z.boolean(), attachment]);
const options = optional(z.record(z.string(), value));
const who = z.object({ guildId: id, userId: id });
const impairments = z.object({
  loss: optional(z.number().min(0).max(1)),
  jitterMs: optional(z.number().min(0)),
  reorder: optional(z.number().min(0).max(1)),
  extension: optional(z.boolean()),
  padding: optional(z.boolean()),
  seed: optional(z.number().int()),
});
const sayOptions = optional(
  z.object({ impairments: optional(impairments), gain: optional(z.number().positive()) }),
);
const base64 = z.string().transform((text) => Buffer.from(text, 'base64'));
const faultSchema = z.custom<Fault>(
  (candidate) => typeof candidate === 'object' && candidate !== null && 'kind' in candidate,
  { message: 'a fault is an object with a kind' },
);

const person = (simulator: DiscordSimulator, at: { guildId: string; userId: string }): Person =>
  simulator.findPerson(at.guildId, at.userId);

/** What of an interaction can travel; the client asks for the rest by id. */
const describe = ({
  id: interactionId,
  kind,
  acknowledgedMs,
  acknowledgement,
  modal,
}: InteractionHandle) => ({
  id: interactionId,
  kind,
  acknowledgedMs,
  acknowledgement,
  modal,
});

const discord: Record<string, Method> = {
  addApplication: method(
    z.object({
      id: optional(id),
      token: optional(z.string()),
      name: optional(z.string()),
      publicKey: optional(z.string()),
      interactionsUrl: optional(z.string()),
      privilegedIntents: optional(z.number().int()),
    }),
    (simulator, p) => simulator.addApplication(p),
  ),
  addGuild: method(
    z.object({ id: optional(id), name: z.string(), ownerId: optional(id), locale: optional(z.string()) }),
    (simulator, p) => simulator.addGuild(p),
  ),
  addChannel: method(
    z.object({
      guildId: id,
      id: optional(id),
      type: z.enum(['text', 'voice', 'stage']),
      name: z.string(),
      userLimit: optional(z.number().int()),
    }),
    (simulator, { guildId, ...p }) => simulator.addChannel(guildId, p),
  ),
  deleteChannel: method(z.object({ channelId: id }), (simulator, p) => simulator.deleteChannel(p.channelId)),
  addRole: method(
    z.object({ guildId: id, id: optional(id), name: z.string(), permissions }),
    (simulator, { guildId, ...p }) => simulator.addRole(guildId, p),
  ),
  addMember: method(
    z.object({
      guildId: id,
      userId: optional(id),
      name: z.string(),
      roles: optional(z.array(id)),
      bot: optional(z.boolean()),
    }),
    (simulator, { guildId, ...p }) => simulator.addMember(guildId, p),
  ),
  setMemberRoles: method(z.object({ guildId: id, userId: id, roles: z.array(id) }), (simulator, p) =>
    simulator.setMemberRoles(p.guildId, p.userId, p.roles),
  ),
  setChannelPermissions: method(
    z.object({ channelId: id, userOrRoleId: id, allow: permissions, deny: permissions }),
    (simulator, { channelId, userOrRoleId, ...p }) =>
      simulator.setChannelPermissions(channelId, userOrRoleId, p),
  ),
  inviteBot: method(z.object({ applicationId: id, guildId: id, permissions }), (simulator, p) =>
    simulator.inviteBot(p.applicationId, p.guildId, p.permissions ? { permissions: p.permissions } : {}),
  ),
  removeBot: method(z.object({ applicationId: id, guildId: id }), (simulator, p) =>
    simulator.removeBot(p.applicationId, p.guildId),
  ),
  post: method(z.object({ person: id, channelId: id, content: z.string() }), (simulator, p) =>
    simulator.post(p.person, p.channelId, p.content),
  ),
  messages: method(z.object({ channelId: id }), (simulator, p) => simulator.messages(p.channelId)),
  waitForMessage: method(
    z.object({ channelId: id, match: wireMatch, timeoutMs: optional(z.number()) }),
    (simulator, p) => simulator.waitForMessage(p.channelId, p.match, p.timeoutMs),
  ),
  commands: method(z.object({ applicationId: id }), (simulator, p) => simulator.commands(p.applicationId)),
  voiceStates: method(z.object({ guildId: id }), (simulator, p) => simulator.voiceStates(p.guildId)),
  moveMember: method(z.object({ guildId: id, userId: id, channelId: id.nullable() }), (simulator, p) =>
    simulator.moveMember(p.guildId, p.userId, p.channelId),
  ),
  muteMember: method(z.object({ guildId: id, userId: id, mute: z.boolean() }), (simulator, p) =>
    simulator.muteMember(p.guildId, p.userId, p.mute),
  ),
  inject: method(z.object({ fault: faultSchema }), (simulator, p) => simulator.inject(p.fault)),
  clearFaults: method(z.object({}), (simulator) => simulator.clearFaults()),
  events: method(z.object({}), (simulator) => simulator.events()),
  waitForEvent: method(
    z.object({
      match: z.record(z.string(), z.union([z.string(), z.number()])),
      timeoutMs: optional(z.number()),
    }),
    (simulator, p) => simulator.waitForEvent(p.match, p.timeoutMs),
  ),
  requests: method(z.object({}), (simulator) => simulator.requests()),
  now: method(z.object({}), (simulator) => simulator.now()),
  reset: method(z.object({}), (simulator) => simulator.reset()),
};

const interactions: Record<string, Method> = {
  command: method(place.extend({ options }), async (simulator, p) =>
    describe(await simulator.command(p.person, p.guildId, p.channelId, p.command, p.options)),
  ),
  autocomplete: method(
    place.extend({ focused: z.object({ name: z.string(), value: z.string() }), options }),
    (simulator, p) =>
      simulator.autocomplete(p.person, p.guildId, p.channelId, p.command, p.focused, p.options),
  ),
  component: method(
    z.object({
      person: id,
      message: z.object({ channelId: id, messageId: id }),
      customId: z.string(),
      values: optional(z.array(z.string())),
    }),
    async (simulator, p) => describe(await simulator.component(p.person, p.message, p.customId, p.values)),
  ),
  submitModal: method(
    z.object({ person: id, interactionId: id, fields: z.record(z.string(), z.string()) }),
    async (simulator, p) => describe(await simulator.submitModal(p.person, p.interactionId, p.fields)),
  ),
  signedRequest: method(
    z.object({
      applicationId: id,
      payload: z.unknown(),
      options: optional(
        z.object({
          ageSeconds: optional(z.number()),
          tamper: optional(z.boolean()),
          url: optional(z.string()),
        }),
      ),
    }),
    (simulator, p) => simulator.signedRequest(p.applicationId, p.payload, p.options),
  ),
  replies: method(z.object({ interactionId: id }), (simulator, p) =>
    simulator.interaction(p.interactionId).replies(),
  ),
  history: method(z.object({ interactionId: id }), (simulator, p) =>
    simulator.interaction(p.interactionId).history(),
  ),
  waitForReply: method(
    z.object({ interactionId: id, match: wireMatch, timeoutMs: optional(z.number()) }),
    (simulator, p) => simulator.interaction(p.interactionId).waitForReply(p.match, p.timeoutMs),
  ),
};

const people: Record<string, Method> = {
  person: method(
    z.object({
      guildId: id,
      userId: optional(id),
      name: z.string(),
      roles: optional(z.array(id)),
      locale: optional(z.string()),
    }),
    async (simulator, p) => {
      const { userId, guildId, name } = await simulator.person(p);
      return { userId, guildId, name };
    },
  ),
  joinVoice: method(
    who.extend({ channelId: id, timeoutMs: optional(z.number()), mode: optional(z.string()) }),
    (simulator, { channelId, guildId, userId, ...p }) =>
      person(simulator, { guildId, userId }).joinVoice(channelId, p),
  ),
  leaveVoice: method(who, (simulator, p) => person(simulator, p).leaveVoice()),
  say: method(who.extend({ wav: base64, options: sayOptions }), (simulator, p) =>
    person(simulator, p).say(p.wav, p.options),
  ),
  sayPackets: method(who.extend({ packets: z.array(base64), options: sayOptions }), (simulator, p) =>
    person(simulator, p).sayPackets(p.packets, p.options),
  ),
  hush: method(who, (simulator, p) => person(simulator, p).hush()),
  heard: method(who, (simulator, p) => person(simulator, p).heard()),
  heardWav: method(
    who.extend({ from: optional(id), afterMs: optional(z.number()) }),
    async (simulator, { guildId, userId, ...p }) =>
      person(simulator, { guildId, userId }).renderHeard(p).toString('base64'),
  ),
  heardPackets: method(who.extend({ from: id }), async (simulator, p) =>
    (await person(simulator, p).heardPackets(p.from)).map((packet) => packet.toString('base64')),
  ),
  heardArrivals: method(who.extend({ from: id }), (simulator, p) =>
    person(simulator, p).heardArrivals(p.from),
  ),
  waitToHear: method(
    who.extend({
      from: id,
      afterMs: optional(z.number()),
      silenceMs: optional(z.number()),
      timeoutMs: optional(z.number()),
    }),
    (simulator, { guildId, userId, ...p }) => person(simulator, { guildId, userId }).waitToHear(p),
  ),
  forgetHeard: method(who, (simulator, p) => person(simulator, p).forgetHeard()),
};

export const methods: Readonly<Record<string, Method>> = { ...discord, ...interactions, ...people };
