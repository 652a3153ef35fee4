// What no session may be started with, whatever the state of the cluster.
import type { PendingReason, Tenant, VoiceSession } from '../api/index.ts';

export interface SessionRefusal {
  readonly reason: PendingReason;
  /** For the person who started the session. */
  readonly message: string;
  /** The field of the VoiceSession that is to blame. */
  readonly path: readonly string[];
}

export function guildRefusal(
  { spec: { guildId } }: Pick<VoiceSession, 'spec'>,
  tenant: Pick<Tenant, 'spec'> | undefined,
): SessionRefusal | undefined {
  if (tenant?.spec.discord.guilds.includes(guildId)) return undefined;
  const message = `Discord server ${guildId} is not among the Tenant's guilds.`;
  return { reason: 'GuildNotAllowed', message, path: ['spec', 'guildId'] };
}
