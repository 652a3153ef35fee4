/**
 * What a slash command is here: a folder that exports one {@link Command}, and one line in registry.ts.
 */
import type { SlashCommandBuilder, SlashCommandSubcommandBuilder } from '@discordjs/builders';
import type { APIApplicationCommandOptionChoice } from 'discord-api-types/v10';
import type { Campaign } from '../../src/api/generated/campaign.ts';
import type { VoiceSession } from '../../src/api/generated/voicesession.ts';
import type { Live } from '../../src/kube/index.ts';
import type { Database } from '../../src/store/index.ts';
import type { Logger } from '../../src/telemetry/log.ts';
import type { GuildCache } from '../discord/guild-cache.ts';
import type { Messages } from '../messages/catalogue.ts';
import type { SpeakOutcome, SpeakRequest } from '../sessions/speeches.ts';
import type { MuteChange } from '../tenants/session-store.ts';
import type { InteractionReply } from './reply.ts';

export interface Command {
  readonly name: string;
  /** Adds description and localisations; subcommands are added by the registry. */
  readonly describe: (builder: SlashCommandBuilder) => void;
  readonly subcommands: readonly Subcommand[];
}

export interface Subcommand {
  readonly name: string;
  readonly describe: (builder: SlashCommandSubcommandBuilder) => void;
  /** Must acknowledge within 3 seconds. What it throws is logged and answered in general words. */
  readonly run: (invocation: Invocation) => Promise<void>;
  /** Choices for the option that is being typed; at most 25 are shown. */
  readonly complete?: (invocation: Completion) => readonly APIApplicationCommandOptionChoice<string>[];
}

/** What a command may see and do of its tenant. */
export interface CommandHost {
  readonly tenant: { readonly name: string; readonly namespace: string };
  readonly guilds: GuildCache;
  /** false: caches are still filling. */
  readonly ready: boolean;
  /** The tenant's schema, with what commands may do there; undefined: not known yet, or the installation has none. */
  database(): Database | undefined;
  campaigns(): readonly Live<Campaign>[];
  sessions(): readonly Live<VoiceSession>[];
  /** Creates the session; one that exists already under that name is returned instead. */
  createSession(session: VoiceSession): Promise<Live<VoiceSession>>;
  /** Sets desiredState to Stopped, unless it is another object by now. */
  stopSession(session: Live<VoiceSession>): Promise<void>;
  /**
   * Mutes and unmutes NPCs; what others change at the same time stays.
   * @returns the session as it is then; undefined: it is gone.
   */
  setMutes(session: Live<VoiceSession>, change: MuteChange): Promise<Live<VoiceSession> | undefined>;
  /** Has an NPC say something in the voice channel; settles when it has, or cannot. Never rejects. */
  speak(session: Live<VoiceSession>, request: SpeakRequest): Promise<SpeakOutcome>;
  /** Calls with the session as it is now and at each change (undefined: it is gone) until the signal aborts. */
  followSession(
    session: Live<VoiceSession>,
    signal: AbortSignal,
    onChange: (session: Live<VoiceSession> | undefined) => void,
  ): void;
}

export interface Completion {
  readonly host: CommandHost;
  readonly guildId: string;
  /** What has been typed so far. */
  readonly typed: string;
}

export interface Invocation {
  readonly host: CommandHost;
  readonly interactionId: string;
  readonly guildId: string;
  /** The text channel in which the command was typed. */
  readonly channelId: string;
  readonly userId: string;
  readonly displayName: string;
  /** String and channel options by name; a channel is its id. */
  readonly options: ReadonlyMap<string, string>;
  /** In the person's language: for what only that person sees. */
  readonly messages: Messages;
  /** In the server's language: for what everyone sees. */
  readonly publicMessages: Messages;
  readonly reply: InteractionReply;
  readonly log: Logger;
}
