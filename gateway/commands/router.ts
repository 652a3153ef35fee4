/**
 * From an interaction to a command: which one, who asks, in which language, whether that person may, and an answer
 * in any case.
 */

import {
  type APIApplicationCommandAutocompleteInteraction,
  type APIApplicationCommandOptionChoice,
  type APIChatInputApplicationCommandInteraction,
  type APIInteraction,
  type APIInteractionGuildMember,
  ApplicationCommandOptionType,
  ApplicationCommandType,
  InteractionType,
} from 'discord-api-types/v10';
import type { TenantDiscord } from '../../src/api/generated/tenant.ts';
import type { Logger } from '../../src/telemetry/log.ts';
import { type Messages, messagesFor } from '../messages/catalogue.ts';
import { authorize, refusalText } from './authorization.ts';
import type { CommandHost } from './command.ts';
import { findSubcommand } from './registry.ts';
import { type InteractionCalls, InteractionReply, type ReplyClock } from './reply.ts';

export interface RouterOptions {
  /** @discordjs/core's API, as far as it is used. */
  readonly api: {
    readonly interactions: InteractionCalls & {
      createAutocompleteResponse(
        interactionId: string,
        token: string,
        body: { choices: APIApplicationCommandOptionChoice<string>[] },
      ): Promise<unknown>;
    };
  };
  readonly host: CommandHost;
  /** As it is now. */
  readonly discord: () => TenantDiscord;
  readonly clock: ReplyClock;
  readonly log: Logger;
}

/** Most choices that Discord shows. */
const MAX_CHOICES = 25;

export class CommandRouter {
  readonly #options: RouterOptions;

  constructor(options: RouterOptions) {
    this.#options = options;
  }

  /** Answers the interaction. Never throws. */
  async handle(interaction: APIInteraction): Promise<void> {
    const { log } = this.#options;
    try {
      if (interaction.type === InteractionType.ApplicationCommand) {
        if (interaction.data.type === ApplicationCommandType.ChatInput) {
          await this.#run(interaction as APIChatInputApplicationCommandInteraction);
        }
      } else if (interaction.type === InteractionType.ApplicationCommandAutocomplete) {
        await this.#complete(interaction);
      }
    } catch (error) {
      log.error({ err: error, interaction: interaction.id }, 'An interaction was not answered');
    }
  }

  async #run(interaction: APIChatInputApplicationCommandInteraction): Promise<void> {
    const { api, host, clock } = this.#options;
    const { command, options } = commandOf(interaction);
    const log = this.#options.log.child({
      interaction: interaction.id,
      guild: interaction.guild_id,
      command,
    });
    const messages = messagesFor(interaction.locale);
    const reply = new InteractionReply({
      interactions: api.interactions,
      applicationId: interaction.application_id,
      interaction,
      clock,
      log,
    });
    const refusal = this.#refusal(command, interaction, messages);
    const { guild_id, member } = interaction;
    if (refusal !== undefined || guild_id === undefined || member === undefined) {
      await reply.send(refusal ?? messages.refusal.notInGuild, { ephemeral: true });
      return;
    }
    const [name = '', subcommand = ''] = command.split(' ');
    const found = findSubcommand(name, subcommand);
    if (found === undefined) {
      await reply.send(messages.refusal.failed, { ephemeral: true });
      return;
    }
    try {
      await found.run({
        host,
        interactionId: interaction.id,
        guildId: guild_id,
        channelId: interaction.channel.id,
        userId: member.user.id,
        displayName: displayName(member),
        options,
        messages,
        publicMessages: messagesFor(interaction.guild_locale ?? interaction.locale),
        reply,
        log,
      });
    } catch (error) {
      log.error({ err: error }, 'A command failed');
      await reply.fail(messages.refusal.failed);
    }
  }

  #refusal(
    command: string,
    { guild_id, member }: APIChatInputApplicationCommandInteraction,
    messages: Messages,
  ): string | undefined {
    if (guild_id === undefined || member === undefined) return messages.refusal.notInGuild;
    const discord = this.#options.discord();
    if (!discord.guilds.includes(guild_id)) return messages.refusal.guildNotAllowed;
    const invoker = { roles: member.roles, permissions: BigInt(member.permissions) };
    const authorization = authorize(command, discord, invoker);
    return authorization.allowed ? undefined : refusalText(authorization, messages);
  }

  async #complete(interaction: APIApplicationCommandAutocompleteInteraction): Promise<void> {
    const { api, host } = this.#options;
    const [outer] = interaction.data.options;
    if (outer?.type !== ApplicationCommandOptionType.Subcommand || interaction.guild_id === undefined) return;
    const focused = outer.options?.find((option) => 'focused' in option && option.focused === true);
    const typed = focused !== undefined && 'value' in focused ? String(focused.value) : '';
    const subcommand = findSubcommand(interaction.data.name, outer.name);
    const allowed = this.#options.discord().guilds.includes(interaction.guild_id);
    const choices = allowed
      ? (subcommand?.complete?.({ host, guildId: interaction.guild_id, typed }) ?? [])
      : [];
    await api.interactions.createAutocompleteResponse(interaction.id, interaction.token, {
      choices: choices.slice(0, MAX_CHOICES),
    });
  }
}

/** The full name (`session start`) and the options that were given. */
export function commandOf(interaction: Pick<APIChatInputApplicationCommandInteraction, 'data'>): {
  readonly command: string;
  readonly options: ReadonlyMap<string, string>;
} {
  const { name, options = [] } = interaction.data;
  const [first] = options;
  if (first?.type !== ApplicationCommandOptionType.Subcommand) return { command: name, options: new Map() };
  const values = new Map<string, string>();
  for (const option of first.options ?? []) {
    if ('value' in option) values.set(option.name, String(option.value));
  }
  return { command: `${name} ${first.name}`, options: values };
}

function displayName(member: APIInteractionGuildMember): string {
  return member.nick ?? member.user.global_name ?? member.user.username;
}
