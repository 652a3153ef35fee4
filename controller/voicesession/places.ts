// Who has a place among the tenant's sessions, and who stands in line for one.
import { isLive, type Phase, type VoiceSession } from '../../src/api/index.ts';
import type { Live } from '../../src/kube/index.ts';
import { isRecap } from './recaps.ts';

/** It has a worker, or what a worker had. */
export function isServed(phase: Phase | undefined): boolean {
  return isLive(phase) || phase === 'Draining';
}

/** Counts against the Tenant's concurrentSessions. */
export function holdsPlace(session: Pick<VoiceSession, 'spec' | 'status'>): boolean {
  return !isRecap(session) && isServed(session.status?.phase);
}

/** It was told that there is no place, and waits for one. What waits for something else is in nobody's way. */
export function waitsForPlace({ status, spec, metadata }: Live<VoiceSession>): boolean {
  const wanted = metadata.deletionTimestamp === undefined && spec.desiredState === 'Running';
  return wanted && status?.phase === 'Pending' && status.reason === 'QuotaExceeded';
}

/** Creation times have whole seconds: of two in one second, the name decides, the same way for everyone. */
export function isBefore(one: Live<VoiceSession>, other: Live<VoiceSession>): boolean {
  const [a, b] = [one.metadata.creationTimestamp ?? '', other.metadata.creationTimestamp ?? ''];
  return a === b ? one.metadata.name < other.metadata.name : a < b;
}
