import { PermissionFlagsBits } from 'discord-api-types/v10';
import type { GatewayHub } from '../gateway/hub.ts';
import type { VoiceStates } from '../gateway/voice-states.ts';
import type { InteractionLedger } from '../interactions/ledger.ts';
import type { Messages } from '../world/messages.ts';
import type { Channel, Guild, Member } from '../world/model.ts';
import { may } from '../world/permissions.ts';
import type { World } from '../world/world.ts';
import { ErrorCode, missingAccess, missingPermissions, RestError } from './errors.ts';
import type { BotRequest } from './router.ts';

/** What the routes work on. */
export interface RestContext {
  world: World;
  hub: GatewayHub;
  messages: Messages;
  interactions: InteractionLedger;
  voiceStates: VoiceStates;
  gatewayUrl: () => string;
}

/** A guild that the asking bot is in. */
export function guildOf(context: RestContext, request: BotRequest, id = request.params.guild ?? ''): Guild {
  const guild = context.world.guilds.get(id);
  if (!guild?.applications.has(request.application.id)) {
    throw new RestError(404, ErrorCode.UnknownGuild, 'Unknown Guild');
  }
  return guild;
}

/** A channel that the asking bot may see, and whose `permission` it has. */
export function channelOf(
  context: RestContext,
  request: BotRequest,
  permission: bigint = PermissionFlagsBits.ViewChannel,
): { guild: Guild; channel: Channel; member: Member } {
  const channel = context.world.findChannel(request.params.channel ?? '');
  const guild = channel ? context.world.guilds.get(channel.guildId) : undefined;
  const member = guild?.members.get(request.application.user.id);
  if (!channel || !guild || !member || !guild.applications.has(request.application.id)) {
    throw new RestError(404, ErrorCode.UnknownChannel, 'Unknown Channel');
  }
  if (!may(guild, channel, member, PermissionFlagsBits.ViewChannel)) throw missingAccess();
  if (!may(guild, channel, member, permission)) throw missingPermissions();
  return { guild, channel, member };
}
