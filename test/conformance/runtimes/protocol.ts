/**
 * How the suite and a runtime under test speak: JSON lines, the runtime's on its standard output, the suite's on its
 * standard input. Lines that are not JSON objects are the runtime's log. The end of standard input ends the runtime.
 */

/** What the runtime has of one object. */
export interface SeenObject {
  /** `namespace/name` */
  key: string;
  resourceVersion: string;
  /** Of UID and data: a version alone does not tell that the text arrived whole. See digest.ts. */
  digest: string;
}

/** A reconcile of this key took place, and this is what it saw: null for "there is no such object". */
export interface Reconciled {
  key: string;
  resourceVersion: string | null;
  digest: string | null;
}

export type FromRuntime =
  /** It follows the resource from here on. */
  | { ready: true }
  | { reconciled: Reconciled }
  /** The answer to "dump": its cache, or null if it has none. */
  | { dump: readonly SeenObject[] | null };

export type ToRuntime =
  | { ask: 'dump' }
  /** The wall clock jumps by so many milliseconds. */
  | { clockJumpMs: number };

/** The runtime's environment, besides KUBECONFIG. */
export const environment = {
  /** The namespace whose ConfigMaps it follows. */
  namespace: 'CONFORMANCE_NAMESPACE',
  /**
   * Milliseconds of silence after which it is to take a connection for dead, where it can be told. Unset: its own
   * default.
   */
  silenceLimitMs: 'CONFORMANCE_SILENCE_MS',
  /** `1`: it elects a leader, where it can. */
  leaderElection: 'CONFORMANCE_LEADER_ELECTION',
} as const;
