import type { KeyObject } from 'node:crypto';
import type { APIMessage } from 'discord-api-types/v10';

/** The simulated Discord as plain values. Ids are snowflakes in decimal. */
export interface User {
  id: string;
  username: string;
  displayName: string;
  bot: boolean;
  /** Language of the user's client. */
  locale: string;
}

export interface Application {
  id: string;
  token: string;
  /** Ed25519 public key in hex: what the developer portal shows for interactions over HTTP. */
  publicKey: string;
  /** Signs interactions that go over HTTP; absent when the application was added with a foreign key. */
  privateKey?: KeyObject;
  /** Where interactions are POSTed instead of the gateway, when set. */
  interactionsUrl?: string;
  /** The bot's user id is the application's id, as for every application made since 2016. */
  user: User;
  /** Intents the portal has switched on, of the privileged ones. */
  privilegedIntents: number;
  /** Scope (`global` or a guild id) to its commands. */
  commands: Map<string, StoredCommand[]>;
}

export interface CommandOption {
  type: number;
  name: string;
  description: string;
  required?: boolean | null | undefined;
  autocomplete?: boolean | null | undefined;
  choices?: { name: string; value: string | number }[] | null | undefined;
  options?: CommandOption[] | null | undefined;
}

/** A registered command, as REST returns it. */
export interface StoredCommand {
  id: string;
  application_id: string;
  guild_id?: string;
  version: string;
  type: number;
  name: string;
  description: string;
  options: CommandOption[];
  default_member_permissions: string | null;
  nsfw: boolean;
}

export interface Role {
  id: string;
  name: string;
  permissions: bigint;
  position: number;
}

export interface Overwrite {
  id: string;
  kind: 'role' | 'member';
  allow: bigint;
  deny: bigint;
}

export type ChannelKind = 'text' | 'voice' | 'stage';

export interface Channel {
  id: string;
  guildId: string;
  kind: ChannelKind;
  name: string;
  position: number;
  /** 0 means no limit. */
  userLimit: number;
  overwrites: Map<string, Overwrite>;
  messages: Map<string, StoredMessage>;
}

export interface StoredMessage {
  message: APIMessage;
  /** Set for ephemeral replies: the only user that sees them. */
  visibleTo?: string;
}

export interface Member {
  user: User;
  nick: string | null;
  roles: Set<string>;
  joinedAt: string;
  /** Server mute and server deafen, set by moderators. */
  mute: boolean;
  deaf: boolean;
}

export interface VoiceState {
  guildId: string;
  channelId: string;
  userId: string;
  sessionId: string;
  selfMute: boolean;
  selfDeaf: boolean;
  /** True for a stage's audience and for members without SPEAK: their audio reaches nobody. */
  suppress: boolean;
}

export interface Guild {
  id: string;
  name: string;
  /** Discord's `preferred_locale`. */
  locale: string;
  ownerId: string;
  roles: Map<string, Role>;
  channels: Map<string, Channel>;
  members: Map<string, Member>;
  voiceStates: Map<string, VoiceState>;
  /** Applications that were invited. */
  applications: Set<string>;
  joinedAt: string;
}
