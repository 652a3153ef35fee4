// Conditions as all of Kubernetes writes them. Pure: the caller brings the time.

export type ConditionStatus = 'True' | 'False' | 'Unknown';

export interface Condition {
  readonly type: string;
  readonly status: ConditionStatus;
  /** The metadata.generation that this was observed at. Older than the object's means out of date. */
  readonly observedGeneration?: number;
  /** When `status` last changed, RFC 3339. */
  readonly lastTransitionTime: string;
  /** One CamelCase word for programs. */
  readonly reason: string;
  /** A sentence that a person can act on. */
  readonly message: string;
}

/** What is observed now; the time of the transition follows from what was known before. */
export interface Observation {
  readonly type: string;
  readonly status: ConditionStatus;
  readonly reason: string;
  readonly message: string;
  readonly observedGeneration?: number | undefined;
}

/**
 * The conditions with this observation in them. `lastTransitionTime` is kept while `status` stays the same, so that
 * writing the same observation again changes nothing: then the very same array is returned.
 * @param now becomes lastTransitionTime when `status` changed; written with whole seconds, as the API server does.
 */
export function setCondition(
  conditions: readonly Condition[] | undefined,
  observation: Observation,
  now: Date,
): readonly Condition[] {
  const before = conditions ?? [];
  const index = before.findIndex((condition) => condition.type === observation.type);
  const old = before[index];
  const { type, status, reason, message, observedGeneration } = observation;
  const next: Condition = {
    type,
    status,
    ...(observedGeneration === undefined ? {} : { observedGeneration }),
    lastTransitionTime: old?.status === status ? old.lastTransitionTime : timestamp(now),
    reason,
    message,
  };
  if (old === undefined) return [...before, next];
  return same(old, next) ? before : before.with(index, next);
}

export function findCondition(
  conditions: readonly Condition[] | undefined,
  type: string,
): Condition | undefined {
  return conditions?.find((condition) => condition.type === type);
}

/** False when the condition is False, Unknown, or was never observed. */
export function isTrue(conditions: readonly Condition[] | undefined, type: string): boolean {
  return findCondition(conditions, type)?.status === 'True';
}

/** RFC 3339 with whole seconds, as metav1.Time has it. */
export function timestamp(time: Date): string {
  return time.toISOString().replace(/\.\d{3}Z$/, 'Z');
}

function same(a: Condition, b: Condition): boolean {
  return (
    a.status === b.status &&
    a.reason === b.reason &&
    a.message === b.message &&
    a.observedGeneration === b.observedGeneration &&
    a.lastTransitionTime === b.lastTransitionTime
  );
}
