// Asks Discord with the bot's token. @discordjs/rest keeps to the buckets and waits when Discord says so.
import { API } from '@discordjs/core';
import { DiscordAPIError, REST } from '@discordjs/rest';
import type { APIGuildChannel, GuildChannelType } from 'discord-api-types/v10';
import type { Answer, ApplicationFact, ChannelFact, DiscordFacts, GuildFact } from './facts.ts';

export interface AskOptions {
  /** Without the version. */
  readonly apiUrl: string;
  /** Secret. */
  readonly token: string;
  readonly applicationId: string;
  readonly guilds: readonly string[];
  readonly signal: AbortSignal;
}

/** @throws Error when Discord cannot be reached; what it refuses is a fact. */
export async function askDiscord({
  apiUrl,
  token,
  applicationId,
  guilds,
  signal,
}: AskOptions): Promise<DiscordFacts> {
  const rest = new REST({ version: '10', api: apiUrl, retries: 2, timeout: 10_000 }).setToken(token);
  const api = new API(rest);
  const self = await answer(
    api.users.getCurrent({ signal }).then(({ id, username }) => ({ id, name: username })),
  );
  // Nothing else is answered then, and Discord counts refusals.
  if ('refused' in self) return { self, guilds: new Map() };
  const application = await answer(api.applications.getCurrent({ signal }).then(applicationFact));
  const found = new Map<string, Answer<GuildFact>>();
  for (const id of guilds) {
    found.set(id, await answer(guildFact(api, { id, botId: self.value.id, applicationId, signal })));
  }
  return { self, application, guilds: found };
}

async function answer<T>(asked: Promise<T>): Promise<Answer<T>> {
  try {
    return { value: await asked };
  } catch (error) {
    if (error instanceof DiscordAPIError && error.status < 500) {
      return { refused: error.status, message: error.message };
    }
    throw error;
  }
}

function applicationFact(
  application: Awaited<ReturnType<API['applications']['getCurrent']>>,
): ApplicationFact {
  return {
    id: application.id,
    name: application.name,
    verifyKey: application.verify_key,
    interactionsUrl: application.interactions_endpoint_url ?? null,
    codeGrant: application.bot_require_code_grant,
  };
}

async function guildFact(
  api: API,
  asked: {
    readonly id: string;
    readonly botId: string;
    readonly applicationId: string;
    readonly signal: AbortSignal;
  },
): Promise<GuildFact> {
  const { id, botId, applicationId, signal } = asked;
  const guild = await api.guilds.get(id, {}, { signal });
  const member = await api.guilds.getMember(id, botId, { signal });
  const channels = await api.guilds.getChannels(id, { signal });
  const commands = await answer(
    api.applicationCommands.getGuildCommands(applicationId, id, { with_localizations: true }, { signal }),
  );
  return {
    id,
    name: guild.name,
    ownerId: guild.owner_id,
    roles: new Map(guild.roles.map((role) => [role.id, BigInt(role.permissions)])),
    botRoles: member.roles,
    channels: channels.map(channelFact),
    commands,
  };
}

function channelFact({
  id,
  name,
  type,
  permission_overwrites,
}: APIGuildChannel<GuildChannelType>): ChannelFact {
  const overwrites = (permission_overwrites ?? []).map((one) => ({
    id: one.id,
    type: one.type,
    allow: BigInt(one.allow),
    deny: BigInt(one.deny),
  }));
  return { id, name, type, overwrites };
}
