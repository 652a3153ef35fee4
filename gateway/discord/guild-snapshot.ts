/**
 * The guild cache as text, kept beside the sequence number that it is as old as. Whoever resumes the session from there
 * is told by Discord everything that came since, and nothing of what was before: GUILD_CREATE belongs to a fresh READY.
 */
import { z } from 'zod';
import type { CachedGuild } from './guild-cache.ts';

export interface GuildSnapshot {
  readonly botUserId: string;
  readonly guilds: readonly CachedGuild[];
  /** Guilds that READY named and that were not told yet. */
  readonly pending: readonly string[];
}

/** Changed with the format, and with what the session was asked to tell: neither can be resumed by another build. */
const VERSION = 3;

const bits = z.string().regex(/^\d+$/).transform(BigInt);

const guildSchema = z.object({
  id: z.string(),
  name: z.string(),
  ownerId: z.string(),
  locale: z.string(),
  botRoles: z.array(z.string()),
  roles: z.array(z.tuple([z.string(), bits])).transform((entries) => new Map(entries)),
  channels: z
    .array(
      z.object({
        id: z.string(),
        name: z.string(),
        type: z.number().int(),
        userLimit: z.number().int(),
        overwrites: z.array(
          z.object({ id: z.string(), type: z.union([z.literal(0), z.literal(1)]), allow: bits, deny: bits }),
        ),
      }),
    )
    .transform((entries) => new Map(entries.map((channel) => [channel.id, channel]))),
  members: z
    .array(
      z.object({
        userId: z.string(),
        displayName: z.string(),
        bot: z.boolean(),
        roles: z.array(z.string()),
      }),
    )
    .transform((entries) => new Map(entries.map((member) => [member.userId, member]))),
  voiceStates: z
    .array(
      z.object({
        userId: z.string(),
        channelId: z.string(),
        sessionId: z.string(),
        selfMute: z.boolean(),
        selfDeaf: z.boolean(),
        mute: z.boolean(),
        deaf: z.boolean(),
        suppress: z.boolean(),
      }),
    )
    .transform((entries) => new Map(entries.map((state) => [state.userId, state]))),
});

/** @param intents what the session was opened with */
export function encodeSnapshot(snapshot: GuildSnapshot, intents: number): string {
  const guilds = snapshot.guilds.map((guild) => ({
    ...guild,
    roles: [...guild.roles],
    channels: [...guild.channels.values()],
    members: [...guild.members.values()],
    voiceStates: [...guild.voiceStates.values()],
  }));
  const { botUserId, pending } = snapshot;
  return JSON.stringify({ version: VERSION, intents, botUserId, guilds, pending }, (_, value) =>
    typeof value === 'bigint' ? value.toString() : value,
  );
}

/** Undefined when it is of another format or of a session with other intents: a fresh session is needed. */
export function decodeSnapshot(text: string, intents: number): GuildSnapshot | undefined {
  const schema = z.object({
    version: z.literal(VERSION),
    intents: z.literal(intents),
    botUserId: z.string().min(1),
    guilds: z.array(guildSchema),
    pending: z.array(z.string()),
  });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { data } = schema.safeParse(value);
  return data && { botUserId: data.botUserId, guilds: data.guilds, pending: data.pending };
}
