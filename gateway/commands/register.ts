/**
 * Registers the commands in a guild, only when what is registered there differs: Discord allows 200 creations a day
 * and guild, and a gateway restarts more often than its commands change.
 */
import type { ApplicationCommandsAPI } from '@discordjs/core';
import type { RESTPostAPIChatInputApplicationCommandsJSONBody } from 'discord-api-types/v10';
import { commandsHash } from '../../src/discord/commands-hash.ts';

export interface RegisterOptions {
  readonly applicationCommands: Pick<
    ApplicationCommandsAPI,
    'getGuildCommands' | 'bulkOverwriteGuildCommands'
  >;
  readonly applicationId: string;
  readonly guildId: string;
  readonly bodies: readonly RESTPostAPIChatInputApplicationCommandsJSONBody[];
  readonly signal?: AbortSignal;
}

/** @returns whether something had to be written. @throws what Discord answers. */
export async function registerCommands(options: RegisterOptions): Promise<boolean> {
  const { applicationCommands, applicationId, guildId, bodies } = options;
  const request = options.signal === undefined ? {} : { signal: options.signal };
  const existing = await applicationCommands.getGuildCommands(
    applicationId,
    guildId,
    { with_localizations: true },
    request,
  );
  if (commandsHash(existing) === commandsHash(bodies)) return false;
  await applicationCommands.bulkOverwriteGuildCommands(applicationId, guildId, [...bodies], request);
  return true;
}
