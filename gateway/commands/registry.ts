/**
 * The commands that exist. Adding or removing one is one line here.
 */
import { SlashCommandBuilder } from '@discordjs/builders';
import type { RESTPostAPIChatInputApplicationCommandsJSONBody } from 'discord-api-types/v10';
import type { Command, Subcommand } from './command.ts';
import { session } from './session/command.ts';

export const COMMANDS: readonly Command[] = [session];

/** A subcommand by its full name, e.g. `session start`. */
export function findSubcommand(
  name: string,
  subcommand: string,
  commands: readonly Command[] = COMMANDS,
): Subcommand | undefined {
  return commands
    .find((command) => command.name === name)
    ?.subcommands.find((candidate) => candidate.name === subcommand);
}

/** The commands in the form that Discord's API takes. */
export function commandBodies(
  commands: readonly Command[] = COMMANDS,
): RESTPostAPIChatInputApplicationCommandsJSONBody[] {
  return commands.map((command) => {
    const builder = new SlashCommandBuilder().setName(command.name);
    command.describe(builder);
    for (const subcommand of command.subcommands) {
      builder.addSubcommand((inner) => {
        subcommand.describe(inner.setName(subcommand.name));
        return inner;
      });
    }
    return builder.toJSON();
  });
}
