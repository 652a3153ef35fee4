// Tools that every worker has; an NPC has those that its `tools` name. Others come from a campaign's MCP servers.
export const builtInTools = ['dice', 'recall'] as const;
export type BuiltInTool = (typeof builtInTools)[number];

export function isBuiltInTool(name: string): name is BuiltInTool {
  return builtInTools.some((tool) => tool === name);
}
