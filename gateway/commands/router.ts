/**
 * From an interaction to what answers it: which command, button or form, who asks, in which language, whether that
 * person may, and an answer in any case.
 */

import {
  type APIApplicationCommandAutocompleteInteraction,
  type APIApplicationCommandInteractionDataBasicOption,
  type APIApplicationCommandInteractionDataOption,
  type APIChatInputApplicationCommandInteraction,
  type APIInteraction,
  type APIInteractionDataResolved,
  type APIInteractionGuildMember,
  type APIMessageComponentInteraction,
  type APIModalSubmitInteraction,
  ApplicationCommandOptionType,
  ApplicationCommandType,
  InteractionType,
} from 'discord-api-types/v10';
import { correlationIdOf } from '../../src/api/correlation.ts';
import type { TenantDiscord } from '../../src/api/generated/tenant.ts';
import { StoreError } from '../../src/store/index.ts';
import type { Logger } from '../../src/telemetry/log.ts';
import { type Messages, messagesFor } from '../messages/catalogue.ts';
import { authorize, refusalText } from './authorization.ts';
import type { Choice, Command, CommandHost, Interacting } from './command.ts';
import { fieldsOf } from './modal-fields.ts';
import { Options } from './options.ts';
import { COMMANDS, type Found, findCommand, findComponent, findModal } from './registry.ts';
import { type ChannelCalls, type InteractionCalls, InteractionReply, type ReplyClock } from './reply.ts';

export interface RouterOptions {
  /** @discordjs/core's API, as far as it is used. */
  readonly api: {
    readonly interactions: InteractionCalls & {
      createAutocompleteResponse(
        interactionId: string,
        token: string,
        body: { choices: Choice[] },
      ): Promise<unknown>;
    };
    readonly channels: ChannelCalls;
  };
  readonly host: CommandHost;
  /** As it is now. */
  readonly discord: () => TenantDiscord;
  readonly clock: ReplyClock;
  readonly log: Logger;
  /** @defaultValue {@link COMMANDS} */
  readonly commands?: readonly Command[];
  /** Told when a command fails, before that is answered. */
  readonly onFailed?: () => void;
}

/** Most choices that Discord shows. */
const MAX_CHOICES = 25;

type Answered =
  | APIChatInputApplicationCommandInteraction
  | APIMessageComponentInteraction
  | APIModalSubmitInteraction;

export class CommandRouter {
  readonly #options: RouterOptions;
  readonly #commands: readonly Command[];

  constructor(options: RouterOptions) {
    this.#options = options;
    this.#commands = options.commands ?? COMMANDS;
  }

  /** Answers the interaction. Never throws. */
  async handle(interaction: APIInteraction): Promise<void> {
    const { log } = this.#options;
    try {
      switch (interaction.type) {
        case InteractionType.ApplicationCommand:
          // Skald registers no other type of command.
          if (isChatInput(interaction)) await this.#command(interaction);
          return;
        case InteractionType.ApplicationCommandAutocomplete:
          await this.#complete(interaction);
          return;
        case InteractionType.MessageComponent:
          await this.#component(interaction);
          return;
        case InteractionType.ModalSubmit:
          await this.#modal(interaction);
          return;
        default:
          return;
      }
    } catch (error) {
      log.error({ err: error, interaction: interaction.id }, 'An interaction was not answered');
    }
  }

