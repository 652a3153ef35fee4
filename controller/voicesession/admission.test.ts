import { expect, test } from 'vitest';
import { refusalOf, refusalOfClaim } from './admission.ts';
import { campaign, condition, observe, session, tenant } from './fixtures.ts';
import type { Observation } from './observation.ts';
import { mostRecaps } from './recaps.ts';

const spec = (changes: object): Partial<Observation> => ({ session: session({ spec: changes }) });
const limits = (changes: object): Partial<Observation> => ({
  tenant: { ...tenant, spec: { ...tenant.spec, limits: { ...tenant.spec.limits, ...changes } } },
});
const usage = (changes: object, limit: object): Partial<Observation> => ({
  tenant: {
    spec: { ...tenant.spec, limits: { ...tenant.spec.limits, ...limit } },
    status: { ...tenant.status, usage: changes },
  },
});

const recap = spec({ mode: 'Recap', recapOf: 'friday' });

test.each<readonly [what: string, changes: Partial<Observation>]>([
  ['the tenant’s places are taken', { ...limits({ concurrentSessions: 1 }), otherActiveSessions: 1 }],
  ['others wait for a place', { ...limits({ concurrentSessions: 1 }), waitingBefore: 3 }],
  [
    'the hours of voice are used up',
    { ...limits({ sessionHoursPerMonth: 10 }), monthUse: { seconds: 36_000, running: 0 } },
  ],
  ['another recap is being written', { otherRecaps: mostRecaps(undefined) - 1 }],
])('a Recap is admitted although %s', (_what, changes) => {
  expect(refusalOf(observe('Pending', { ...changes, ...recap }))).toBeUndefined();
});

test('recaps that are being written keep no session from a table', () => {
  expect(refusalOf(observe('Pending', { otherRecaps: mostRecaps(undefined) }))).toBeUndefined();
});

const NOTHING = { seconds: 0, running: 0 };

test.each<readonly [what: string, changes: Partial<Observation>]>([
  [
    'a second of the hours is left',
    { ...limits({ sessionHoursPerMonth: 10 }), monthUse: { seconds: 35_999, running: 3 } },
  ],
  ['a cent below the soft limit', usage({ spendThisMonth: 3.99 }, { spendPerMonth: { soft: 4, hard: 5 } })],
  [
    'spend of another month, which the status still has for a moment',
    usage({ month: '2001-01', spendThisMonth: 9 }, { spendPerMonth: { hard: 5 } }),
  ],
])('%s: admitted', (_what, changes) => {
  expect(refusalOf(observe('Pending', changes))).toBeUndefined();
});

test('nothing stands in the way of a healthy session', () => {
  expect(refusalOf(observe('Pending'))).toBeUndefined();
});

