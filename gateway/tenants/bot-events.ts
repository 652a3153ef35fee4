/** What follows from what Discord tells one tenant's bot: the caches, the voice signalling, the sessions and their cards. */
import {
  type APIInteraction,
  GatewayDispatchEvents,
  type GatewayDispatchPayload,
  type GatewayReadyDispatchData,
} from 'discord-api-types/v10';
import type { StatusCards } from '../commands/session/cards.ts';
import type { GuildCache } from '../discord/guild-cache.ts';
import type { GuildSnapshot } from '../discord/guild-snapshot.ts';
import type { SessionRuntimes } from '../sessions/session-runtimes.ts';
import type { GuildVoice } from '../voice/guild-voice.ts';
import type { GuildCommands } from './guild-commands.ts';

export interface BotEventsOptions {
  readonly guilds: GuildCache;
  readonly voice: GuildVoice;
  readonly runtimes: SessionRuntimes;
  readonly cards: StatusCards;
  readonly commands: GuildCommands;
  /** Empty until the bot was connected once. */
  readonly botUserId: () => string;
  readonly shardOf: (guildId: string) => number | undefined;
  readonly onInteraction: (interaction: APIInteraction) => void;
}

/** What may let the bot see a channel, or no more. */
const VISIBILITY_EVENTS: ReadonlySet<string> = new Set([
  GatewayDispatchEvents.ChannelUpdate,
  GatewayDispatchEvents.GuildRoleUpdate,
  GatewayDispatchEvents.GuildMemberUpdate,
]);

export class BotEvents {
  readonly #o: BotEventsOptions;
  /** Guilds that an earlier process has told of: their GUILD_CREATE will not come again. */
  #restored: readonly string[] = [];

  constructor(options: BotEventsOptions) {
    this.#o = options;
  }

  onRestored(snapshot: GuildSnapshot): void {
    const { guilds, voice } = this.#o;
    const restored = snapshot.guilds.map(({ id }) => id);
    guilds.restore(snapshot);
    voice.restore(restored);
    this.#restored = [...this.#restored, ...restored];
  }

  onResumed(): void {
    const { guilds, voice, commands } = this.#o;
    voice.onResumed();
    // This build may have other commands than the one that had the session before.
    for (const guildId of this.#restored) if (guilds.get(guildId) !== undefined) commands.register(guildId);
    this.#restored = [];
  }

  onReady(data: GatewayReadyDispatchData, shardId: number): void {
    const { guilds, voice, shardOf } = this.#o;
    const ofShard = (guildId: string): boolean => shardOf(guildId) === shardId;
    const guildIds = data.guilds.map(({ id }) => id);
    this.#restored = this.#restored.filter((guildId) => !ofShard(guildId));
    guilds.reset(data.user.id, guildIds, ofShard);
    voice.reset(ofShard);
  }

  onDispatch(payload: GatewayDispatchPayload): void {
    const { guilds, voice, runtimes, cards, commands, botUserId, onInteraction } = this.#o;
    const { t: event } = payload;
    guilds.apply(payload);
    if (event === GatewayDispatchEvents.VoiceStateUpdate) {
      const { guild_id: guildId, user_id: userId } = payload.d;
      if (guildId === undefined) return;
      if (userId === botUserId()) voice.of(guildId).onState(guilds.botVoiceState(guildId));
      runtimes.inGuild(guildId)?.onChannelChange();
    } else if (event === GatewayDispatchEvents.GuildMemberUpdate) {
      runtimes.inGuild(payload.d.guild_id)?.onChannelChange();
    } else if (event === GatewayDispatchEvents.VoiceServerUpdate) {
      voice.of(payload.d.guild_id).onServer(payload.d.token, payload.d.endpoint);
    } else if (event === GatewayDispatchEvents.GuildCreate) {
      const guildId = payload.d.id;
      const signalling = voice.of(guildId);
      signalling.reset(guilds.botVoiceState(guildId));
      signalling.onGuildReady();
      runtimes.inGuild(guildId)?.onFreshDiscordSession();
      commands.register(guildId);
      cards.refresh();
    } else if (event === GatewayDispatchEvents.InteractionCreate) {
      onInteraction(payload.d);
    } else if (VISIBILITY_EVENTS.has(event)) {
      cards.refresh();
    }
  }
}
