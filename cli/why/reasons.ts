// What a reason means, and what follows from it, whichever table it is in.
import {
  authorityEvents,
  campaignReasons,
  childReasons,
  endReasons,
  exitOutcomes,
  pendingReasons,
  sessionReasons,
  tenantReasons,
  tokenEvents,
  voiceReasons,
} from '../../src/api/index.ts';
import { type Advice, campaignAdvice, sessionAdvice, tenantAdvice } from './advice.ts';

/** What the word means in general; undefined for one that this version does not know. */
export function meaningOf(reason: string): string | undefined {
  const pending: Readonly<Record<string, { readonly meaning: string }>> = pendingReasons;
  const exits: Readonly<Record<string, { readonly meaning: string }>> = exitOutcomes;
  const texts: readonly Readonly<Record<string, string>>[] = [
    sessionReasons,
    endReasons,
    voiceReasons,
    childReasons,
    tenantReasons,
    campaignReasons,
    authorityEvents,
    tokenEvents,
  ];
  for (const table of texts) if (Object.hasOwn(table, reason)) return table[reason];
  for (const table of [pending, exits]) if (Object.hasOwn(table, reason)) return table[reason]?.meaning;
  return undefined;
}

/** Of a session's reason; of its end reason where that one is not known. */
export function adviceFor(reason: string, endReason?: string): Advice {
  return pick(sessionAdvice, reason) ?? pick(sessionAdvice, endReason ?? '') ?? unknown;
}

export function tenantAdviceFor(reason: string): Advice {
  return pick(tenantAdvice, reason) ?? unknown;
}

export function campaignAdviceFor(reason: string): Advice {
  return pick(campaignAdvice, reason) ?? unknown;
}

const unknown: Advice = {
  who: 'the platform team',
  step: 'This version of skald does not know the reason. Read the conditions, and use the version that the operator has.',
  command: 'kubectl -n {namespace} describe voicesession {session}',
};

function pick(table: Readonly<Record<string, Advice>>, reason: string): Advice | undefined {
  return Object.hasOwn(table, reason) ? table[reason] : undefined;
}
