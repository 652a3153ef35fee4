/** What the supervisor does when the worker process has ended: decided from plain values. */
import { exitCodes, exitOutcome } from '../../src/api/exit-codes.ts';

export interface WorkerExit {
  /** null: a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** How long it had run, milliseconds. */
  readonly ranMs: number;
}

export interface SupervisorState {
  /** The pod was told to end (SIGTERM). */
  readonly stopping: boolean;
  /** Ends in a row of processes that did not run long. */
  readonly failures: number;
}

export type SupervisorStep =
  | { readonly type: 'exit'; readonly code: number }
  | { readonly type: 'respawn'; readonly afterMs: number; readonly failures: number };

/** A process that ran this long was fine; what ended it is new. */
export const HEALTHY_MS = 60_000;
/** The first respawn: people in the channel wait. */
const FIRST_MS = 100;
const LEAST_MS = 1000;
const MOST_MS = 30_000;
/** Then another pod, perhaps on another node, shall try. About three minutes of trying. */
const MOST_FAILURES = 10;

export function nextStep(exit: WorkerExit, state: SupervisorState): SupervisorStep {
  const outcome = exit.code === null ? undefined : exitOutcome(exit.code);
  if (exit.code !== null && outcome?.supervisor === 'pass') return { type: 'exit', code: exit.code };
  if (state.stopping) return { type: 'exit', code: exitCodes.Terminated };
  const failures = exit.ranMs >= HEALTHY_MS ? 1 : state.failures + 1;
  if (failures > MOST_FAILURES) return { type: 'exit', code: exitCodes.Temporary };
  const afterMs = failures === 1 ? FIRST_MS : Math.min(MOST_MS, LEAST_MS * 2 ** (failures - 2));
  return { type: 'respawn', afterMs, failures };
}

/** The worker's event loop has not turned for this long: it will not come back. */
export const STUCK_MS = 15_000;

/** @param sinceBeatMs since the last beat, or since the process was started. */
export function isStuck(sinceBeatMs: number): boolean {
  return sinceBeatMs > STUCK_MS;
}

/** What the pod says when the worker left no result: why the session ended, when this is the end of it. */
export function messageWithoutResult(code: number): string | undefined {
  const outcome = exitOutcome(code);
  if (outcome.endReason === undefined) return undefined;
  return JSON.stringify({ endReason: outcome.endReason, message: outcome.meaning });
}
