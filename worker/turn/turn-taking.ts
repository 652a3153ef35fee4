/** How a session takes turns: its campaign's `turnTaking`. */
import type { SessionConfiguration } from '../../src/rpc/generated/skald/v1/gateway.ts';

export interface TurnTaking {
  /** `dynamic`: between the two delays, by what was said and how the person speaks. */
  readonly endpointing: 'fixed' | 'dynamic';
  /** Milliseconds. `fixed` waits so long, always. */
  readonly minDelayMs: number;
  readonly maxDelayMs: number;
  /** Whether an answer is begun before it is certain that the person has finished. */
  readonly preemptive: boolean;
}

/** @param endpointMs how long is waited where the configuration says nothing */
export function turnTakingOf(
  { turnTaking }: Pick<SessionConfiguration, 'turnTaking'>,
  endpointMs: number,
): TurnTaking {
  if (turnTaking === undefined)
    return { endpointing: 'fixed', minDelayMs: endpointMs, maxDelayMs: endpointMs, preemptive: false };
  const { endpointing, minDelayMs, maxDelayMs, preemptive } = turnTaking;
  return {
    endpointing: endpointing === 'dynamic' ? 'dynamic' : 'fixed',
    minDelayMs,
    maxDelayMs: Math.max(minDelayMs, maxDelayMs),
    preemptive,
  };
}
