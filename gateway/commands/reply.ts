/**
 * The answer to one interaction: acknowledged within Discord's 3 seconds, then edited as things change, until the
 * interaction's token expires after 15 minutes.
 */
import { type AllowedMentionsTypes, MessageFlags } from 'discord-api-types/v10';
import type { Logger } from '../../src/telemetry/log.ts';
import { statusOf } from '../discord/connection.ts';

/** How long Discord accepts an interaction's token, less a margin for a slow request. */
export const TOKEN_LIFETIME_MS = 15 * 60_000 - 15_000;

/** Least time between two edits of one reply: Discord allows about five in five seconds. */
export const EDIT_INTERVAL_MS = 1_500;

export interface ReplyClock {
  now(): number;
  setTimeout(callback: () => void, delayMs: number): { cancel(): void };
}

/** What is used of @discordjs/core's InteractionsAPI. */
export interface InteractionCalls {
  reply(interactionId: string, token: string, body: ReplyBody): Promise<unknown>;
  defer(interactionId: string, token: string): Promise<unknown>;
  editReply(applicationId: string, token: string, body: ReplyBody): Promise<unknown>;
}

export interface ReplyBody {
  content: string;
  allowed_mentions: { parse: AllowedMentionsTypes[] };
  flags?: MessageFlags.Ephemeral;
}

export interface ReplyOptions {
  readonly interactions: InteractionCalls;
  readonly applicationId: string;
  readonly interaction: { readonly id: string; readonly token: string };
  readonly clock: ReplyClock;
  readonly log: Logger;
}

/** Nobody is mentioned by what the bot quotes. */
const NO_MENTIONS: ReplyBody['allowed_mentions'] = { parse: [] };

export class InteractionReply {
  readonly #options: ReplyOptions;
  readonly #expiresAt: number;
  #shown: string | undefined;
  #wanted: string | undefined;
  #lastEditAt = Number.NEGATIVE_INFINITY;
  #timer: { cancel(): void } | undefined;
  #sending = false;
  #over = false;
  #acknowledged = false;

  constructor(options: ReplyOptions) {
    this.#options = options;
    this.#expiresAt = options.clock.now() + TOKEN_LIFETIME_MS;
  }

  /** Whether edits can still reach Discord. */
  get expired(): boolean {
    return this.#over || this.#options.clock.now() >= this.#expiresAt;
  }

  /** The first answer, at once. @throws when Discord does not take it. */
  async send(text: string, options: { readonly ephemeral: boolean }): Promise<void> {
    const { interactions, interaction } = this.#options;
    this.#shown = text;
    await interactions.reply(interaction.id, interaction.token, {
      content: text,
      allowed_mentions: NO_MENTIONS,
      ...(options.ephemeral ? { flags: MessageFlags.Ephemeral } : {}),
    });
    this.#acknowledged = true;
  }

  /** "Thinking…": the answer follows with {@link edit}. @throws when Discord does not take it. */
  async defer(): Promise<void> {
    const { interactions, interaction } = this.#options;
    await interactions.defer(interaction.id, interaction.token);
    this.#acknowledged = true;
  }

  /** Replaces the answer's text soon; of several in quick succession only the last is sent. Never throws. */
  edit(text: string): void {
    this.#wanted = text;
    this.#schedule();
  }

  /** Says that something went wrong, whether or not an answer was given before. */
  async fail(text: string): Promise<void> {
    if (this.#acknowledged) this.edit(text);
    else await this.send(text, { ephemeral: true });
  }

  /** Stops editing. */
  close(): void {
    this.#over = true;
    this.#timer?.cancel();
  }

  #schedule(): void {
    if (this.#timer !== undefined || this.#sending || this.expired) return;
    if (this.#wanted === undefined || this.#wanted === this.#shown) return;
    const wait = Math.max(0, this.#lastEditAt + EDIT_INTERVAL_MS - this.#options.clock.now());
    this.#timer = this.#options.clock.setTimeout(() => {
      this.#timer = undefined;
      void this.#flush();
    }, wait);
  }

  async #flush(): Promise<void> {
    const text = this.#wanted;
    if (text === undefined || text === this.#shown || this.expired) return;
    const { interactions, applicationId, interaction, log } = this.#options;
    this.#sending = true;
    try {
      await interactions.editReply(applicationId, interaction.token, {
        content: text,
        allowed_mentions: NO_MENTIONS,
      });
      this.#shown = text;
    } catch (error) {
      const status = statusOf(error);
      // 404: the message was deleted or the token expired. Neither comes back.
      if (status === 404 || status === 401 || status === 403) this.#over = true;
      log.info({ status, interaction: interaction.id }, 'A reply could not be edited');
    }
    this.#sending = false;
    this.#lastEditAt = this.#options.clock.now();
    this.#schedule();
  }
}
