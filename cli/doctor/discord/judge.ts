// What is missing on Discord's side, from what Discord says and what the Tenant wants. Pure.
import { ChannelType } from 'discord-api-types/v10';
import type { TenantDiscord } from '../../../src/api/index.ts';
import { commandsHash } from '../../../src/discord/commands-hash.ts';
import { has, permissionsIn } from '../../../src/discord/permissions.ts';
import {
  intents,
  type Permission,
  textPermissions,
  voicePermissions,
} from '../../../src/discord/requirements.ts';
import { type Check, fail, ok, skipped, warn } from '../check.ts';
import type { Answer, ApplicationFact, ChannelFact, DiscordFacts, GuildFact } from './facts.ts';

export interface Wanted {
  readonly tenant: string;
  readonly discord: Pick<
    TenantDiscord,
    'applicationId' | 'guilds' | 'publicKey' | 'interactions' | 'roles' | 'gameMasterRole'
  >;
  /** The commands of this version, in the form that Discord takes. */
  readonly commands: readonly object[];
}

export function discordChecks(facts: DiscordFacts, wanted: Wanted): Check[] {
  const { self, application } = facts;
  if ('refused' in self) {
    return [
      fail(
        'discord.token',
        `Discord refuses the bot token: ${self.message} (${self.refused}).`,
        "Make a new token in Discord's developer portal (Bot, Reset Token) and put it into the Secret skald-bot-token.",
      ),
    ];
  }
  return [
    ok('discord.token', `Discord takes the token: the bot is ${self.value.name}.`),
    ...applicationChecks(application, wanted),
    ok(
      'discord.intents',
      `Asked for: ${Object.keys(intents).join(', ')}. None has to be switched on in Discord's developer portal.`,
    ),
    ...wanted.discord.guilds.flatMap((id) => guildChecks(id, facts.guilds.get(id), self.value.id, wanted)),
    ...roleChecks(facts, wanted),
  ];
}

function applicationChecks(
  answer: Answer<ApplicationFact> | undefined,
  { discord, tenant }: Wanted,
): Check[] {
  if (answer === undefined || 'refused' in answer) {
    return [
      skipped(
        'discord.application',
        `Discord did not say whose token it is: ${answer?.message ?? 'not asked'}.`,
      ),
    ];
  }
  const { id, name, verifyKey, interactionsUrl, codeGrant } = answer.value;
  if (id !== discord.applicationId) {
    return [
      fail(
        'discord.application',
        `The token belongs to application ${id} (${name}), the Tenant names ${discord.applicationId}.`,
        `Put that application's token into the Secret, or correct spec.discord.applicationId of Tenant ${tenant}.`,
      ),
    ];
  }
  return [
    ok('discord.application', `The token belongs to application ${id} (${name}).`),
    ...(codeGrant
      ? [
          fail(
            'discord.invitation',
            'The application requires a code grant: the link of "skald invite" does not work.',
            'Switch off "Requires OAuth2 Code Grant" in Discord\'s developer portal (Bot).',
          ),
        ]
      : []),
    keyCheck(verifyKey, discord.publicKey),
    endpointCheck(interactionsUrl, discord.interactions),
  ];
}

function keyCheck(verifyKey: string, publicKey: string | undefined): Check {
  const id = 'discord.publicKey';
  if (publicKey === undefined)
    return skipped(id, 'The Tenant names no public key; only interactions over http need it.');
  return publicKey === verifyKey
    ? ok(id, 'The public key is the application’s.')
    : fail(
        id,
        `The Tenant's public key is not the application's, which is ${verifyKey}.`,
        'Correct spec.discord.publicKey.',
      );
}

function endpointCheck(url: string | null, interactions: TenantDiscord['interactions']): Check {
  const id = 'discord.interactions';
  if (interactions === 'http') {
    return url === null
      ? fail(
          id,
          'The Tenant wants interactions over http, and the application has no endpoint: commands come over the websocket and are not answered.',
          'Enter the installation’s endpoint as "Interactions Endpoint URL" in Discord\'s developer portal, or set spec.discord.interactions to gateway.',
        )
      : ok(id, `Discord posts commands to ${url}.`);
  }
  return url === null
    ? ok(id, 'Commands come over the bot’s websocket.')
    : fail(
        id,
        `The application has an interactions endpoint (${url}): Discord sends commands there and not to the gateway.`,
        'Remove "Interactions Endpoint URL" in Discord\'s developer portal, or set spec.discord.interactions to http.',
      );
}

function guildChecks(
  id: string,
  answer: Answer<GuildFact> | undefined,
  botId: string,
  wanted: Wanted,
): Check[] {
  if (answer === undefined || 'refused' in answer) {
    return [
      fail(
        'discord.server',
        `The bot is not in server ${id}${answer === undefined ? '' : ` (${answer.message})`}.`,
        `Invite it: skald invite ${wanted.tenant} --guild ${id}`,
      ),
    ];
  }
  const guild = answer.value;
  return [
    ok('discord.server', `The bot is in ${guild.name} (${id}).`),
    commandCheck(guild, wanted),
    voiceCheck(guild, botId, wanted),
    textCheck(guild, botId, wanted),
  ];
}

