/** What an NPC has in mind when it answers: the prompt out of all layers of its memory, and its tools. */
import type { Npc } from '../../src/rpc/generated/skald/v1/gateway.ts';
import type { Logger } from '../../src/telemetry/log.ts';
import type { Journal } from '../transcript/journal.ts';
import type { Cast } from './cast.ts';
import type { RoomLine } from './memory.ts';
import { buildPrompt, type ChatPrompt } from './prompt.ts';
import { Recollection } from './recollection/recollection.ts';
import { searchWords } from './recollection/search-words.ts';
import { diceTool } from './tools/dice-tool.ts';
import { recallTool } from './tools/recall-tool.ts';
import type { NpcTool } from './tools/tool.ts';
import { toolbox } from './tools/toolbox.ts';

export interface MindParts {
  readonly journal: Pick<Journal, 'recollect'>;
  /** Tools of the campaign's servers that an NPC may use, as far as they can be reached. */
  readonly foreignTools: (npc: Npc) => readonly NpcTool[];
  readonly log: Logger;
}

export interface Thought {
  readonly prompt: ChatPrompt;
  readonly tools: readonly NpcTool[];
}

export class Mind {
  private readonly parts: MindParts;
  private readonly recollection: Recollection;

  constructor(parts: MindParts) {
    this.parts = parts;
    this.recollection = new Recollection(parts);
  }

  /** Answers that went without what was said earlier, because it could not be had in time. */
  get lateRecollections(): number {
    return this.recollection.late;
  }

  /**
   * For an answer to the last line. Takes as long as the transcript database, and never more than a moment.
   *
   * @param room the conversation, oldest first
   */
  async think(npc: Npc, cast: Cast, room: readonly RoomLine[], log: Logger): Promise<Thought> {
    // Who has opted out since is not quoted any more.
    const heard = room.filter(({ userId }) => userId === undefined || !cast.optedOut(userId));
    const remembered = await this.recollection.of(npc, cast, heard);
    const said = heard.map(({ text }) => text);
    const world = cast.world(npc, { heard: said, words: searchWords(said.at(-1) ?? '', [npc.name]) });
    const builtIn = { dice: () => diceTool, recall: () => recallTool(npc, cast, this.recollection) };
    return {
      prompt: buildPrompt(cast.persona(npc), world, heard, remembered),
      tools: toolbox(npc, (tool) => builtIn[tool](), this.parts.foreignTools(npc), log),
    };
  }
}
