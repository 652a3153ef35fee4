/**
 * The answer to one interaction: acknowledged within Discord's 3 seconds, then edited as things change. The
 * interaction's token lives for 15 minutes; after that an answer that everyone sees goes on as a message of the bot's
 * own, and one that only the asker sees stays as it is.
 */
import { DiscordAPIError } from '@discordjs/rest';
import {
  type APIModalInteractionResponseCallbackData,
  MessageFlags,
  RESTJSONErrorCodes,
} from 'discord-api-types/v10';
import type { Logger } from '../../src/telemetry/log.ts';
import { type Answer, asAnswer, type MessageBody, type Modal, messageBody, modalBody } from './answer.ts';
import { LiveMessage, type LiveMessageClock } from './live-message.ts';

/** How long Discord accepts an interaction's token, less a margin for a slow request. */
export const TOKEN_LIFETIME_MS = 15 * 60_000 - 15_000;

export type ReplyClock = LiveMessageClock;

/** What Discord answers to an acknowledgement that asks for it. */
export interface CallbackResult {
  readonly interaction?: { readonly response_message_id?: string };
}

/** What is used of @discordjs/core's InteractionsAPI. */
export interface InteractionCalls {
  reply(interactionId: string, token: string, body: MessageBody): Promise<unknown>;
  defer(
    interactionId: string,
    token: string,
    body: { with_response: true; flags?: MessageFlags.Ephemeral },
  ): Promise<CallbackResult | undefined>;
  updateMessage(interactionId: string, token: string, body: MessageBody): Promise<unknown>;
  deferMessageUpdate(interactionId: string, token: string): Promise<unknown>;
  createModal(
    interactionId: string,
    token: string,
    modal: APIModalInteractionResponseCallbackData,
  ): Promise<unknown>;
  editReply(applicationId: string, token: string, body: MessageBody): Promise<{ readonly id: string }>;
  followUp(applicationId: string, token: string, body: MessageBody): Promise<{ readonly id: string }>;
  getOriginalReply(applicationId: string, token: string): Promise<{ readonly id: string }>;
}

/** What is used of @discordjs/core's ChannelsAPI. */
export interface ChannelCalls {
  createMessage(channelId: string, body: MessageBody): Promise<{ readonly id: string }>;
  editMessage(channelId: string, messageId: string, body: MessageBody): Promise<unknown>;
}

export interface ReplyOptions {
  readonly interactions: InteractionCalls;
  readonly channels: ChannelCalls;
  readonly applicationId: string;
  readonly interaction: { readonly id: string; readonly token: string };
  /** The text channel of the interaction. */
  readonly channelId: string;
  readonly clock: ReplyClock;
  readonly log: Logger;
}

type Acknowledged = 'no' | 'message' | 'update' | 'modal';

export class InteractionReply {
  readonly #options: ReplyOptions;
  #expiresAt: number;
  readonly #message: LiveMessage;
  #acknowledged: Acknowledged = 'no';
  #ephemeral = false;
  #messageId: string | undefined;

