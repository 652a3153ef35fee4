import type { Fault } from './faults.ts';

export type OrderFault = Extract<Fault, { do: 'duplicate' | 'late' }>;

export function isOrderFault(fault: Fault): fault is OrderFault {
  return fault.do === 'duplicate' || fault.do === 'late';
}

/** Puts the events of one watch out of order, deterministically: counts are its only state. */
export class EventOrder {
  readonly #faults: readonly OrderFault[];
  #count = 0;
  #held: { line: Buffer; releaseAt: number }[] = [];

  constructor(faults: readonly OrderFault[]) {
    this.#faults = faults;
  }

  /** What the client gets when the server sends this line. */
  push(line: Buffer): Buffer[] {
    this.#count += 1;
    const out: Buffer[] = [];
    let late = false;
    for (const fault of this.#faults) {
      if (this.#count % fault.every !== 0) continue;
      if (fault.do === 'late') {
        late = true;
        this.#held.push({ line, releaseAt: this.#count + fault.by });
      } else if (fault.after === 0) out.push(line);
      else this.#held.push({ line, releaseAt: this.#count + fault.after });
    }
    if (!late) out.push(line);
    for (const { line: due } of this.#held.filter(({ releaseAt }) => releaseAt <= this.#count)) out.push(due);
    this.#held = this.#held.filter(({ releaseAt }) => releaseAt > this.#count);
    return out;
  }

  /** What is still held back. */
  flush(): Buffer[] {
    const rest = this.#held.map(({ line }) => line);
    this.#held = [];
    return rest;
  }
}
