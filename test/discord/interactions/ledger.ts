import { randomBytes } from 'node:crypto';
import { type APIMessage, InteractionResponseType } from 'discord-api-types/v10';
import { ErrorCode, RestError } from '../rest/errors.ts';
import { messageText } from '../world/messages.ts';
import type { StoredMessage } from '../world/model.ts';
import type { Timeline } from '../world/timeline.ts';
import type { World } from '../world/world.ts';

/** An application must answer within this time; then its token is unknown. */
export const ACKNOWLEDGE_WITHIN_MS = 3_000;
/** For how long an acknowledged interaction's token works. */
export const TOKEN_LIFETIME_MS = 15 * 60_000;

export type InteractionKind = 'command' | 'autocomplete' | 'component' | 'modal';

export interface Interaction {
  id: string;
  token: string;
  kind: InteractionKind;
  applicationId: string;
  userId: string;
  guildId: string;
  channelId: string;
  /** The message whose component was used. */
  sourceMessageId?: string;
  createdAt: number;
  acknowledgedAt?: number;
  responseType?: InteractionResponseType;
  /** Choices of an autocomplete answer, or the modal that the application opened. */
  responseData?: unknown;
  originalId?: string;
  /** All messages of this interaction in the order of their creation, deleted ones included. */
  messages: StoredMessage[];
  /** Every text that the user saw, edits included, in order. */
  history: ReplyEvent[];
  expired: boolean;
}

export interface ReplyEvent {
  /** Monotonic milliseconds. */
  at: number;
  messageId: string;
  text: string;
}

export interface ReplySnapshot {
  messageId: string;
  /** All words: content, embeds, text components. */
  text: string;
  ephemeral: boolean;
  /** True while the user sees "is thinking…". */
  thinking: boolean;
  message: APIMessage;
}

const EPHEMERAL = 1 << 6;
const LOADING = 1 << 7;

/** Every interaction, with Discord's rules about who may still answer it. */
export class InteractionLedger {
  readonly #world: World;
  readonly #timeline: Timeline;
  readonly #byId = new Map<string, Interaction>();
  readonly #byToken = new Map<string, Interaction>();
  #watchers = new Set<(interaction: Interaction) => void>();

  constructor(world: World, timeline: Timeline) {
    this.#world = world;
    this.#timeline = timeline;
  }

  open(
    about: Omit<Interaction, 'id' | 'token' | 'createdAt' | 'messages' | 'history' | 'expired'>,
  ): Interaction {
    const interaction: Interaction = {
      ...about,
      id: this.#world.ids.next(),
      token: randomBytes(120).toString('base64url'),
      createdAt: this.#world.clock.now(),
      messages: [],
      history: [],
      expired: false,
    };
    this.#byId.set(interaction.id, interaction);
    this.#byToken.set(interaction.token, interaction);
    this.#timeline.record('interactionCreated', {
      userId: about.userId,
      guildId: about.guildId,
      channelId: about.channelId,
      detail: interaction.id,
    });
    return interaction;
  }

  get(id: string): Interaction | undefined {
    return this.#byId.get(id);
  }

  /** For the callback route: 10062 when late or unknown, 40060 when it was answered before. */
  forCallback(id: string, token: string): Interaction {
    const interaction = this.#byId.get(id);
    if (!interaction || interaction.token !== token || interaction.expired) throw unknownInteraction();
    if (interaction.acknowledgedAt !== undefined) {
      throw new RestError(400, ErrorCode.AlreadyAcknowledged, 'Interaction has already been acknowledged.');
    }
    if (this.overdue(interaction)) {
      this.changed(interaction);
      throw unknownInteraction();
    }
    return interaction;
  }

  /** Not acknowledged in time: the user reads "The application did not respond". */
  overdue(interaction: Interaction): boolean {
    const age = this.#world.clock.now() - interaction.createdAt;
    return interaction.acknowledgedAt === undefined && age > ACKNOWLEDGE_WITHIN_MS;
  }

  /** For the webhook routes: needs an acknowledgement and a token younger than 15 minutes. */
  forWebhook(applicationId: string, token: string): Interaction {
    const interaction = this.#byToken.get(token);
    if (!interaction || interaction.applicationId !== applicationId) {
      throw new RestError(404, ErrorCode.UnknownWebhook, 'Unknown Webhook');
    }
    if (interaction.acknowledgedAt === undefined) {
      throw new RestError(404, ErrorCode.UnknownWebhook, 'Unknown Webhook');
    }
    const age = this.#world.clock.now() - interaction.createdAt;
    if (interaction.expired || age > TOKEN_LIFETIME_MS) {
      throw new RestError(401, ErrorCode.InvalidWebhookToken, 'Invalid Webhook Token');
    }
    return interaction;
  }

  acknowledge(interaction: Interaction, type: InteractionResponseType, data: unknown): void {
    interaction.acknowledgedAt = this.#world.clock.now();
    interaction.responseType = type;
    interaction.responseData = data;
    this.#timeline.record('interactionAcknowledged', {
      userId: interaction.userId,
      guildId: interaction.guildId,
      detail: InteractionResponseType[type],
    });
    this.changed(interaction);
  }

  /** A message of this interaction was written or edited. */
  addMessage(interaction: Interaction, stored: StoredMessage): void {
    if (!interaction.messages.includes(stored)) interaction.messages.push(stored);
    const { text, thinking, messageId } = snapshot(stored);
    if (!thinking) {
      interaction.history.push({ at: this.#world.clock.now(), messageId, text });
      const { userId, guildId, id } = interaction;
      this.#timeline.record('interactionReply', { userId, guildId, detail: id });
    }
    this.changed(interaction);
  }

  changed(interaction: Interaction): void {
    for (const watcher of this.#watchers) watcher(interaction);
  }

  /** Calls back on every change until the returned function is called. */
  watch(watcher: (interaction: Interaction) => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  expireAll(): void {
    for (const interaction of this.#byId.values()) interaction.expired = true;
  }

  clear(): void {
    this.#byId.clear();
    this.#byToken.clear();
  }
}

export function snapshot(stored: StoredMessage): ReplySnapshot {
  const flags = Number(stored.message.flags ?? 0);
  return {
    messageId: stored.message.id,
    text: messageText(stored.message),
    ephemeral: (flags & EPHEMERAL) !== 0,
    thinking: (flags & LOADING) !== 0,
    message: structuredClone(stored.message),
  };
}

const unknownInteraction = () => new RestError(404, ErrorCode.UnknownInteraction, 'Unknown interaction');
