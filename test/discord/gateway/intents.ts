import { GatewayDispatchEvents, GatewayIntentBits } from 'discord-api-types/v10';

const { Guilds, GuildMembers, GuildVoiceStates, GuildMessages, MessageContent, GuildPresences } =
  GatewayIntentBits;

/** Intents that the developer portal must have switched on. */
export const PRIVILEGED = GuildMembers | GuildPresences | MessageContent;

/** Every intent bit that exists; any other one closes the connection with 4013. */
export const KNOWN = Object.values(GatewayIntentBits)
  .filter((bit): bit is GatewayIntentBits => typeof bit === 'number')
  .reduce((all: number, bit) => all | bit, 0);

/** Which intent opens which dispatch; what is not listed reaches every session. */
const REQUIRED: Partial<Record<string, number>> = {
  [GatewayDispatchEvents.GuildCreate]: Guilds,
  [GatewayDispatchEvents.GuildUpdate]: Guilds,
  [GatewayDispatchEvents.GuildDelete]: Guilds,
  [GatewayDispatchEvents.GuildRoleCreate]: Guilds,
  [GatewayDispatchEvents.GuildRoleUpdate]: Guilds,
  [GatewayDispatchEvents.ChannelCreate]: Guilds,
  [GatewayDispatchEvents.ChannelUpdate]: Guilds,
  [GatewayDispatchEvents.ChannelDelete]: Guilds,
  [GatewayDispatchEvents.GuildMemberAdd]: GuildMembers,
  [GatewayDispatchEvents.GuildMemberUpdate]: GuildMembers,
  [GatewayDispatchEvents.GuildMemberRemove]: GuildMembers,
  [GatewayDispatchEvents.VoiceStateUpdate]: GuildVoiceStates,
  [GatewayDispatchEvents.MessageCreate]: GuildMessages,
  [GatewayDispatchEvents.MessageUpdate]: GuildMessages,
  [GatewayDispatchEvents.MessageDelete]: GuildMessages,
};

export function receives(intents: number, event: string): boolean {
  const required = REQUIRED[event];
  return required === undefined || (intents & required) === required;
}

export function seesMessageContent(intents: number): boolean {
  return (intents & MessageContent) !== 0;
}
