/**
 * The state that a worker reports: INIT -> RUNNING -> DEGRADED | PAUSED -> STOPPED, and back between the middle three. Pure.
 */
import { WorkerState } from '../src/rpc/generated/skald/v1/gateway.ts';
import type { Pause } from './pause.ts';
import type { Trouble } from './report.ts';

export interface StateFacts {
  /** It has begun to end. */
  readonly stopped: boolean;
  /** What is said has once been heard: the channel was joined and the models were loaded. */
  readonly begun: boolean;
  /** What is out of order, the worst first. */
  readonly fault: Trouble | undefined;
  /** Why nobody is answered although nothing is out of order. */
  readonly pause: Pause | undefined;
}

export function stateOf({ stopped, begun, fault, pause }: StateFacts): WorkerState {
  if (stopped) return WorkerState.STOPPED;
  // Before that, nothing can have been lost.
  if (!begun) return WorkerState.INIT;
  if (fault !== undefined) return WorkerState.DEGRADED;
  return pause === undefined ? WorkerState.RUNNING : WorkerState.PAUSED;
}
