/** What was said in the room lately, by everyone: the first layer of an NPC's memory. */

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

export class RoomMemory {
  private lines: RoomLine[] = [];

  /** After a restart: what the transcript has from before, oldest first. Lines said meanwhile stay behind it. */
  rebuild(earlier: readonly RoomLine[]): void {
    this.lines = [...earlier, ...this.lines].slice(-MOST_LINES);
  }

  add(line: RoomLine): void {
    this.lines.push(line);
    if (this.lines.length > MOST_LINES) this.lines.shift();
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

function withoutName(text: string, name: string): string {
  if (name === '') return text;
  const literal = name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return text.replace(new RegExp(`(?<![\\p{L}\\p{N}])${literal}(?![\\p{L}\\p{N}])`, 'giu'), '…');
}
