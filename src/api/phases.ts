// The state machine of a VoiceSession. A phase summarises the conditions; what may follow what is this table.
import type { VoiceSessionStatus } from './generated/voicesession.ts';

export type Phase = NonNullable<VoiceSessionStatus['phase']>;

/** Everything that a phase may become, other than itself. */
export const transitions = {
  /** Ended: stopped before it began. */
  Pending: ['Provisioning', 'Ended', 'Failed'],
  Provisioning: ['Connecting', 'Draining', 'Failed'],
  Connecting: ['Active', 'Degraded', 'Draining', 'Failed'],
  Active: ['Degraded', 'Draining', 'Failed'],
  Degraded: ['Active', 'Draining', 'Failed'],
  Draining: ['Ended', 'Failed'],
  Ended: [],
  Failed: [],
} as const satisfies { readonly [phase in Phase]: readonly Phase[] };

export const phases: readonly Phase[] = [
  'Pending',
  'Provisioning',
  'Connecting',
  'Active',
  'Degraded',
  'Draining',
  'Ended',
  'Failed',
];

/** Whether `to` may follow `from`. Staying is always legal; a session that has no phase yet becomes Pending. */
export function isLegal(from: Phase | undefined, to: Phase): boolean {
  if (from === undefined) return to === 'Pending';
  const next: readonly Phase[] = transitions[from];
  return from === to || next.includes(to);
}

/** Ended or Failed: nothing follows, and its claims are free. */
export function isFinal(phase: Phase | undefined): boolean {
  return phase === 'Ended' || phase === 'Failed';
}

/** A worker exists or is being made, and has not been told to stop. */
export function isLive(phase: Phase | undefined): boolean {
  return phase === 'Provisioning' || phase === 'Connecting' || phase === 'Active' || phase === 'Degraded';
}
