/** What a model at the other end of a connection has been told, and what it has to be told before the next turn. Pure. */
import { type ChatPrompt, MEMORY_MARK } from '../npc/prompt.ts';

type Message = ChatPrompt['messages'][number];

/** Own words of which it is remembered that the model said them itself. */
const MOST_OWN = 100;

export class KnownLines {
  private readonly heard: string[] = [];
  private readonly own = new Set<string>();

  /**
   * @param messages what was said in the room, oldest first. It is a window: its oldest lines go, new ones come.
   * @returns what is new in it; undefined: it does not continue what the model remembers, which therefore has to be
   *   forgotten
   */
  missing(messages: readonly Message[]): readonly Message[] | undefined {
    if (this.heard.length === 0) return messages;
    // People speak while the NPC does: only the order of what it heard is certain.
    const said = messages.flatMap(({ role, content }, at) =>
      role === 'user' && isLine(content) ? [{ content, at }] : [],
    );
    for (let shared = Math.min(this.heard.length, said.length); shared > 0; shared--) {
      const tail = this.heard.slice(-shared);
      if (!tail.every((line, at) => line === said[at]?.content)) continue;
      const after = (said[shared - 1]?.at ?? 0) + 1;
      return messages.slice(after).filter(({ role, content }) => role === 'user' || !this.own.has(content));
    }
    return undefined;
  }

  tell(lines: readonly Message[]): void {
    const heard = lines.filter(({ role, content }) => role === 'user' && isLine(content));
    this.heard.push(...heard.map(({ content }) => content));
  }

  /** The model said it, and it was heard. */
  said(words: string): void {
    this.own.add(words);
    for (const oldest of this.own) {
      if (this.own.size <= MOST_OWN) break;
      this.own.delete(oldest);
    }
  }
}

/** What fits the moment out of an NPC's memory is told each time anew; it is not what was said in the room. */
function isLine(content: string): boolean {
  return !content.startsWith(MEMORY_MARK);
}
