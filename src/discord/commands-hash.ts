/** Whether the commands that are registered with Discord are those that are wanted. */
import { createHash } from 'node:crypto';

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
