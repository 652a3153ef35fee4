/**
 * TCP connections before it is known whose they are: how many there may be, from one address and in all, and how often
 * one may come. What is turned away costs no handshake.
 */
import { Allowance } from './allowance.ts';
import type { GatewayLimits } from './limits.ts';

export type Turned = 'connections' | 'connections_per_address' | 'handshake_rate';

interface Address {
  open: number;
  readonly handshakes: Allowance;
}

const PRUNE_AT = 1024;

export class Turnstile {
  readonly #limits: GatewayLimits;
  readonly #now: () => number;
  readonly #addresses = new Map<string, Address>();
  #open = 0;
  #pruneAt = PRUNE_AT;

  /** @param now milliseconds, monotonic */
  constructor(limits: GatewayLimits, now: () => number) {
    this.#limits = limits;
    this.#now = now;
  }

  get open(): number {
    return this.#open;
  }

  /** @returns what to call when the connection is over, or why it is not let in */
  enter(address: string): (() => void) | Turned {
    const { connections, connectionsPerAddress, handshakes } = this.#limits;
    if (this.#open >= connections) return 'connections';
    const from = this.#addresses.get(address) ?? {
      open: 0,
      handshakes: new Allowance(handshakes, this.#now),
    };
    this.#addresses.set(address, from);
    this.#prune();
    if (from.open >= connectionsPerAddress) return 'connections_per_address';
    if (!from.handshakes.take()) return 'handshake_rate';
    from.open += 1;
    this.#open += 1;
    let inside = true;
    return () => {
      if (!inside) return;
      inside = false;
      from.open -= 1;
      this.#open -= 1;
    };
  }

  #prune(): void {
    if (this.#addresses.size < this.#pruneAt) return;
    for (const [address, { open, handshakes }] of this.#addresses)
      if (open === 0 && handshakes.isFull) this.#addresses.delete(address);
    this.#pruneAt = Math.max(PRUNE_AT, 2 * this.#addresses.size);
  }
}
