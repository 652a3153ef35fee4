/** What was said in the room lately, by everyone: the first layer of an NPC's memory. */
import type { TranscriptSegment } from '../../src/store/index.ts';

export interface RoomLine {
  readonly kind: 'player' | 'npc';
  /** Name as the characters know it: a player's character, an NPC's name. */
  readonly speaker: string;
  readonly text: string;
  /** A player's Discord user id. */
  readonly userId?: string | undefined;
}

/** About ten minutes of conversation; more costs tokens and time to the first word. */
const MOST_LINES = 40;
/** Of all lines together: about 2000 tokens. The last line is kept whatever its length. */
const MOST_CHARACTERS = 8_000;

export class RoomMemory {
  private lines: readonly RoomLine[] = [];

  /** After a restart: what the transcript has from before, oldest first. Lines said meanwhile stay behind it. */
  rebuild(earlier: readonly RoomLine[]): void {
    this.lines = latest([...earlier, ...this.lines]);
  }

  add(line: RoomLine): void {
    this.lines = this.with(line);
  }

  /** What {@link recent} would be with one more line. */
  with(line: RoomLine): readonly RoomLine[] {
    return latest([...this.lines, line]);
  }

  /** Nothing that the person said, and what others said without the person's name. */
  forget(userId: string): void {
    const names = new Set(this.lines.filter((line) => line.userId === userId).map((line) => line.speaker));
    this.lines = this.lines
      .filter((line) => line.userId !== userId)
      .map((line) => ({ ...line, text: [...names].reduce(withoutName, line.text) }));
  }

  recent(): readonly RoomLine[] {
    return this.lines;
  }
}

function latest(lines: readonly RoomLine[]): RoomLine[] {
  let characters = 0;
  let first = lines.length;
  while (first > 0 && lines.length - first < MOST_LINES) {
    characters += lines[first - 1]?.text.length ?? 0;
    if (characters > MOST_CHARACTERS && first < lines.length) break;
    first--;
  }
  return lines.slice(first);
}

function withoutName(text: string, name: string): string {
  if (name === '') return text;
  const literal = name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return text.replace(new RegExp(`(?<![\\p{L}\\p{N}])${literal}(?![\\p{L}\\p{N}])`, 'giu'), '…');
}

/** Rows of a transcript as lines: not those whose speakers had them erased. */
export function rememberedLines(
  rows: readonly Pick<TranscriptSegment, 'speakerKind' | 'speakerId' | 'speakerName' | 'text' | 'erased'>[],
): RoomLine[] {
  return rows
    .filter(({ erased }) => !erased)
    .map(({ speakerKind: kind, speakerName: speaker, speakerId, text }) => ({
      ...{ kind, speaker, text },
      userId: kind === 'player' ? speakerId : undefined,
    }));
}
