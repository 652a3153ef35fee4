/** What one NPC must not say because others keep it to themselves. */
import { type RunLimits, Runs, squeezed } from './runs.ts';

/** Five or six words. Below, people and NPCs say the same thing by chance. */
const SECRETS: RunLimits = { run: 30, whole: 16 };

export interface Confidential {
  /** Secrets and knowledge of others: other NPCs', the game master's. */
  readonly foreign: Runs;
  /** What this NPC may say although others keep it, too: its own secrets, what it knows of the world. Squeezed. */
  readonly own: string;
}

export function confidentialTo(texts: {
  readonly foreign: readonly string[];
  readonly own: readonly string[];
}): Confidential {
  return { foreign: new Runs(texts.foreign, SECRETS), own: opened(texts.own) };
}

/** Two texts do not make a run together that neither has. */
export function opened(texts: readonly string[]): string {
  return texts.map(squeezed).join(' ');
}
