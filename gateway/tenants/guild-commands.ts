/** The slash commands of one tenant's bot, guild by guild. */
import type { API } from '@discordjs/core';
import type { Logger } from '../../src/telemetry/log.ts';
import { registerCommands } from '../commands/register.ts';
import { commandBodies } from '../commands/registry.ts';
import { statusOf } from '../discord/connection.ts';

export interface GuildCommandsOptions {
  readonly applicationId: string;
  /** Undefined: the bot is not connected. */
  readonly api: () => API | undefined;
  /** Whether sessions may run in the guild. One that is not allowed sees no commands. */
  readonly allowed: (guildId: string) => boolean;
  readonly signal: AbortSignal;
  readonly log: Logger;
}

export class GuildCommands {
  readonly #o: GuildCommandsOptions;

  constructor(options: GuildCommandsOptions) {
    this.#o = options;
  }

  /** Writes them if they are others; what goes wrong is logged. */
  register(guildId: string): void {
    const { applicationId, allowed, signal, log } = this.#o;
    const api = this.#o.api();
    if (api === undefined) return;
    registerCommands({
      applicationCommands: api.applicationCommands,
      applicationId,
      guildId,
      bodies: allowed(guildId) ? commandBodies() : [],
      signal,
    }).then(
      (written) => {
        if (written) log.info({ guild: guildId }, 'Commands registered');
      },
      (error: unknown) => {
        if (signal.aborted) return;
        // 403: the bot was invited without the scope applications.commands. The next GUILD_CREATE tries again.
        log.warn({ guild: guildId, status: statusOf(error), err: error }, 'Commands were not registered');
      },
    );
  }
}
