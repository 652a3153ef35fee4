/** Tools as MCP servers offer them, and what of them reaches a language model. Pure. */
import { createHash } from 'node:crypto';
import { foreignTool } from '../../src/api/npc-tools.ts';
import type { Npc } from '../../src/rpc/generated/skald/v1/gateway.ts';

export interface OfferedTool {
  /** The server's own name for it. */
  readonly name: string;
  readonly description: string;
  /** JSON Schema of an object. */
  readonly input: Readonly<Record<string, unknown>>;
}

/** Every vendor takes names of these characters, this long. */
const LONGEST_NAME = 64;
const LONGEST_DESCRIPTION = 1024;
/** Of a schema as JSON, characters. A tool with more is left out: each answer would pay for it. */
const LONGEST_SCHEMA = 8 * 1024;
/** Tools of servers that one NPC may use. */
export const MOST_FOREIGN_TOOLS = 32;
/** Of a result, characters: a model reads it before anybody hears a word. */
export const LONGEST_RESULT = 4 * 1024;

/** Undefined: it is more than a model should be given. */
export function usable({ name, description, input }: OfferedTool): OfferedTool | undefined {
  const { $schema: _, ...schema } = input;
  if (JSON.stringify(schema).length > LONGEST_SCHEMA) return undefined;
  return { name, description: asInformation(description, LONGEST_DESCRIPTION), input: schema };
}

/** Whether the NPC's `tools` name it. */
export function isAllowed({ tools }: Pick<Npc, 'tools'>, server: string, tool: string): boolean {
  return tools.some((entry) => {
    const foreign = foreignTool(entry);
    return foreign?.server === server && (foreign.tool === undefined || foreign.tool === tool);
  });
}

/** What the model calls it: `<server>_<tool>`. Different tools have different names. */
export function modelName(server: string, tool: string): string {
  const name = `${server}_${tool}`;
  const plain = name.replaceAll(/[^a-zA-Z0-9_-]/g, '_');
  // A server's name has no underscore: what is as it was is nobody else's.
  if (plain === name && name.length <= LONGEST_NAME) return name;
  const hash = createHash('sha256').update(`${server}/${tool}`).digest('hex').slice(0, 8);
  return `${plain.slice(0, LONGEST_NAME - hash.length - 1)}_${hash}`;
}

/** A text of a server for a model: without marks that some models take for roles, and no longer than this. */
export function asInformation(text: string, longest: number): string {
  const clean = text
    .replaceAll(/<\|[^|]*\|>/g, ' ')
    .replaceAll(/\r\n?/g, '\n')
    .replaceAll(/[^\P{Cc}\n\t]/gu, ' ')
    .trim();
  return clean.length <= longest ? clean : `${clean.slice(0, longest - 1)}…`;
}
