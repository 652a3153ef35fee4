/**
 * Puts one speaker's packets back into RTP order.
 *
 * A packet that arrives in order passes at once: the buffer adds no delay to a healthy stream. Only a gap
 * makes it hold, at most `depth` packets; then the missing ones are given up and reported as lost, because
 * a transcript wants the words in time more than it wants 20 ms of them.
 */
export interface Ordered<T> {
  readonly packet: T;
  /** Packets missing right before this one. */
  readonly lostBefore: number;
}

/** Further apart than this, a sequence number is a new stream (the sender restarted), not a reordering. */
const RESTART_DISTANCE = 500;

export class JitterBuffer<T> {
  private readonly depth: number;
  private next: number | undefined;
  private readonly held = new Map<number, T>();
  /** Packets that came after they had been given up, or twice. */
  late = 0;

  /** @param depth packets to hold while one is missing. Default 3 (60 ms). */
  constructor(depth = 3) {
    this.depth = depth;
  }

  /** @param sequence RTP sequence number, 0..65535, wrapping. */
  push(sequence: number, packet: T): Ordered<T>[] {
    if (this.next === undefined) this.next = sequence;
    const ahead = distance(this.next, sequence);
    if (Math.abs(ahead) > RESTART_DISTANCE) {
      const rest = this.flush();
      this.next = (sequence + 1) & 0xffff;
      return [...rest, { packet, lostBefore: 0 }];
    }
    if (ahead < 0 || this.held.has(sequence)) {
      this.late++;
      return [];
    }
    this.held.set(sequence, packet);
    const out = this.release(0);
    return this.held.size >= this.depth ? [...out, ...this.skipToFirstHeld()] : out;
  }

  /** Gives out everything held, in order: the speaker paused, nothing more will fill the gap. */
  flush(): Ordered<T>[] {
    const out: Ordered<T>[] = [];
    while (this.held.size > 0) out.push(...this.skipToFirstHeld());
    return out;
  }

  /** Another stream begins: its numbers have nothing to do with those so far. Gives out everything held. */
  restart(): Ordered<T>[] {
    const rest = this.flush();
    this.next = undefined;
    return rest;
  }

  get holding(): boolean {
    return this.held.size > 0;
  }

  private skipToFirstHeld(): Ordered<T>[] {
    let lost = 0;
    while (this.next !== undefined && !this.held.has(this.next) && lost <= RESTART_DISTANCE) {
      this.next = (this.next + 1) & 0xffff;
      lost++;
    }
    return this.release(lost);
  }

  private release(lostBefore: number): Ordered<T>[] {
    const out: Ordered<T>[] = [];
    let lost = lostBefore;
    while (this.next !== undefined) {
      const packet = this.held.get(this.next);
      if (packet === undefined) break;
      this.held.delete(this.next);
      out.push({ packet, lostBefore: lost });
      lost = 0;
      this.next = (this.next + 1) & 0xffff;
    }
    return out;
  }
}

/** How far `to` lies after `from` on the 16-bit circle, -32768..32767. */
export function distance(from: number, to: number): number {
  return (((to - from) & 0xffff) ^ 0x8000) - 0x8000;
}
