/**
 * What a slash command is here: a folder that exports one {@link Command}, and one line in registry.ts. The folder
 * also answers what follows from its messages: buttons, menus and forms carry its name (see {@link ComponentHandler}).
 */
import type { SlashCommandBuilder, SlashCommandSubcommandBuilder } from '@discordjs/builders';
import type { APIApplicationCommandOptionChoice, APIEmbed } from 'discord-api-types/v10';
import type { Campaign } from '../../src/api/generated/campaign.ts';
import type { VoiceSession } from '../../src/api/generated/voicesession.ts';
import type { StoredEntity } from '../../src/entities/entity.ts';
import type { Live } from '../../src/kube/index.ts';
import type { Database, Ratings } from '../../src/store/index.ts';
import type { Logger } from '../../src/telemetry/log.ts';
import type { GuildCache } from '../discord/guild-cache.ts';
import type { Messages } from '../messages/catalogue.ts';
import type { SpeakOutcome, SpeakRequest } from '../sessions/speeches.ts';
import type { MuteChange } from '../tenants/session-store.ts';
import type { StartRefusal } from '../tenants/start-refusal.ts';
import type { Options } from './options.ts';
import type { InteractionReply } from './reply.ts';
import type { StatusCards } from './session/cards.ts';

/** Who may use something that `Tenant.spec.discord.roles` does not name. */
export type Access = 'gameMaster' | 'everyone';

export type Command = CommandWithSubcommands | PlainCommand;

interface CommandBase {
  readonly name: string;
  /** Of all its subcommands, buttons and forms that do not say otherwise. @defaultValue gameMaster */
  readonly access?: Access;
  readonly components?: readonly ComponentHandler[];
  readonly modals?: readonly ModalHandler[];
}

export interface CommandWithSubcommands extends CommandBase {
  /** Adds description and localisations; subcommands are added by the registry. */
  readonly describe: (builder: SlashCommandBuilder) => void;
  readonly subcommands: readonly Subcommand[];
}

/** A command that is used by its name alone, such as `/search`. */
export interface PlainCommand extends CommandBase, Runnable {
  /** Adds description, localisations and options. */
  readonly describe: (builder: SlashCommandBuilder) => void;
  readonly subcommands?: undefined;
}

export interface Subcommand extends Runnable {
  readonly name: string;
  readonly access?: Access;
  readonly describe: (builder: SlashCommandSubcommandBuilder) => void;
}

export interface Runnable {
  /** Must acknowledge within 3 seconds. What it throws is logged and answered in general words. */
  readonly run: (invocation: Invocation) => Promise<void>;
  /** Choices for the option that is being typed; at most 25 are shown. */
  readonly complete?: (completion: Completion) => readonly Choice[] | Promise<readonly Choice[]>;
}

export type Choice = APIApplicationCommandOptionChoice<string | number>;

interface Handler {
  /** The second part of the custom id `<command>:<action>[:<argument>…]`. */
  readonly action: string;
  /** The command whose rule decides who may use it. @defaultValue `<command> <action>` */
  readonly permission?: string;
  readonly access?: Access;
}

/** A button or a menu, in whichever message it stands. */
export interface ComponentHandler extends Handler {
  readonly run: (invocation: ComponentInvocation) => Promise<void>;
}

/** What happens with a form that was filled in. */
export interface ModalHandler extends Handler {
  readonly run: (invocation: ModalInvocation) => Promise<void>;
}

