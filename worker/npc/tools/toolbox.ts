/** The tools of one NPC: those that its campaign gives it, and no other, whatever a model asks for. */
import { type BuiltInTool, isBuiltInTool } from '../../../src/api/npc-tools.ts';
import type { Npc } from '../../../src/rpc/generated/skald/v1/gateway.ts';
import type { Logger } from '../../../src/telemetry/log.ts';
import { diceTool } from './dice-tool.ts';
import { limited, type NpcTool } from './tool.ts';

const tools: Readonly<Record<BuiltInTool, NpcTool>> = { dice: diceTool };

export function toolbox(
  { name, tools: allowed }: Pick<Npc, 'name' | 'tools'>,
  log: Logger,
): readonly NpcTool[] {
  return allowed.filter(isBuiltInTool).map((tool) =>
    limited(tools[tool], (use) => {
      const line = { npc: name, intent: 'tool', ...use };
      if (use.error === undefined) log.info(line, 'Tool used');
      else log.warn(line, 'Tool failed');
    }),
  );
}