function commandCheck({ id, name, commands }: GuildFact, wanted: Wanted): Check {
  const check = 'discord.commands';
  if ('refused' in commands) {
    return fail(
      check,
      `The bot may have no slash commands in ${name}: it was invited without the scope applications.commands.`,
      `Invite it again, which keeps everything else: skald invite ${wanted.tenant} --guild ${id}`,
    );
  }
  if (commands.value.length === 0) {
    return fail(
      check,
      `No slash command is registered in ${name}.`,
      'The gateway registers them within seconds once it serves the bot; see tenant.GatewayAssigned and tenant.DiscordConnected.',
    );
  }
  return commandsHash(commands.value) === commandsHash(wanted.commands)
    ? ok(check, `All slash commands are registered in ${name}.`)
    : warn(
        check,
        `The slash commands in ${name} are not those of this version of skald.`,
        'The gateway registers its own when it starts. Use the skald of the version that is installed.',
      );
}

function voiceCheck(guild: GuildFact, botId: string, wanted: Wanted): Check {
  const channels = guild.channels.filter(({ type }) => type === ChannelType.GuildVoice);
  const lacking = channels.flatMap((channel) => lacks(guild, channel, botId, voicePermissions));
  const fix = `Give the bot's role these permissions there, or invite it again: skald invite ${wanted.tenant} --guild ${guild.id}`;
  if (channels.length === 0) {
    return fail('discord.voice', `${guild.name} has no voice channel that the bot can see.`, fix);
  }
  if (lacking.length === 0)
    return ok(
      'discord.voice',
      `The bot can speak in every voice channel of ${guild.name} (${channels.length}).`,
    );
  const text = `In ${guild.name} the bot lacks ${listed(lacking)}.`;
  return lacking.length === channels.length
    ? fail('discord.voice', text, fix)
    : warn('discord.voice', text, fix);
}

function textCheck(guild: GuildFact, botId: string, wanted: Wanted): Check {
  // A voice channel has a chat of its own, where its session's notices go.
  const channels = guild.channels.filter(
    ({ type }) => type === ChannelType.GuildText || type === ChannelType.GuildVoice,
  );
  const lacking = channels.flatMap((channel) => lacks(guild, channel, botId, textPermissions));
  if (lacking.length === 0)
    return ok('discord.text', `The bot can post in every text channel and voice chat of ${guild.name}.`);
  return warn(
    'discord.text',
    `In ${guild.name} the bot lacks ${listed(lacking)}. Commands are answered there; notices to everyone are not posted.`,
    `Give the bot's role these permissions where sessions are started, or invite it again: skald invite ${wanted.tenant} --guild ${guild.id}`,
  );
}

/** `Connect and Speak in Tavern`, when it lacks something. */
function lacks(
  { id, ownerId, roles, botRoles }: GuildFact,
  channel: ChannelFact,
  botId: string,
  needed: Readonly<Record<string, Permission>>,
): string[] {
  const permissions = permissionsIn({
    guildId: id,
    ownerId,
    memberId: botId,
    memberRoles: botRoles,
    rolePermissions: roles,
    overwrites: channel.overwrites,
  });
  const missing = Object.values(needed).filter(({ bit }) => !has(permissions, bit));
  return missing.length === 0 ? [] : [`${missing.map(({ title }) => title).join(', ')} in "${channel.name}"`];
}

const MOST_LISTED = 5;

function listed(texts: readonly string[]): string {
  const more = texts.length - MOST_LISTED;
  return `${texts.slice(0, MOST_LISTED).join('; ')}${more > 0 ? `; and in ${more} more channels` : ''}`;
}

/** Roles are of one server each; the Tenant's lists are for all of its servers together. */
function roleChecks({ guilds }: DiscordFacts, { discord }: Wanted): Check[] {
  const known = new Set(
    [...guilds.values()].flatMap((one) => ('value' in one ? [...one.value.roles.keys()] : [])),
  );
  const complete = [...guilds.values()].every((one) => 'value' in one);
  const named = [
    ...(discord.gameMasterRole === undefined ? [] : [['gameMasterRole', discord.gameMasterRole] as const]),
    ...Object.entries(discord.roles ?? {}).flatMap(([command, ids]) =>
      ids.map((id) => [`roles["${command}"]`, id] as const),
    ),
  ];
  if (named.length === 0) return [];
  const missing = named.filter(([, id]) => !known.has(id));
  if (missing.length === 0) return [ok('discord.roles', 'Every role that the Tenant names exists.')];
  const text = missing.map(([field, id]) => `${field} names role ${id}`).join(', ');
  return complete
    ? [
        fail(
          'discord.roles',
          `${text}: no server of the Tenant has it.`,
          'Copy the id again (developer mode, right click on the role) into spec.discord.',
        ),
      ]
    : [warn('discord.roles', `${text}, which may be of a server that the bot is not in.`)];
}
