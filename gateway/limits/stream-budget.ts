/** What the messages of one stream may amount to, by kind and in bytes. */
import { Allowance } from './allowance.ts';
import type { GatewayLimits, MessageKind } from './limits.ts';

export type Excess =
  | { readonly reason: 'message_too_large'; readonly detail: string }
  | { readonly reason: 'message_rate'; readonly detail: string }
  | { readonly reason: 'byte_rate'; readonly detail: string };

export class StreamBudget {
  readonly #limits: GatewayLimits;
  readonly #bytes: Allowance;
  readonly #now: () => number;
  readonly #kinds = new Map<MessageKind, Allowance>();

  constructor(limits: GatewayLimits, now: () => number) {
    this.#limits = limits;
    this.#now = now;
    this.#bytes = new Allowance(limits.bytes, now);
  }

  /** @returns what is exceeded by this message, if anything */
  spend(kind: MessageKind, bytes: number): Excess | undefined {
    if (bytes > this.#limits.messageBytes) {
      const detail = `a message of ${bytes} bytes; at most ${this.#limits.messageBytes} are read`;
      return { reason: 'message_too_large', detail };
    }
    const rate = this.#limits.messages[kind];
    const known = this.#kinds.get(kind) ?? new Allowance(rate, this.#now);
    this.#kinds.set(kind, known);
    if (!known.take())
      return { reason: 'message_rate', detail: `more than ${rate.perSecond} ${kind} a second` };
    if (this.#bytes.take(bytes)) return undefined;
    return { reason: 'byte_rate', detail: `more than ${this.#limits.bytes.perSecond} bytes a second` };
  }
}