  async #command(interaction: APIChatInputApplicationCommandInteraction): Promise<void> {
    const { command, options } = commandOf(interaction);
    const found = findCommand(command, this.#commands);
    await this.#answer(interaction, command, found, async (asking) => {
      await found?.handler.run({ ...asking, options });
    });
  }

  async #component(interaction: APIMessageComponentInteraction): Promise<void> {
    const { name, action, args } = partsOf(interaction.data.custom_id);
    const found = findComponent(name, action, this.#commands);
    const values = 'values' in interaction.data ? interaction.data.values : [];
    await this.#answer(interaction, `${name}:${action}`, found, async (asking) => {
      await found?.handler.run({
        ...asking,
        args,
        values,
        messageId: interaction.message.id,
        embeds: interaction.message.embeds ?? [],
      });
    });
  }

  async #modal(interaction: APIModalSubmitInteraction): Promise<void> {
    const { name, action, args } = partsOf(interaction.data.custom_id);
    const found = findModal(name, action, this.#commands);
    const fields = fieldsOf(interaction.data.components);
    await this.#answer(interaction, `${name}:${action}`, found, async (asking) => {
      await found?.handler.run({ ...asking, args, fields });
    });
  }

  /** Refuses, or runs it and answers for it when it fails. */
  async #answer(
    interaction: Answered,
    command: string,
    found: Found<unknown> | undefined,
    run: (asking: Interacting) => Promise<void>,
  ): Promise<void> {
    const { api, host, clock } = this.#options;
    const { guild_id: guildId, member } = interaction;
    const correlationId = correlationIdOf(interaction.id);
    const log = this.#options.log.child({
      interaction: interaction.id,
      corr: correlationId,
      guild: guildId,
      command,
    });
    const messages = messagesFor(interaction.locale);
    const channelId = interaction.channel?.id ?? '';
    const reply = new InteractionReply({
      interactions: api.interactions,
      channels: api.channels,
      applicationId: interaction.application_id,
      interaction,
      channelId,
      clock,
      log,
    });
    const refusal = this.#refusal(found, { guildId, member }, messages);
    if (refusal !== undefined || guildId === undefined || member === undefined) {
      await reply.send(refusal ?? messages.refusal.notInGuild, { ephemeral: true });
      return;
    }
    try {
      await run({
        host,
        interactionId: interaction.id,
        correlationId,
        guildId,
        channelId,
        userId: member.user.id,
        displayName: displayName(member),
        messages,
        publicMessages: messagesFor(interaction.guild_locale ?? interaction.locale),
        reply,
        log,
      });
    } catch (error) {
      this.#options.onFailed?.();
      log.error({ err: error }, 'A command failed');
      const text =
        error instanceof StoreError ? messages.refusal.databaseUnavailable : messages.refusal.failed;
      await reply.fail(messages.interactions.withReference(text, correlationId));
    }
  }

  #refusal(found: Found<unknown> | undefined, asker: Asker, messages: Messages): string | undefined {
    const { guildId, member } = asker;
    if (guildId === undefined || member === undefined) return messages.refusal.notInGuild;
    const discord = this.#options.discord();
    if (!discord.guilds.includes(guildId)) return messages.refusal.guildNotAllowed;
    if (found === undefined) return messages.refusal.outdated;
    const invoker = { roles: member.roles, permissions: BigInt(member.permissions) };
    const authorization = authorize(found.permission, discord, invoker, found.access);
    return authorization.allowed ? undefined : refusalText(authorization, messages);
  }

  /** Whoever may not use a command is not told either what it could be used on. */
  async #complete(interaction: APIApplicationCommandAutocompleteInteraction): Promise<void> {
    const { api } = this.#options;
    const choices = await this.#choices(interaction);
    await api.interactions.createAutocompleteResponse(interaction.id, interaction.token, {
      choices: choices.slice(0, MAX_CHOICES),
    });
  }

  async #choices(interaction: APIApplicationCommandAutocompleteInteraction): Promise<readonly Choice[]> {
    const { host, log } = this.#options;
    const { guild_id: guildId, member } = interaction;
    const messages = messagesFor(interaction.locale);
    const { command, given } = leafOf(interaction.data.name, interaction.data.options);
    const found = findCommand(command, this.#commands);
    if (guildId === undefined || member === undefined || found?.handler.complete === undefined) return [];
    if (this.#refusal(found, { guildId, member }, messages) !== undefined) return [];
    const focused = given.find((option) => 'focused' in option && option.focused === true);
    if (focused === undefined) return [];
    try {
      return await found.handler.complete({
        host,
        guildId,
        channelId: interaction.channel?.id ?? '',
        userId: member.user.id,
        messages,
        focused: focused.name,
        typed: String(focused.value),
        options: new Options(
          given.filter((option) => option !== focused),
          interaction.data.resolved,
        ),
      });
    } catch (error) {
      log.warn({ err: error, interaction: interaction.id, command }, 'Choices could not be offered');
      return [];
    }
  }
}

interface Asker {
  readonly guildId: string | undefined;
  readonly member: APIInteractionGuildMember | undefined;
}

function isChatInput(interaction: APIInteraction): interaction is APIChatInputApplicationCommandInteraction {
  return (
    interaction.type === InteractionType.ApplicationCommand &&
    interaction.data.type === ApplicationCommandType.ChatInput
  );
}

/** The full name (`session start`, `search`) and the options that were given. */
export function commandOf(interaction: {
  readonly data: {
    readonly name: string;
    readonly options?: readonly APIApplicationCommandInteractionDataOption[];
    readonly resolved?: Partial<APIInteractionDataResolved>;
  };
}): { readonly command: string; readonly options: Options } {
  const { command, given } = leafOf(interaction.data.name, interaction.data.options);
  return { command, options: new Options(given, interaction.data.resolved) };
}

function leafOf(
  name: string,
  options: readonly APIApplicationCommandInteractionDataOption<InteractionType>[] = [],
): { readonly command: string; readonly given: readonly APIApplicationCommandInteractionDataBasicOption[] } {
  const [first] = options;
  if (first?.type === ApplicationCommandOptionType.Subcommand) {
    return { command: `${name} ${first.name}`, given: (first.options ?? []).filter(isBasic) };
  }
  return { command: name, given: options.filter(isBasic) };
}

function isBasic(
  option: APIApplicationCommandInteractionDataOption<InteractionType>,
): option is APIApplicationCommandInteractionDataBasicOption {
  return 'value' in option;
}

function partsOf(customId: string) {
  const [name = '', action = '', ...args] = customId.split(':');
  return { name, action, args };
}

function displayName(member: APIInteractionGuildMember): string {
  return member.nick ?? member.user.global_name ?? member.user.username;
}