/** What a command may see and do of its tenant. */
export interface CommandHost {
  readonly tenant: {
    readonly name: string;
    readonly namespace: string;
    /** Of its condition Ready, when that is not True. */
    readonly reason?: string | undefined;
  };
  readonly guilds: GuildCache;
  /** false: caches are still filling. */
  readonly ready: boolean;
  /** The tenant's schema, with what commands may do there; undefined: not known yet, or the installation has none. */
  database(): Database | undefined;
  /**
   * What people keep of a campaign, as the database has it now; a running session is told of what has changed.
   * @throws {StoreError}
   */
  readEntities(campaign: string, database: Database): Promise<readonly StoredEntity[]>;
  /** A file that somebody gave to a command, piece by piece. @throws {AttachmentError} */
  attachment(url: string): AsyncIterable<Uint8Array>;
  /**
   * Whether the person is not to be heard; running sessions are told.
   * @returns false: it was so already. @throws {StoreError}
   */
  setOptOut(userId: string, out: boolean, database: Database): Promise<boolean>;
  /** Has running sessions forget what the person said; resolves when all have, which can be late or after their end. */
  forget(userId: string): Promise<void>;
  campaigns(): readonly Live<Campaign>[];
  /** The language model that a session of the campaign asks. */
  languageModel(campaign: Campaign): string;
  /** Those at a table: in a voice channel, on the way to one, or over. */
  sessions(): readonly Live<VoiceSession>[];
  /** Those that write recaps. */
  recaps(): readonly Live<VoiceSession>[];
  /** Creates the session; one that exists already under that name is returned instead. */
  createSession(session: VoiceSession): Promise<Live<VoiceSession>>;
  /** Whether {@link createSession} would be taken; nothing is stored. @throws what the API server has against it. */
  checkSession(session: VoiceSession): Promise<void>;
  /** What of the tenant would keep a session from being admitted now; undefined: nothing that is known. */
  startRefusal(): StartRefusal | undefined;
  /** Sets desiredState to Stopped, unless it is another object by now. */
  stopSession(session: Live<VoiceSession>): Promise<void>;
  /**
   * Mutes and unmutes NPCs; what others change at the same time stays.
   * @returns the session as it is then; undefined: it is gone.
   */
  setMutes(session: Live<VoiceSession>, change: MuteChange): Promise<Live<VoiceSession> | undefined>;
  /** Has an NPC say something in the voice channel; settles when it has, or cannot. Never rejects. */
  speak(session: Live<VoiceSession>, request: SpeakRequest): Promise<SpeakOutcome>;
  /** Counts what somebody thinks of a session. */
  rated(ratings: Ratings): void;
  /** Where sessions show how they are. */
  readonly cards: Pick<StatusCards, 'expect' | 'forget'>;
  /** Calls with the session as it is now and at each change (undefined: it is gone) until the signal aborts. */
  followSession(
    session: Live<VoiceSession>,
    signal: AbortSignal,
    onChange: (session: Live<VoiceSession> | undefined) => void,
  ): void;
}

/** Where an interaction comes from and whose it is. */
export interface Asking {
  readonly host: CommandHost;
  readonly guildId: string;
  /** The text channel that it happens in. */
  readonly channelId: string;
  readonly userId: string;
  /** In the person's language: for what only that person sees. */
  readonly messages: Messages;
}

export interface Completion extends Asking {
  /** Name of the option that is being typed. */
  readonly focused: string;
  /** What has been typed so far. */
  readonly typed: string;
  /** What the other options hold so far. */
  readonly options: Options;
}

/** What every interaction that is answered with a message has. */
export interface Interacting extends Asking {
  readonly interactionId: string;
  /** The reference by which people and logs name it: see correlationIdOf. */
  readonly correlationId: string;
  readonly displayName: string;
  /** In the server's language: for what everyone sees. */
  readonly publicMessages: Messages;
  readonly reply: InteractionReply;
  readonly log: Logger;
}

export interface Invocation extends Interacting {
  readonly options: Options;
}

export interface ComponentInvocation extends Interacting {
  /** The parts of the custom id after the action. */
  readonly args: readonly string[];
  /** What was chosen in a menu. */
  readonly values: readonly string[];
  /** The message that it stands in. */
  readonly messageId: string;
  /** What that message shows. */
  readonly embeds: readonly APIEmbed[];
}

export interface ModalInvocation extends Interacting {
  readonly args: readonly string[];
  /** What was written, by the field's id. */
  readonly fields: ReadonlyMap<string, string>;
}