test.each<readonly [what: string, changes: Partial<Observation>, reason: string, waits: boolean]>([
  [
    'a Recap without a database',
    { ...recap, limits: { ...observe('Pending').limits, hasDatabase: false } },
    'ModeNotAvailable',
    false,
  ],
  [
    'a second Recap where one session is allowed',
    { ...recap, ...limits({ concurrentSessions: 1 }), otherRecaps: 1 },
    'RecapsBusy',
    true,
  ],
  ['one Recap too many', { ...recap, otherRecaps: mostRecaps(undefined) }, 'RecapsBusy', true],
  [
    'a Recap of a foreign guild',
    spec({ mode: 'Recap', recapOf: 'friday', guildId: '9' }),
    'GuildNotAllowed',
    false,
  ],
  [
    'a Recap with the month’s spend at the cap',
    { ...recap, ...usage({ spendThisMonth: 5 }, { spendPerMonth: { hard: 5 } }) },
    'SpendCapReached',
    false,
  ],
  ['no tenant', { tenant: undefined }, 'TenantNotReady', true],
  [
    'a tenant that is not ready',
    { tenant: { ...tenant, status: { conditions: [condition('Ready', 'False')] } } },
    'TenantNotReady',
    true,
  ],
  ['a tenant that nobody looked at', { tenant: { spec: tenant.spec } }, 'TenantNotReady', true],
  ['a foreign guild', spec({ guildId: '9' }), 'GuildNotAllowed', false],
  ['no campaign', { campaign: undefined }, 'CampaignNotReady', true],
  [
    'a campaign that is not ready',
    { campaign: { ...campaign, status: { conditions: [condition('Ready', 'False')] } } },
    'CampaignNotReady',
    true,
  ],
  [
    'a campaign that was changed since it was looked at',
    { campaign: { ...campaign, metadata: { ...campaign.metadata, generation: 2 } } },
    'CampaignNotReady',
    true,
  ],
  [
    'a campaign that is being deleted',
    { campaign: { ...campaign, metadata: { ...campaign.metadata, deletionTimestamp: 'x' } } },
    'CampaignNotReady',
    true,
  ],
  ['a profile without image', spec({ profile: 'local-llm' }), 'ProfileNotAvailable', false],
  [
    'hours used up',
    { ...limits({ sessionHoursPerMonth: 10 }), monthUse: { seconds: 36_000, running: 0 } },
    'QuotaExceeded',
    false,
  ],
  ['no hours at all', { ...limits({ sessionHoursPerMonth: 0 }), monthUse: NOTHING }, 'QuotaExceeded', false],
  [
    'spend at the soft limit',
    usage({ spendThisMonth: 4 }, { spendPerMonth: { soft: 4, hard: 5 } }),
    'SpendCapReached',
    false,
  ],
  ['no spend at all', usage({ spendThisMonth: 0 }, { spendPerMonth: { hard: 0 } }), 'SpendCapReached', false],
  [
    'spend at the cap',
    usage({ spendThisMonth: 5 }, { spendPerMonth: { hard: 5 } }),
    'SpendCapReached',
    false,
  ],
  [
    'as many sessions as allowed',
    { ...limits({ concurrentSessions: 2 }), otherActiveSessions: 2 },
    'QuotaExceeded',
    true,
  ],
  ['no sessions allowed at all', limits({ concurrentSessions: 0 }), 'QuotaExceeded', true],
])('%s', (_what, changes, reason, waits) => {
  expect(refusalOf(observe('Pending', changes))).toMatchObject({ reason, waits });
});

test('the tenant’s and the campaign’s own reason is passed on', () => {
  const refusal = refusalOf(
    observe('Pending', { tenant: { ...tenant, status: { conditions: [condition('Ready', 'False')] } } }),
  );
  expect(refusal?.message).toBe('The Tenant is not ready: Because: Because of this.');
});

test('one session less than allowed is admitted', () => {
  expect(
    refusalOf(observe('Pending', { ...limits({ concurrentSessions: 2 }), otherActiveSessions: 1 })),
  ).toBeUndefined();
});

test('the last place is kept for whoever has waited longer', () => {
  const last = { ...limits({ concurrentSessions: 3 }), otherActiveSessions: 2 };
  expect(refusalOf(observe('Pending', { ...last, waitingBefore: 1 }))).toEqual({
    reason: 'QuotaExceeded',
    message: 'The Tenant runs 2 of 3 sessions. 1 more waited before this one.',
    waits: true,
  });
  expect(refusalOf(observe('Pending', { ...last, waitingBefore: 0 }))).toBeUndefined();
});

test('a place that was lost to another session is waited for', () => {
  expect(refusalOfClaim({ state: 'busy', what: 'slot' })).toMatchObject({
    reason: 'QuotaExceeded',
    waits: true,
  });
});

test('a lost claim names the holder, without its UID', () => {
  expect(refusalOfClaim({ state: 'busy', what: 'campaign', holder: 'ns/name/uid' })).toEqual({
    reason: 'CampaignBusy',
    message: 'VoiceSession ns/name plays this campaign.',
    waits: true,
  });
});
