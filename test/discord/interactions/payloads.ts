import { ApplicationCommandOptionType, type InteractionType } from 'discord-api-types/v10';
import type { AttachmentValue, OptionValue } from '../api.ts';
import type { Application, Channel, CommandOption, Guild, Member, StoredCommand } from '../world/model.ts';
import { channelPermissions } from '../world/permissions.ts';
import { channelType, memberJson, roleJson, userJson } from '../world/serialize.ts';
import { ScenarioError } from '../world/world.ts';
import type { Interaction } from './ledger.ts';

export interface Scene {
  application: Application;
  guild: Guild;
  channel: Channel;
  member: Member;
}

interface OptionNode {
  name: string;
  type: number;
  value?: string | number | boolean;
  focused?: boolean;
  options?: OptionNode[];
}

/** The fields that all interactions have. */
export function interactionJson(
  scene: Scene,
  interaction: Interaction,
  type: InteractionType,
  data: unknown,
) {
  const { guild, channel, member, application } = scene;
  const bot = guild.members.get(application.user.id);
  return {
    id: interaction.id,
    application_id: application.id,
    type,
    data,
    guild: { id: guild.id, locale: guild.locale, features: [] },
    guild_id: guild.id,
    channel: {
      id: channel.id,
      guild_id: guild.id,
      type: channelType(channel),
      name: channel.name,
      permissions: channelPermissions(guild, channel, member).toString(),
    },
    channel_id: channel.id,
    member: { ...memberJson(member), permissions: channelPermissions(guild, channel, member).toString() },
    token: interaction.token,
    version: 1,
    app_permissions: (bot ? channelPermissions(guild, channel, bot) : 0n).toString(),
    locale: member.user.locale,
    guild_locale: guild.locale,
    entitlements: [],
    authorizing_integration_owners: { '0': guild.id },
    context: 0,
    attachment_size_limit: 10 * 1024 * 1024,
  };
}

/** The `data` of a chat-input command or of its autocompletion, checked against the registered command. */
export function commandData(
  command: StoredCommand,
  path: readonly string[],
  values: Readonly<Record<string, OptionValue>>,
  place: { guild: Guild; upload: Upload },
  focused?: string,
) {
  const resolved: Resolved = { users: {}, members: {}, roles: {}, channels: {}, attachments: {} };
  const { leaf, nest } = descend(command, path);
  const options = leafOptions(leaf, values, focused, place, resolved);
  const unresolved = Object.values(resolved).every((group) => Object.keys(group).length === 0);
  return {
    id: command.id,
    name: command.name,
    type: command.type,
    ...(command.guild_id ? { guild_id: command.guild_id } : {}),
    options: nest(options),
    ...(unresolved ? {} : { resolved }),
  };
}

/** Walks `start` in `session start` down to the options that take values. */
function descend(command: StoredCommand, path: readonly string[]) {
  let options: readonly CommandOption[] = command.options;
  const wrappers: { name: string; type: number }[] = [];
  for (const name of path) {
    const next = options.find(
      (option) =>
        option.name === name &&
        (option.type === ApplicationCommandOptionType.Subcommand ||
          option.type === ApplicationCommandOptionType.SubcommandGroup),
    );
    if (!next) throw new ScenarioError(`/${command.name} has no sub-command ${path.join(' ')}`);
    wrappers.push({ name: next.name, type: next.type });
    options = next.options ?? [];
  }
  const incomplete = options.some((option) => option.type <= ApplicationCommandOptionType.SubcommandGroup);
  if (incomplete) throw new ScenarioError(`/${command.name} ${path.join(' ')} needs a sub-command`);
  const nest = (inner: OptionNode[]): OptionNode[] =>
    wrappers.reduceRight((nested, wrapper) => [{ ...wrapper, options: nested }], inner);
  return { leaf: options, nest };
}

function leafOptions(
  definitions: readonly CommandOption[],
  values: Readonly<Record<string, OptionValue>>,
  focused: string | undefined,
  place: { guild: Guild; upload: Upload },
  resolved: Resolved,
): OptionNode[] {
  for (const name of Object.keys(values)) {
    if (!definitions.some((definition) => definition.name === name)) {
      throw new ScenarioError(`the command has no option ${name}`);
    }
  }
  return definitions.flatMap((definition) => {
    const value = values[definition.name];
    if (value === undefined) {
      if (definition.required && focused === undefined) {
        throw new ScenarioError(`the command needs the option ${definition.name}`);
      }
      return [];
    }
    const isFocused = definition.name === focused;
    if (!isFocused) checkValue(definition, value);
    const { name, type } = definition;
    if (typeof value === 'object') {
      const attachment = place.upload(value);
      resolved.attachments[attachment.id] = attachment;
      return [{ name, type, value: attachment.id }];
    }
    resolve(definition, String(value), place.guild, resolved);
    return [{ name, type, value, ...(isFocused ? { focused: true } : {}) }];
  });
}

interface Resolved {
  users: Record<string, unknown>;
  members: Record<string, unknown>;
  roles: Record<string, unknown>;
  channels: Record<string, unknown>;
  attachments: Record<string, unknown>;
}

/** Puts a file where the application can fetch it. */
export type Upload = (file: AttachmentValue) => { id: string };

/** Discord's client lets nobody send a value of the wrong type or beside the choices. */
function checkValue(definition: CommandOption, value: OptionValue): void {
  const expected = {
    [ApplicationCommandOptionType.Integer]: 'number',
    [ApplicationCommandOptionType.Number]: 'number',
    [ApplicationCommandOptionType.Boolean]: 'boolean',
    [ApplicationCommandOptionType.Attachment]: 'object',
  }[definition.type];
  if (typeof value !== (expected ?? 'string')) {
    throw new ScenarioError(`option ${definition.name} takes a ${expected ?? 'string'}, not ${typeof value}`);
  }
  const choices = definition.choices ?? [];
  if (choices.length > 0 && !choices.some((choice) => choice.value === value)) {
    throw new ScenarioError(`option ${definition.name} has no choice ${String(value)}`);
  }
}

function resolve(definition: CommandOption, id: string, guild: Guild, into: Resolved): void {
  const { User, Channel, Role, Mentionable } = ApplicationCommandOptionType;
  if (definition.type === User || definition.type === Mentionable) {
    const member = guild.members.get(id);
    if (member) {
      into.users[id] = userJson(member.user);
      const { user: _user, ...partial } = memberJson(member);
      into.members[id] = partial;
    }
  }
  if (definition.type === Role || definition.type === Mentionable) {
    const role = guild.roles.get(id);
    if (role) into.roles[id] = roleJson(role);
  }
  if (definition.type === Channel) {
    const channel = guild.channels.get(id);
    if (!channel) throw new ScenarioError(`option ${definition.name}: channel ${id} does not exist`);
    into.channels[id] = { id, name: channel.name, type: channelType(channel), permissions: '0' };
  }
}
