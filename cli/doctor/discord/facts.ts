// What Discord says of a bot, as plain facts.
import type { ChannelType } from 'discord-api-types/v10';
import type { PermissionOverwrite } from '../../../src/discord/permissions.ts';

/** An answer, or how Discord refused. */
export type Answer<T> = { readonly value: T } | { readonly refused: number; readonly message: string };

export interface ApplicationFact {
  readonly id: string;
  readonly name: string;
  readonly verifyKey: string;
  readonly interactionsUrl: string | null;
  /** An invitation by link alone does not work. */
  readonly codeGrant: boolean;
}

export interface ChannelFact {
  readonly id: string;
  readonly name: string;
  readonly type: ChannelType;
  readonly overwrites: readonly PermissionOverwrite[];
}

export interface GuildFact {
  readonly id: string;
  readonly name: string;
  readonly ownerId: string;
  /** Permissions of each role by its id; @everyone has the guild's. */
  readonly roles: ReadonlyMap<string, bigint>;
  /** The bot's roles. */
  readonly botRoles: readonly string[];
  readonly channels: readonly ChannelFact[];
  /** The commands that are registered there, as Discord has them. */
  readonly commands: Answer<readonly object[]>;
}

export interface DiscordFacts {
  /** The bot's own user. */
  readonly self: Answer<{ readonly id: string; readonly name: string }>;
  readonly application?: Answer<ApplicationFact>;
  /** By the ids that the Tenant names. */
  readonly guilds: ReadonlyMap<string, Answer<GuildFact>>;
}
