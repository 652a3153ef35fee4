/**
 * The session that a command on a server is about.
 */
import type { Phase, VoiceSession } from '../../src/api/index.ts';
import type { Live } from '../../src/kube/index.ts';
import type { CommandHost } from './command.ts';

/** Most wanted first: of several sessions of a server one holds it, and the others wait or have just ended. */
const PREFERENCE: readonly (Phase | undefined)[] = [
  'Active',
  'Degraded',
  'Connecting',
  'Provisioning',
  'Draining',
  'Pending',
  undefined,
];

/** Where a session is: on its way into the channel, in it, or on its way out. */
export type Stage = 'joining' | 'playing' | 'ending';

/** The session in which NPCs play on this server, from its request to its end. */
export function runningSession(
  host: Pick<CommandHost, 'sessions'>,
  guildId: string,
): Live<VoiceSession> | undefined {
  return host
    .sessions()
    .filter(({ spec, status }) => {
      return spec.guildId === guildId && spec.mode === 'Live' && PREFERENCE.includes(status?.phase);
    })
    .sort((left, right) => rank(left) - rank(right))[0];
}

export function stageOf({ metadata, spec, status }: VoiceSession): Stage {
  const stopped = spec.desiredState === 'Stopped' || metadata.deletionTimestamp !== undefined;
  if (stopped || status?.phase === 'Draining') return 'ending';
  return status?.phase === 'Active' || status?.phase === 'Degraded' ? 'playing' : 'joining';
}

function rank({ status }: VoiceSession): number {
  return PREFERENCE.indexOf(status?.phase);
}
