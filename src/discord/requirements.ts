/**
 * What Discord has to let the bot do, and why: the one place from which the gateway identifies and judges channels, and
 * from which `skald invite` makes the invitation and `skald doctor` looks for what is missing.
 */
import { GatewayIntentBits, PermissionFlagsBits } from 'discord-api-types/v10';

export interface Permission {
  /** As Discord's settings call it. */
  readonly title: string;
  readonly bit: bigint;
  readonly reason: string;
}

/** Without one of these the bot cannot speak in a voice channel. In the order in which they are missed. */
export const voicePermissions = {
  ViewChannel: {
    title: 'View Channels',
    bit: PermissionFlagsBits.ViewChannel,
    reason: 'see the voice channel and who is in it',
  },
  Connect: { title: 'Connect', bit: PermissionFlagsBits.Connect, reason: 'join the voice channel' },
  Speak: { title: 'Speak', bit: PermissionFlagsBits.Speak, reason: "let the NPCs' voices be heard" },
} as const satisfies Record<string, Permission>;

/** Without these commands are answered, but nothing can be told to everyone in a channel, nor later than 15 minutes after a command. */
export const textPermissions = {
  ViewChannel: {
    title: 'View Channels',
    bit: PermissionFlagsBits.ViewChannel,
    reason: 'find its own messages in the text channel',
  },
  SendMessages: {
    title: 'Send Messages',
    bit: PermissionFlagsBits.SendMessages,
    reason: "tell a channel that it is heard, and a session's status once the command's reply has run out",
  },
  EmbedLinks: {
    title: 'Embed Links',
    bit: PermissionFlagsBits.EmbedLinks,
    reason: 'show them as cards instead of plain text',
  },
} as const satisfies Record<string, Permission>;

/** Good to have. */
export const optionalPermissions = {
  MoveMembers: {
    title: 'Move Members',
    bit: PermissionFlagsBits.MoveMembers,
    reason: 'join voice channels whose user limit is reached',
  },
} as const satisfies Record<string, Permission>;

/** What an invitation asks for. */
export const INVITED_PERMISSIONS: bigint = [
  ...Object.values(voicePermissions),
  ...Object.values(textPermissions),
].reduce((bits, { bit }) => bits | bit, 0n);

/** OAuth2 scopes of an invitation. */
export const scopes = {
  bot: 'the bot becomes a member of the server',
  'applications.commands': 'its slash commands appear there',
} as const;

export interface Intent {
  readonly bit: GatewayIntentBits;
  /** To be switched on in Discord's developer portal. */
  readonly privileged: boolean;
  readonly reason: string;
}

/** Kinds of events that the gateway asks Discord for. */
export const intents = {
  Guilds: {
    bit: GatewayIntentBits.Guilds,
    privileged: false,
    reason: "channels, roles and the bot's own membership",
  },
  GuildVoiceStates: {
    bit: GatewayIntentBits.GuildVoiceStates,
    privileged: false,
    reason: 'who is in which voice channel',
  },
} as const satisfies Record<string, Intent>;

/** All of them, as IDENTIFY takes them. */
export const INTENTS = Object.values(intents).reduce((bits, { bit }) => bits | bit, 0);
