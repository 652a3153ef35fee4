/** A scenario as data: what happens to a runtime while a writer changes the objects that it follows. */
import type { Rule } from './proxy/faults.ts';

/** What the writer does during a phase. */
export type Writes =
  /** One change after another, chosen by the seed: create, update, delete, delete and create again at once. */
  | 'mixed'
  /** Every object is deleted, and made again under the same name. */
  | 'recreate'
  | 'delete'
  | 'none';

export type Action =
  /** Resets every connection. */
  | 'drop'
  /** Ends every open watch in order, as the server does at a watch's time limit: the next one meets the rules. */
  | 'end-watches'
  /** Resets every connection, and new ones until the faults end: the server is away. */
  | 'refuse'
  | 'accept'
  /** Events wait in the proxy. */
  | 'withhold'
  /** Open watches say nothing more and do not end. */
  | 'silence'
  /** The server's history begins now: what was withheld is lost, older watches are refused. */
  | { forget: 'event' | 'status' }
  | { clockJumpMs: number }
  | { server: 'restart-api' | 'kill-api' | 'restart-etcd' };

export interface Phase {
  /** Milliseconds; it ends later when its actions or writes take longer. */
  forMs: number;
  rules?: readonly Rule[];
  begin?: readonly Action[];
  end?: readonly Action[];
  /** @defaultValue mixed */
  writes?: Writes;
}

export interface Scenario {
  name: string;
  /** For the table's headings. */
  group: string;
  /** One sentence. */
  about: string;
  /** Objects there before. @defaultValue 12 */
  objects?: number;
  /** The faults are there when the runtime starts, not only once it follows the objects. @defaultValue false */
  fromStart?: boolean;
  /** Runtimes that can be told take a connection for dead after this long. @defaultValue their own limit */
  silenceLimitMs?: number;
  leaderElection?: boolean;
  /** Requests in any one second above which it is a storm. @defaultValue 30 */
  requestsPerSecond?: number;
  phases: readonly Phase[];
}

/** A scenario that stops parts of the control plane, and therefore needs one of its own. */
export function stopsServer(scenario: Scenario): boolean {
  return scenario.phases.some((phase) =>
    [...(phase.begin ?? []), ...(phase.end ?? [])].some(
      (action) => typeof action === 'object' && 'server' in action,
    ),
  );
}

/** Of its faults, at least; milliseconds. */
export function duration(scenario: Scenario): number {
  return scenario.phases.reduce((sum, { forMs }) => sum + forMs, 0);
}
