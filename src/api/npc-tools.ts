// Tools of NPCs. Some every worker has; others come from a campaign's MCP servers. An NPC has those that its `tools` name.
export const builtInTools = ['dice', 'recall'] as const;
export type BuiltInTool = (typeof builtInTools)[number];

export function isBuiltInTool(name: string): name is BuiltInTool {
  return builtInTools.some((tool) => tool === name);
}

/** Of one of the campaign's MCP servers. */
export interface ForeignTool {
  readonly server: string;
  /** Undefined: all that the server offers. */
  readonly tool: string | undefined;
}

/** What an entry of an NPC's `tools` gives it: `server` or `server/tool`; undefined: a built-in one. */
export function foreignTool(entry: string): ForeignTool | undefined {
  if (isBuiltInTool(entry)) return undefined;
  const at = entry.indexOf('/');
  return at < 0
    ? { server: entry, tool: undefined }
    : { server: entry.slice(0, at), tool: entry.slice(at + 1) };
}

/** Variable of a worker's environment: which keys it has for MCP servers, as JSON (see McpKeyFile). */
export const MCP_KEYS_VARIABLE = 'SKALD_MCP_API_KEYS';

/** A key that a worker's pod has for an MCP server. */
export interface McpKeyFile {
  readonly name: string;
  readonly file: string;
  /** The one URL that the key is for. */
  readonly url: string;
}

/** Name of the key's file. */
export function mcpKeyFileName(server: string): string {
  return `mcp-${server}`;
}
