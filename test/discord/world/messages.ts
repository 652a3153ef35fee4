import {
  type APIEmbed,
  type APIMessage,
  type APIMessageTopLevelComponent,
  GatewayDispatchEvents,
  MessageFlags,
  MessageType,
} from 'discord-api-types/v10';
import type { GatewayHub } from '../gateway/hub.ts';
import type { Channel, StoredMessage, User } from './model.ts';
import { memberJson, userJson } from './serialize.ts';
import type { Timeline } from './timeline.ts';
import type { World } from './world.ts';

export interface MessageDraft {
  content?: string | null | undefined;
  embeds?: unknown[] | null | undefined;
  components?: unknown[] | null | undefined;
  flags?: number | null | undefined;
  files?: readonly { name: string; contentType: string; bytes: Buffer }[];
}

export interface MessageContext {
  applicationId?: string;
  interaction?: { id: string; userId: string };
  /** Ephemeral: only this user sees it, and no MESSAGE_CREATE is dispatched. */
  visibleTo?: string;
  webhookId?: string;
}

/** Writes, edits and deletes messages and tells the bots of the guild. */
export class Messages {
  readonly #world: World;
  readonly #hub: GatewayHub;
  readonly #timeline: Timeline;

  constructor(world: World, hub: GatewayHub, timeline: Timeline) {
    this.#world = world;
    this.#hub = hub;
    this.#timeline = timeline;
  }

  create(channel: Channel, author: User, draft: MessageDraft, context: MessageContext = {}): APIMessage {
    const now = this.#world.date();
    const embeds = embedList(draft.embeds);
    const message: APIMessage = {
      id: this.#world.ids.next(),
      channel_id: channel.id,
      author: userJson(author),
      content: draft.content ?? '',
      timestamp: now,
      edited_timestamp: null,
      tts: false,
      mention_everyone: false,
      mentions: this.#mentions(draft.content ?? ''),
      mention_roles: [],
      attachments: attachments(this.#world, channel.id, draft),
      embeds,
      components: componentList(draft.components),
      pinned: false,
      type: context.interaction ? MessageType.ChatInputCommand : MessageType.Default,
      flags: draft.flags ?? 0,
      ...(context.applicationId ? { application_id: context.applicationId } : {}),
      ...(context.webhookId ? { webhook_id: context.webhookId } : {}),
    };
    const stored: StoredMessage = {
      message,
      ...(context.visibleTo ? { visibleTo: context.visibleTo } : {}),
    };
    channel.messages.set(message.id, stored);
    if (!stored.visibleTo && !isLoading(message))
      this.#dispatch(channel, message, GatewayDispatchEvents.MessageCreate);
    this.#timeline.record('message', { userId: author.id, guildId: channel.guildId, channelId: channel.id });
    return message;
  }

  edit(channel: Channel, stored: StoredMessage, draft: MessageDraft): APIMessage {
    const { message } = stored;
    const wasLoading = isLoading(message);
    if (draft.content !== undefined) message.content = draft.content ?? '';
    if (draft.embeds !== undefined) message.embeds = embedList(draft.embeds);
    if (draft.components !== undefined) message.components = componentList(draft.components);
    if (draft.files?.length) message.attachments = attachments(this.#world, channel.id, draft);
    message.flags = ((draft.flags ?? 0) | (message.flags ?? 0)) & ~MessageFlags.Loading;
    if (!wasLoading) message.edited_timestamp = this.#world.date();
    if (!stored.visibleTo) this.#dispatch(channel, message, GatewayDispatchEvents.MessageUpdate);
    const { guildId, id: channelId } = channel;
    this.#timeline.record('messageEdited', { userId: message.author.id, guildId, channelId });
    return message;
  }

  delete(channel: Channel, messageId: string): boolean {
    const stored = channel.messages.get(messageId);
    if (!stored) return false;
    channel.messages.delete(messageId);
    if (!stored.visibleTo) {
      this.#hub.dispatchToGuild(channel.guildId, GatewayDispatchEvents.MessageDelete, {
        id: messageId,
        channel_id: channel.id,
        guild_id: channel.guildId,
      });
    }
    return true;
  }

  #dispatch(channel: Channel, message: APIMessage, event: string): void {
    const member = this.#world.guilds.get(channel.guildId)?.members.get(message.author.id);
    const { user: _user, ...partial } = member ? memberJson(member) : { user: undefined };
    this.#hub.dispatchToGuild(channel.guildId, event, {
      ...message,
      guild_id: channel.guildId,
      ...(member ? { member: partial } : {}),
    });
  }

  #mentions(content: string) {
    const ids = [...content.matchAll(/<@!?(\d+)>/g)].map((match) => match[1] ?? '');
    return ids.flatMap((id) => {
      const user = this.#world.users.get(id);
      return user ? [userJson(user)] : [];
    });
  }
}

function isLoading(message: APIMessage): boolean {
  return ((message.flags ?? 0) & MessageFlags.Loading) !== 0;
}

/** Bodies were checked on the way in; here they only change their static type. */
function embedList(embeds: unknown[] | null | undefined): APIEmbed[] {
  return (embeds ?? []).filter((entry): entry is APIEmbed => typeof entry === 'object' && entry !== null);
}

function componentList(components: unknown[] | null | undefined): APIMessageTopLevelComponent[] {
  return (components ?? []).filter(
    (entry): entry is APIMessageTopLevelComponent => typeof entry === 'object' && entry !== null,
  );
}

function attachments(world: World, channelId: string, draft: MessageDraft) {
  return (draft.files ?? []).map((file) => {
    const id = world.ids.next();
    const url = `data:${file.contentType};base64,${file.bytes.toString('base64')}`;
    return {
      id,
      filename: file.name,
      size: file.bytes.length,
      url,
      proxy_url: `attachment://${channelId}/${id}/${file.name}`,
      content_type: file.contentType,
    };
  });
}

/** All the words of a message, for scenarios that look for one: content, embeds and text components. */
export function messageText(message: Pick<APIMessage, 'content' | 'embeds' | 'components'>): string {
  const words: string[] = [message.content];
  for (const embed of message.embeds) {
    words.push(
      embed.title ?? '',
      embed.description ?? '',
      embed.author?.name ?? '',
      embed.footer?.text ?? '',
    );
    for (const field of embed.fields ?? []) words.push(field.name, field.value);
  }
  collectText(message.components ?? [], words);
  return words.filter((word) => word !== '').join('\n');
}

function collectText(node: unknown, words: string[]): void {
  if (Array.isArray(node)) {
    for (const child of node) collectText(child, words);
  } else if (typeof node === 'object' && node !== null) {
    for (const [key, value] of Object.entries(node)) {
      if ((key === 'content' || key === 'label') && typeof value === 'string') words.push(value);
      else if (key === 'components' || key === 'accessory') collectText(value, words);
    }
  }
}
