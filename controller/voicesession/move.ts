// A live session on a node that is being drained. Its PodDisruptionBudget holds the drain up; this says how long, and
// moves the session: the pod is deleted in order (SIGTERM, exit code 143), and the Job makes another one elsewhere.
import { findCondition, timestamp } from '../../src/api/index.ts';
import type { Observation } from './observation.ts';
import type { WorkerPhase } from './worker-phase.ts';

export interface Move {
  /** The condition Moving as it is to be written. */
  readonly condition: {
    readonly status: 'True' | 'False';
    readonly reason: 'NodeDraining' | 'Moving' | 'Moved' | 'NodeKept';
    readonly message: string;
  };
  /** The session is between two nodes: what is wrong with its worker meanwhile is no fault. */
  readonly under: boolean;
  /** The pod that goes now. */
  readonly evict?: { readonly name: string; readonly uid: string };
  /** When it goes. */
  readonly at?: Date;
}

/** Undefined: nothing is moved, and nothing was. */
export function moveOf(o: Observation, worker: WorkerPhase): Move | undefined {
  const before = findCondition(o.session.status?.conditions, 'Moving');
  const planned = before?.status === 'True' ? before : undefined;
  const pod = o.pods.findLast(({ state }) => state !== 'ended');
  if (pod?.node !== undefined && o.node?.name === pod.node && o.node.leaving !== undefined) {
    const why = `Node ${pod.node} ${o.node.leaving}`;
    const going = {
      status: 'True',
      reason: 'Moving',
      message: `${why}: the session moves to another one.`,
    } as const;
    if (pod.deleting) return { condition: going, under: true };
    const since = planned === undefined ? o.now : new Date(planned.lastTransitionTime);
    const at = new Date(since.getTime() + o.limits.moveAfterSeconds * 1000);
    if (o.now >= at) return { condition: going, under: true, evict: { name: pod.name, uid: pod.uid } };
    const message = `${why}: the session moves to another one at ${timestamp(at)}.`;
    return { condition: { status: 'True', reason: 'NodeDraining', message }, under: false, at };
  }
  if (planned === undefined) return undefined;
  if (
    planned.reason === 'NodeDraining' &&
    pod?.node !== undefined &&
    pod.uid === o.session.status?.worker?.podUID
  ) {
    const message = `Node ${pod.node} stays: the session does, too.`;
    return { condition: { status: 'False', reason: 'NodeKept', message }, under: false };
  }
  if (worker.phase === 'Active' && pod?.node !== undefined) {
    const message = `The session goes on, on node ${pod.node}.`;
    return { condition: { status: 'False', reason: 'Moved', message }, under: false };
  }
  return { condition: { status: 'True', reason: 'Moving', message: planned.message }, under: true };
}

/** The worker's phase while its session moves: Degraded (Moving) from the moment at which its pod is told to go. */
export function whileMoving(move: Move | undefined, worker: WorkerPhase): WorkerPhase {
  if (move?.under !== true) return worker;
  const listened = worker.phase === 'Active' || worker.phase === 'Degraded';
  // What keeps the next pod from starting is more than the move: it stays in sight.
  const stuck = worker.fault && worker.reason !== 'WorkerLost';
  if (!listened || stuck) return worker;
  const message =
    worker.phase === 'Active' ? move.condition.message : `${move.condition.message} ${worker.message}`;
  return { ...worker, phase: 'Degraded', reason: 'Moving', message, fault: false };
}
