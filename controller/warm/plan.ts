// The arithmetic of warm workers, as one pure function: from the spares that a Tenant has to how many are made and
// which are removed.

export type SpareState =
  /** Its pod waits, attached to the gateway: a session may claim it. */
  | 'ready'
  | 'starting'
  /** Its Job has given up, or its pod was not ready in time. */
  | 'failed'
  /** Of no use any more: made for settings that have changed, its certificate ends too soon, its node is being emptied. */
  | 'stale'
  /** Being deleted already. */
  | 'deleting';

export interface Spare {
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly state: SpareState;
  readonly createdAt: Date;
  /** When time alone changes the state: a start times out, a certificate becomes too short. */
  readonly changesAt?: Date;
}

/** Spares that failed without one in between that became ready. */
export interface Failures {
  readonly count: number;
  /** When the last one was seen. */
  readonly at: Date;
}

export interface WarmObservation {
  readonly now: Date;
  /** `spec.worker.warm`. */
  readonly wanted: number;
  /** `unready`: for a moment, as when Discord is being connected again; `closed`: it has no use for spares. */
  readonly tenant: 'ready' | 'unready' | 'closed';
  /** All spares that no session has claimed. */
  readonly spares: readonly Spare[];
  readonly failures: Failures | undefined;
  /** When a session last claimed one. */
  readonly claimedAt: Date | undefined;
}

export interface WarmPlan {
  readonly create: number;
  readonly remove: readonly Spare[];
  /** Look again by then even if nothing happens. */
  readonly wakeAt?: Date;
}

/** A claimed worker joins its channel first, undisturbed by the start of another pod on its node. */
export const REFILL_AFTER_MS = 500;
const FIRST_BACKOFF_MS = 1_000;
const LONGEST_BACKOFF_MS = 300_000;

export function planWarm(o: WarmObservation): WarmPlan {
  const present = o.spares.filter(({ state }) => state !== 'deleting');
  if (o.tenant === 'closed' || o.wanted === 0) return { create: 0, remove: present };

  const useless = present.filter(({ state }) => state === 'failed' || state === 'stale');
  const useful = present.filter(({ state }) => state === 'ready' || state === 'starting');
  const surplus = leastUseful(useful).slice(0, Math.max(0, useful.length - o.wanted));
  const remove = [...useless, ...surplus];
  const missing = Math.max(0, o.wanted - useful.length);
  const changes = useful.flatMap(({ changesAt }) => (changesAt === undefined ? [] : [changesAt]));
  // What cannot be attached would only be refused, again and again.
  if (o.tenant === 'unready' || missing === 0) return { create: 0, remove, ...earliest(changes) };

  const refillAt = new Date((o.claimedAt?.getTime() ?? 0) + REFILL_AFTER_MS);
  if (o.now < refillAt) return { create: 0, remove, ...earliest([...changes, refillAt]) };
  if (o.failures === undefined) return { create: missing, remove, ...earliest(changes) };
  // One at a time until one succeeds, and the later the more of them have failed.
  const retryAt = new Date(o.failures.at.getTime() + backoffMs(o.failures.count));
  const trying = useful.some(({ state }) => state === 'starting');
  if (trying) return { create: 0, remove, ...earliest(changes) };
  if (o.now < retryAt) return { create: 0, remove, ...earliest([...changes, retryAt]) };
  return { create: 1, remove, ...earliest(changes) };
}

/** The failures that count after this look; each failed spare counts once, since it is removed then. */
export function countFailures(
  before: Failures | undefined,
  spares: readonly Spare[],
  now: Date,
): Failures | undefined {
  const failed = spares.filter(({ state }) => state === 'failed').length;
  if (failed > 0) return { count: (before?.count ?? 0) + failed, at: now };
  const recovered =
    before !== undefined &&
    spares.some(({ state, createdAt }) => state === 'ready' && createdAt >= secondOf(before.at));
  return recovered ? undefined : before;
}

/** @returns 1 s, doubled with each failure, at most 5 minutes */
export function backoffMs(failures: number): number {
  return Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** Math.max(0, failures - 1));
}

/** First what is farthest from use, then what would be replaced first. */
function leastUseful(spares: readonly Spare[]): readonly Spare[] {
  return spares.toSorted((a, b) =>
    a.state === b.state ? a.createdAt.getTime() - b.createdAt.getTime() : a.state === 'starting' ? -1 : 1,
  );
}

function earliest(times: readonly Date[]): { wakeAt?: Date } {
  const [first] = times.toSorted((a, b) => a.getTime() - b.getTime());
  return first === undefined ? {} : { wakeAt: first };
}

/** Times of creation have whole seconds. */
function secondOf(time: Date): Date {
  return new Date(Math.floor(time.getTime() / 1000) * 1000);
}
