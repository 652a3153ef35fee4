/**
 * The tools of one NPC for one answer: those that its campaign gives it, and no other, whatever a model asks for. Each use
 * has a limit, and so has their number.
 */
import { type BuiltInTool, isBuiltInTool } from '../../../src/api/npc-tools.ts';
import type { Npc } from '../../../src/rpc/generated/skald/v1/gateway.ts';
import type { Logger } from '../../../src/telemetry/log.ts';
import { limited, type NpcTool } from './tool.ts';

/** Uses in one answer: a model that goes on asking is told to speak. */
export const MOST_USES = 6;

/**
 * @param builtIn makes a tool that every worker has
 * @param foreign tools of the campaign's servers that the NPC may use
 */
export function toolbox(
  { name, tools: allowed }: Pick<Npc, 'name' | 'tools'>,
  builtIn: (tool: BuiltInTool) => NpcTool,
  foreign: readonly NpcTool[],
  log: Logger,
): readonly NpcTool[] {
  let uses = 0;
  const counted = (tool: NpcTool): NpcTool => ({
    ...tool,
    run: async (input, signal) => {
      if (++uses > MOST_USES)
        throw new Error(`no more than ${MOST_USES} uses of tools in one answer; answer now`);
      return await tool.run(input, signal);
    },
  });
  return [...allowed.filter(isBuiltInTool).map(builtIn), ...foreign].map((tool) =>
    limited(counted(tool), (use) => {
      const line = { npc: name, intent: 'tool', ...use };
      if (use.error === undefined) log.info(line, 'Tool used');
      else log.warn(line, 'Tool failed');
    }),
  );
}
