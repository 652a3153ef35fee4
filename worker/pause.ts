/** Why nobody would be answered although nothing is broken: the session is PAUSED. Pure. */

export interface Pause {
  readonly reason: 'SpendSoftLimitReached' | 'EveryNpcMuted';
  readonly message: string;
}

/**
 * @param noMoreTurns why no turn is taken; undefined: turns are taken
 * @param silent every NPC of the campaign is muted
 */
export function pauseOf(noMoreTurns: string | undefined, silent: boolean): Pause | undefined {
  if (noMoreTurns !== undefined) return { reason: 'SpendSoftLimitReached', message: noMoreTurns };
  if (silent)
    return {
      reason: 'EveryNpcMuted',
      message: 'Every NPC is muted: nobody answers.',
    };
  return undefined;
}
