/**
 * A bot in a voice channel without a live session: its worker died before it could leave, or an earlier gateway left
 * it there. It must not sit in the channel and listen to nobody's order.
 */

/** How often is looked, milliseconds. A guild counts when it is found twice in a row. */
export const ORPHAN_SWEEP_MS = 5_000;

export class OrphanWatch {
  #suspects: ReadonlySet<string> = new Set();

  /**
   * @param inVoice guilds in which the bot is in a voice channel
   * @param live guilds that have a live session
   * @returns the guilds to leave now
   */
  sweep(inVoice: Iterable<string>, live: ReadonlySet<string>): string[] {
    const found = [...inVoice].filter((guild) => !live.has(guild));
    const orphans = found.filter((guild) => this.#suspects.has(guild));
    this.#suspects = new Set(found);
    return orphans;
  }
}
