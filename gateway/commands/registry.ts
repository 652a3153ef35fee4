/**
 * The commands that exist. Adding or removing one is one line here.
 */
import { SlashCommandBuilder } from '@discordjs/builders';
import { Locale, type RESTPostAPIChatInputApplicationCommandsJSONBody } from 'discord-api-types/v10';
import { germanName } from '../messages/names.ts';
import { campaign } from './campaign/command.ts';
import type { Access, Command, ComponentHandler, ModalHandler, Runnable } from './command.ts';
import { entity } from './entity/command.ts';
import { feedback } from './feedback/command.ts';
import { npc } from './npc/command.ts';
import { search } from './search/command.ts';
import { session } from './session/command.ts';

export const COMMANDS: readonly Command[] = [campaign, entity, feedback, npc, privacy, search, session];

import { privacy } from './privacy/command.ts';

/** Something that an interaction can ask for, with the rule of who may. */
export interface Found<T> {
  readonly handler: T;
  /** Full name of the command whose rule counts, e.g. `session start`. */
  readonly permission: string;
  readonly access: Access;
}

const DEFAULT_ACCESS: Access = 'gameMaster';

/** A command by its full name: `session start`, or `search`. */
export function findCommand(
  fullName: string,
  commands: readonly Command[] = COMMANDS,
): Found<Runnable> | undefined {
  const [name = '', subcommand] = fullName.split(' ');
  const command = commands.find((candidate) => candidate.name === name);
  if (command === undefined) return undefined;
  const ofCommand = command.access ?? DEFAULT_ACCESS;
  if (command.subcommands === undefined) {
    if (subcommand !== undefined) return undefined;
    return { handler: command, permission: fullName, access: ofCommand };
  }
  const found = command.subcommands.find((candidate) => candidate.name === subcommand);
  return found && { handler: found, permission: fullName, access: found.access ?? ofCommand };
}

/** What a button or menu does, by the first two parts of its custom id. */
export function findComponent(
  name: string,
  action: string,
  commands: readonly Command[] = COMMANDS,
): Found<ComponentHandler> | undefined {
  return findHandler(name, action, commands, ({ components }) => components);
}

/** What takes a form, by the first two parts of its custom id. */
export function findModal(
  name: string,
  action: string,
  commands: readonly Command[] = COMMANDS,
): Found<ModalHandler> | undefined {
  return findHandler(name, action, commands, ({ modals }) => modals);
}

function findHandler<T extends ComponentHandler | ModalHandler>(
  name: string,
  action: string,
  commands: readonly Command[],
  handlersOf: (command: Command) => readonly T[] | undefined,
): Found<T> | undefined {
  const command = commands.find((candidate) => candidate.name === name);
  const handler = command && handlersOf(command)?.find((candidate) => candidate.action === action);
  if (command === undefined || handler === undefined) return undefined;
  const permission = handler.permission ?? `${name} ${action}`;
  // A button does what a command does, for whom the command is.
  const ofCommand = findCommand(permission, commands)?.access ?? command.access;
  return { handler, permission, access: handler.access ?? ofCommand ?? DEFAULT_ACCESS };
}

/** Every full name that `Tenant.spec.discord.roles` can name: commands, and with their subcommands. */
export function commandNames(commands: readonly Command[] = COMMANDS): string[] {
  return commands.flatMap(({ name, subcommands = [] }) => [
    name,
    ...subcommands.map((subcommand) => `${name} ${subcommand.name}`),
  ]);
}

/** Names in the other language, of the command and of everything in it. */
function localised<T extends Part>(part: T): T {
  const german = germanName(part.name);
  return {
    ...part,
    ...(german === part.name ? {} : { name_localizations: { [Locale.German]: german } }),
    ...(part.options === undefined ? {} : { options: part.options.map((option) => localised(option)) }),
  };
}

interface Part {
  readonly name: string;
  readonly options?: readonly Part[] | undefined;
}

/** The commands in the form that Discord's API takes. */
export function commandBodies(
  commands: readonly Command[] = COMMANDS,
): RESTPostAPIChatInputApplicationCommandsJSONBody[] {
  return commands.map((command) => {
    const builder = new SlashCommandBuilder().setName(command.name);
    command.describe(builder);
    for (const subcommand of command.subcommands ?? []) {
      builder.addSubcommand((inner) => {
        subcommand.describe(inner.setName(subcommand.name));
        return inner;
      });
    }
    return localised(builder.toJSON());
  });
}