  constructor(options: ReplyOptions) {
    this.#options = options;
    this.#expiresAt = options.clock.now() + TOKEN_LIFETIME_MS;
    this.#message = new LiveMessage({
      clock: options.clock,
      log: options.log,
      write: async (answer) => await this.#edit(messageBody(answer)),
    });
  }

  /** Whether edits can no longer reach Discord. */
  get expired(): boolean {
    return this.#message.over || (this.tokenExpired && this.#messageId === undefined);
  }

  /** Whether Discord has had an answer, of whichever kind. */
  get acknowledged(): boolean {
    return this.#acknowledged !== 'no';
  }

  /** The first answer, at once. @throws when Discord does not take it. */
  async send(answer: string | Answer, options: { readonly ephemeral: boolean }): Promise<void> {
    const { interactions, interaction } = this.#options;
    const first = asAnswer(answer);
    this.#message.assume(first);
    this.#ephemeral = options.ephemeral;
    await interactions.reply(interaction.id, interaction.token, messageBody(first, options));
    this.#acknowledged = 'message';
  }

  /** "Thinking…": the answer follows with {@link edit}. @throws when Discord does not take it. */
  async defer(options: { readonly ephemeral?: boolean } = {}): Promise<void> {
    const { interactions, interaction } = this.#options;
    this.#ephemeral = options.ephemeral ?? false;
    const result = await interactions.defer(interaction.id, interaction.token, {
      with_response: true,
      ...(this.#ephemeral ? { flags: MessageFlags.Ephemeral } : {}),
    });
    this.#acknowledged = 'message';
    if (!this.#ephemeral) this.#messageId = result?.interaction?.response_message_id;
  }

  /** For a button: replaces the message that it stands in. @throws when Discord does not take it. */
  async update(answer: string | Answer): Promise<void> {
    const { interactions, interaction } = this.#options;
    const first = asAnswer(answer);
    this.#message.assume(first);
    await interactions.updateMessage(interaction.id, interaction.token, messageBody(first));
    this.#acknowledged = 'update';
  }

  /** For a button: nothing changes at once; {@link edit} changes the message that it stands in. */
  async deferUpdate(): Promise<void> {
    const { interactions, interaction } = this.#options;
    await interactions.deferMessageUpdate(interaction.id, interaction.token);
    this.#acknowledged = 'update';
  }

  /** Opens a form; its submission is an interaction of its own. @throws when Discord does not take it. */
  async modal(modal: Modal): Promise<void> {
    const { interactions, interaction } = this.#options;
    await interactions.createModal(interaction.id, interaction.token, modalBody(modal));
    this.#acknowledged = 'modal';
  }

  /** Replaces the answer soon; of several in quick succession only the last is sent. Never throws. */
  edit(answer: string | Answer): void {
    if (!this.expired) this.#message.show(asAnswer(answer));
  }

  /** Resolves when the last {@link edit} is shown, or never will be. */
  async settled(): Promise<void> {
    await this.#message.settled();
  }

  /** Another message. One for everyone is the bot's own when the token has expired. @throws as Discord answers. */
  async followUp(answer: string | Answer, options: { readonly ephemeral?: boolean } = {}): Promise<void> {
    const { interactions, channels, applicationId, interaction, channelId } = this.#options;
    const body = messageBody(asAnswer(answer), options);
    if (!this.tokenExpired) await interactions.followUp(applicationId, interaction.token, body);
    else if (options.ephemeral !== true) await channels.createMessage(channelId, body);
  }

  /** The message that the answer is; undefined when only the asker sees it. @throws as Discord answers. */
  async messageId(): Promise<string | undefined> {
    if (this.#acknowledged !== 'message' || this.#ephemeral) return undefined;
    const { interactions, applicationId, interaction } = this.#options;
    this.#messageId ??= (await interactions.getOriginalReply(applicationId, interaction.token)).id;
    return this.#messageId;
  }

  /** Says that something went wrong, whether or not an answer was given before. */
  async fail(text: string): Promise<void> {
    if (this.#acknowledged === 'no') await this.send(text, { ephemeral: true });
    else if (this.#acknowledged === 'message') this.edit(text);
    // The message with the button is not ours to replace.
    else if (this.#acknowledged === 'update') await this.followUp(text, { ephemeral: true });
  }

  /** Replaces the answer now. @throws as Discord answers. */
  async write(answer: Answer): Promise<void> {
    await this.#edit(messageBody(answer));
  }

  /** Stops editing. */
  close(): void {
    this.#message.close();
  }

  /** Whether the interaction's token works no more. */
  get tokenExpired(): boolean {
    return this.#options.clock.now() >= this.#expiresAt;
  }

  async #edit(body: MessageBody): Promise<void> {
    const { interactions, channels, applicationId, interaction, channelId } = this.#options;
    if (!this.tokenExpired) {
      try {
        const message = await interactions.editReply(applicationId, interaction.token, body);
        if (!this.#ephemeral && this.#acknowledged === 'message') this.#messageId ??= message.id;
        return;
      } catch (error) {
        if (this.#messageId === undefined || !isTokenRefused(error)) throw error;
        this.#expiresAt = Number.NEGATIVE_INFINITY;
      }
    }
    if (this.#messageId !== undefined) {
      await channels.editMessage(channelId, this.#messageId, body);
    }
  }
}

/** Discord no longer knows the interaction's token, sooner than it says. */
function isTokenRefused(error: unknown): boolean {
  if (!(error instanceof DiscordAPIError)) return false;
  return (
    error.code === RESTJSONErrorCodes.InvalidWebhookToken || error.code === RESTJSONErrorCodes.UnknownWebhook
  );
}
