// Which changes wake a reconciler: predicates over what was and what is. Everything else is noise to it.
import { isDeepStrictEqual } from 'node:util';
import { monthlySpendReached } from '../src/admission/budget.ts';
import { findCondition, isFinal, type Tenant, type VoiceSession } from '../src/api/index.ts';
import { any, generationChanged, type Live, labelsChanged, type ResourceQuota } from '../src/kube/index.ts';
import { holdsPlace, waitsForPlace } from './voicesession/places.ts';

/** Not a change of the status alone, which Kubernetes' own controllers write. */
export const changedBySomebody = any(generationChanged, labelsChanged, {
  add: () => false,
  update: (old, object) => !isDeepStrictEqual(old.metadata.ownerReferences, object.metadata.ownerReferences),
  delete: () => false,
});

export const specOrDeletionChanged = {
  update: (old: Live, object: Live): boolean =>
    old.metadata.generation !== object.metadata.generation ||
    old.metadata.deletionTimestamp !== object.metadata.deletionTimestamp ||
    old.metadata.uid !== object.metadata.uid,
};

/** Not what is used of it, which changes with every pod. A ResourceQuota has no generation to tell by. */
export const quotaChanged = {
  update: (old: Live<ResourceQuota>, object: Live<ResourceQuota>): boolean =>
    !isDeepStrictEqual(parts(old), parts(object)),
};

function parts({ spec, metadata }: Live<ResourceQuota>): unknown {
  const { labels, ownerReferences, deletionTimestamp } = metadata;
  return { spec, labels, ownerReferences, deletionTimestamp };
}

export const specOrNamespaceChanged = {
  update: (old: Live<Tenant>, object: Live<Tenant>): boolean =>
    old.metadata.generation !== object.metadata.generation ||
    old.status?.namespace !== object.status?.namespace,
};

export const phaseChanged = {
  update: (old: Live<VoiceSession>, object: Live<VoiceSession>): boolean =>
    old.status?.phase !== object.status?.phase,
};

export const spendChanged = {
  add: () => false,
  update: (old: Live<VoiceSession>, object: Live<VoiceSession>): boolean =>
    old.status?.voice?.spendUSD !== object.status?.voice?.spendUSD,
};

export const settledChanged = {
  add: () => false,
  update: (old: Live<Tenant>, object: Live<Tenant>): boolean =>
    !isDeepStrictEqual(old.status?.usage?.settled, object.status?.usage?.settled),
};

export const spendCapReached = {
  add: () => false,
  update: (old: Live<Tenant>, object: Live<Tenant>): boolean =>
    monthlySpendReached(object, 'hard') !== undefined && monthlySpendReached(old, 'hard') === undefined,
};

/** What sessions may use is more or less than before: a running one may have to end. */
export const limitsChanged = {
  add: () => false,
  update: (old: Live<Tenant>, object: Live<Tenant>): boolean =>
    !isDeepStrictEqual(old.spec.limits, object.spec.limits),
};

/** The operator reaches the tenant's gateway again, or does no more. */
export const gatewayReachChanged = {
  add: () => false,
  update: (old: Live<Tenant>, object: Live<Tenant>): boolean => gatewayIsAway(old) !== gatewayIsAway(object),
};

function gatewayIsAway({ status }: Live<Tenant>): boolean {
  return findCondition(status?.conditions, 'DiscordConnected')?.reason === 'GatewayUnreachable';
}

/** A place that became free, or one who waited for it before others and does no more. */
export const placeFreed = {
  add: () => false,
  update: (old: Live<VoiceSession>, object: Live<VoiceSession>): boolean => {
    const [before, phase] = [old.status?.phase, object.status?.phase];
    const gaveUp = waitsForPlace(old) && !waitsForPlace(object) && !holdsPlace(object);
    return gaveUp || (isFinal(phase) && !isFinal(before));
  },
};

interface WithConditions {
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

export const readinessChanged = {
  update: (old: Live & WithConditions, object: Live & WithConditions): boolean =>
    old.metadata.generation !== object.metadata.generation || ready(old) !== ready(object),
};

function ready({ status }: WithConditions): string | undefined {
  return status?.conditions?.find(({ type }) => type === 'Ready')?.status;
}
