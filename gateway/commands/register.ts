/**
 * Registers the commands in a guild, only when what is registered there differs: Discord allows 200 creations a day
 * and guild, and a gateway restarts more often than its commands change.
 */
import { createHash } from 'node:crypto';
import type { ApplicationCommandsAPI } from '@discordjs/core';
import type { RESTPostAPIChatInputApplicationCommandsJSONBody } from 'discord-api-types/v10';

export interface RegisterOptions {
  readonly applicationCommands: Pick<
    ApplicationCommandsAPI,
    'getGuildCommands' | 'bulkOverwriteGuildCommands'
  >;
  readonly applicationId: string;
  readonly guildId: string;
  readonly bodies: readonly RESTPostAPIChatInputApplicationCommandsJSONBody[];
  readonly signal?: AbortSignal;
}

/** @returns whether something had to be written. @throws what Discord answers. */
export async function registerCommands(options: RegisterOptions): Promise<boolean> {
  const { applicationCommands, applicationId, guildId, bodies } = options;
  const request = options.signal === undefined ? {} : { signal: options.signal };
  const existing = await applicationCommands.getGuildCommands(
    applicationId,
    guildId,
    { with_localizations: true },
    request,
  );
  if (commandsHash(existing) === commandsHash(bodies)) return false;
  await applicationCommands.bulkOverwriteGuildCommands(applicationId, guildId, [...bodies], request);
  return true;
}

/** A hash over what the author of a command decides; ids, versions and Discord's defaults are left out. */
export function commandsHash(commands: readonly object[]): string {
  const normalized = commands.map((command) => normalize(command)).sort(byName);
  return createHash('sha256').update(JSON.stringify(normalized)).digest('hex');
}

const COMPARED = [
  'type',
  'name',
  'name_localizations',
  'description',
  'description_localizations',
  'required',
  'autocomplete',
  'min_value',
  'max_value',
  'min_length',
  'max_length',
  'default_member_permissions',
  'nsfw',
] as const;

interface Normalized {
  readonly name: string;
  readonly [key: string]: unknown;
}

function normalize(value: object): Normalized {
  const source: Record<string, unknown> = { ...value };
  const result: Record<string, unknown> = {};
  for (const key of COMPARED) {
    const entry = source[key];
    // Discord fills in what was left out: null, false, empty, and type 1 for a command.
    if (entry === undefined || entry === null || entry === false || (key === 'type' && entry === 1)) continue;
    if (typeof entry === 'object' && Object.keys(entry).length === 0) continue;
    result[key] = typeof entry === 'object' ? Object.fromEntries(Object.entries(entry).sort()) : entry;
  }
  const { channel_types } = source;
  if (Array.isArray(channel_types) && channel_types.length > 0)
    result.channel_types = [...channel_types].sort();
  for (const key of ['options', 'choices']) {
    const entry = source[key];
    if (!Array.isArray(entry) || entry.length === 0) continue;
    result[key] = entry
      .filter((item) => typeof item === 'object' && item !== null)
      .map((item) => normalize(item));
  }
  return { ...result, name: String(source.name) };
}

function byName(left: Normalized, right: Normalized): number {
  return left.name < right.name ? -1 : 1;
}
