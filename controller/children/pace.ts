// Mending at once is right when somebody slipped, and a battle when another controller wants it otherwise: who keeps
// undoing what is mended is answered ever more slowly.

const FREE = 10;
const FIRST_MS = 1_000;
const LONGEST_MS = 60_000;
/** A child that was left alone this long begins anew. */
const CALM_MS = 120_000;

export class Pace {
  readonly #now: () => number;
  readonly #mended = new Map<string, { times: number; last: number }>();

  /** @param now milliseconds */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Milliseconds until this child may be mended; 0 is now. Ten times in a row are free, then 1 s, 2 s, ... 60 s. */
  waitMs(child: string): number {
    const known = this.#current(child);
    if (known === undefined || known.times < FREE) return 0;
    const pause = Math.min(FIRST_MS * 2 ** (known.times - FREE), LONGEST_MS);
    return Math.max(known.last + pause - this.#now(), 0);
  }

  done(child: string): void {
    const times = (this.#current(child)?.times ?? 0) + 1;
    this.#mended.delete(child);
    this.#mended.set(child, { times, last: this.#now() });
    for (const [other, { last }] of this.#mended) {
      if (this.#now() - last <= CALM_MS) break;
      this.#mended.delete(other);
    }
  }

  #current(child: string): { times: number; last: number } | undefined {
    const known = this.#mended.get(child);
    return known !== undefined && this.#now() - known.last <= CALM_MS ? known : undefined;
  }
}
