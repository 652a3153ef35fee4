/** What the worker process tells its supervisor over IPC. */
export type WorkerToSupervisor =
  /** The event loop turns. Sent each `BEAT_MS`. */
  | { readonly type: 'beat' }
  /** What the pod's termination message shall be. */
  | { readonly type: 'result'; readonly message: string };

export const BEAT_MS = 2000;

export function isWorkerMessage(value: unknown): value is WorkerToSupervisor {
  if (typeof value !== 'object' || value === null || !('type' in value)) return false;
  return (
    value.type === 'beat' ||
    (value.type === 'result' && 'message' in value && typeof value.message === 'string')
  );
}

/** Without a supervisor (tests, development) it goes nowhere. */
export function tellSupervisor(message: WorkerToSupervisor): void {
  if (process.connected) process.send?.(message);
}
