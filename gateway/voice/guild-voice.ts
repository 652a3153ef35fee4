/** The signalling of each guild of one bot. */
import type { GatewaySendPayload } from 'discord-api-types/v10';
import { type JoinObstacle, joinObstacle } from '../../src/discord/permissions.ts';
import type { GatewayMessage } from '../../src/rpc/attach-client.ts';
import type { GuildCache } from '../discord/guild-cache.ts';
import { Signalling, type SignallingOptions } from './signalling.ts';

export interface GuildVoiceOptions {
  readonly clock: SignallingOptions['clock'];
  readonly guilds: GuildCache;
  readonly botUserId: () => string;
  readonly send: (guildId: string, payload: GatewaySendPayload) => boolean;
  readonly forward: (guildId: string, message: GatewayMessage) => void;
}

export class GuildVoice {
  readonly #options: GuildVoiceOptions;
  readonly #guilds = new Map<string, Signalling>();

  constructor(options: GuildVoiceOptions) {
    this.#options = options;
  }

  of(guildId: string): Signalling {
    let signalling = this.#guilds.get(guildId);
    if (signalling === undefined) {
      const { clock, botUserId, send, forward } = this.#options;
      signalling = new Signalling({
        guildId,
        botUserId,
        clock,
        send: (payload) => send(guildId, payload),
        forward: (message) => forward(guildId, message),
        obstacle: (channelId) => this.#obstacle(guildId, channelId),
      });
      this.#guilds.set(guildId, signalling);
    }
    return signalling;
  }

  /** The cache was filled with what an earlier process knew, whose session is about to be resumed. */
  restore(guildIds: Iterable<string>): void {
    for (const guildId of guildIds) this.of(guildId).restore(this.#options.guilds.botVoiceState(guildId));
  }

  /** RESUMED: what waited is sent. */
  onResumed(): void {
    for (const signalling of this.#guilds.values()) signalling.onGuildReady();
  }

  /** A fresh session with Discord: nothing that was known of voice in these guilds counts. */
  reset(concerns: (guildId: string) => boolean): void {
    for (const [guildId, signalling] of this.#guilds) if (concerns(guildId)) signalling.reset(undefined);
  }

  close(): void {
    for (const signalling of this.#guilds.values()) signalling.close();
    this.#guilds.clear();
  }

  #obstacle(guildId: string, channelId: string): JoinObstacle | 'ChannelNotFound' | undefined {
    const { guilds, botUserId } = this.#options;
    const guild = guilds.get(guildId);
    // While the guild is still being read nothing is known against it.
    if (guild === undefined) return guilds.isForeign(guildId) ? 'ChannelNotFound' : undefined;
    const channel = guild.channels.get(channelId);
    if (channel === undefined) return 'ChannelNotFound';
    return joinObstacle({
      type: channel.type,
      permissions: guilds.botPermissions(guild, channel),
      userLimit: channel.userLimit,
      members: guilds.membersOf(guildId, channelId).filter(({ userId }) => userId !== botUserId()).length,
    });
  }
}
