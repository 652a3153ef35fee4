/**
 * The checks that every answer passes, without a provider: nobody hears an NPC read out its own instructions, nor a
 * secret that it cannot know. The second is a last line: such secrets are in none of what the model is given.
 */
import { buildPrompt, type PersonaNpc, type PromptWorld } from '../prompt.ts';
import { type Confidential, opened } from './confidential.ts';
import { ALLOWED, type Judgement, type Moderator } from './moderator.ts';
import { type RunLimits, Runs, squeezed } from './runs.ts';

/** Eight or nine words: an NPC may use the words of its description, not its sentences. */
const INSTRUCTIONS: RunLimits = { run: 40, whole: 20 };
/** Letters of the sentences before that are looked at together with the present one. */
const CARRIED = 60;

export class OwnChecks implements Moderator {
  private readonly instructions: Runs;
  private readonly foreign: Runs;
  private readonly open: string;
  private before = '';

  /** @param said what has been said aloud in the room */
  constructor(npc: PersonaNpc, { foreign, own }: Confidential, said: readonly string[]) {
    this.instructions = new Runs(instructionsOf(npc), INSTRUCTIONS);
    this.foreign = foreign;
    this.open = `${own} ${opened(said)}`;
  }

  async judge(sentence: string): Promise<Judgement> {
    const letters = this.before + squeezed(sentence);
    // What is withheld is not heard, and so begins nothing.
    this.before = '';
    if (this.instructions.in(letters, ''))
      return { allowed: false, reason: 'PromptLeak', detail: 'it repeats what the NPC was told to be' };
    if (this.foreign.in(letters, this.open))
      return { allowed: false, reason: 'ForeignSecret', detail: 'it is a secret that this NPC was not told' };
    this.before = letters.slice(-CARRIED);
    return ALLOWED;
  }
}

const NOWHERE: PromptWorld = {
  campaignTitle: '',
  campaignDescription: '',
  language: '',
  otherNpcs: [],
  characters: [],
  entities: [],
};

/**
 * The lines of the prompt that are about how to be the NPC; not its secrets and not the world, of which it may tell.
 * They are taken from a prompt for this NPC, so that they are what the model is really given.
 */
function instructionsOf(npc: PersonaNpc): readonly string[] {
  const { system } = buildPrompt({ ...npc, secrets: [] }, NOWHERE, []);
  return system.split('\n').filter((line) => line.trim() !== '');
}
