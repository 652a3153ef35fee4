/** The slash commands of the bot, and what of each can be named in `Tenant.spec.discord.roles` beside it. */
const commands = {
  campaign: ['list', 'info', 'load', 'switch'],
  entity: ['add', 'list', 'remove', 'import'],
  feedback: [],
  npc: ['list', 'mute', 'unmute', 'muteall', 'unmuteall', 'speak'],
  privacy: ['optout', 'optin', 'erase', 'show'],
  search: [],
  session: ['start', 'stop', 'status', 'recap', 'voice-recap'],
} as const satisfies Record<string, readonly string[]>;

/** Every name that a rule about roles can have: `session` and `session start`. */
export const COMMAND_NAMES: readonly string[] = Object.entries(commands).flatMap(([name, subcommands]) => [
  name,
  ...subcommands.map((subcommand) => `${name} ${subcommand}`),
]);
