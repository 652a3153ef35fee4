/** Full sessions that speak at the same time, as one listener at each table hears them. */
import { MILLISECONDS_PER_CHARACTER } from '../../../test/providers/audio.ts';
import type { Stage } from '../stage.ts';
import { STORYTELLER } from '../table.ts';
import { gapsOf } from './gaps.ts';

const SENTENCE =
  'The road to the ford is long, and there are wolves in the wood between the mill and the old stone bridge. ';

/** What takes the storyteller at least so many seconds to say. */
export function storyOf(seconds: number): string {
  return SENTENCE.repeat(Math.ceil((seconds * 1000) / (SENTENCE.length * MILLISECONDS_PER_CHARACTER)));
}

/** @returns gaps between packets of all sessions, milliseconds */
export async function measureSessions(stage: Stage, sessions: number, seconds: number): Promise<number[]> {
  const tables = await Promise.all(Array.from({ length: sessions }, () => stage.table('Alice')));
  await Promise.all(tables.map((table) => table.speak(STORYTELLER, storyOf(seconds))));
  const gaps: number[] = [];
  for (const table of tables) {
    gaps.push(...gapsOf(await table.listener.heardArrivals(table.botUserId)));
    await stage.leave(table);
  }
  return gaps;
}
