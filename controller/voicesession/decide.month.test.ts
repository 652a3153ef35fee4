// What the end of a tenant's hours and money does to sessions that run.
import { describe, expect, test } from 'vitest';
import { decide } from './decide.ts';
import { at, job, listening, NOW, observe, pod, tenant } from './fixtures.ts';
import type { Observation } from './observation.ts';

function limited(limits: object, usage: object = {}): Partial<Observation> {
  return {
    tenant: {
      spec: { ...tenant.spec, limits: { ...tenant.spec.limits, ...limits } },
      status: { ...tenant.status, usage },
    },
  };
}

const running = (changes: Partial<Observation>) =>
  observe('Active', { job, pods: [pod], status: { voice: listening }, ...changes });

describe('hours of the month', () => {
  const hours = (seconds: number, count = 1): Partial<Observation> => ({
    ...limited({ sessionHoursPerMonth: 1 }),
    monthUse: { seconds, running: count },
  });

  test('a session ends in the second in which they are used up', () => {
    expect(decide(running(hours(3599))).status.phase).toBe('Active');
    const { status } = decide(running(hours(3600)));
    expect(status).toMatchObject({
      phase: 'Draining',
      endReason: 'DeadlineExceeded',
      reason: 'QuotaExceeded',
    });
    expect(status.conditions?.find(({ type }) => type === 'Ended')?.message).toBe(
      "The Tenant's 1 session hours of this month are used up.",
    );
  });

  test('it looks then, which comes the sooner the more sessions run, and once a minute', () => {
    expect(decide(running(hours(3570))).wakeAt).toEqual(at(30));
    expect(decide(running(hours(3570, 3))).wakeAt).toEqual(at(10));
    expect(decide(running(hours(0))).wakeAt).toEqual(at(60));
  });

  test('without a limit nothing is looked at for them', () => {
    expect(decide(running({})).wakeAt?.getTime()).toBeGreaterThan(NOW.getTime() + 60_000);
  });
});

describe('spend of the month', () => {
  const spend = (spendThisMonth: number, of = NOW.toISOString().slice(0, 7)) =>
    running(limited({ spendPerMonth: { soft: 4, hard: 5 } }, { spendThisMonth, month: of }));

  test.each([
    [4.99, 'Active'],
    [5, 'Draining'],
  ])('at %d of 5 USD a session is %s', (spent, phase) => {
    expect(decide(spend(spent)).status.phase).toBe(phase);
  });

  test('what another month cost ends nothing', () => {
    expect(decide(spend(9, '2001-01')).status.phase).toBe('Active');
  });
});

test.each(['Listening', 'Paused'] as const)(
  'a worker (%s) that takes no new turn says so in the session’s reason, and the session is Active',
  (state) => {
    const voice = {
      ...listening,
      state,
      reason: 'SpendSoftLimitReached',
      message: 'The spend of the month is used up.',
    };
    const { status } = decide(observe('Active', { job, pods: [pod], status: { voice } }));
    expect(status).toMatchObject({ phase: 'Active', reason: 'SpendSoftLimitReached' });
    expect(status.conditions?.find(({ type }) => type === 'Ready')?.message).toBe(voice.message);
  },
);

test('a session whose NPCs are all muted is Active, and says so', () => {
  const voice = {
    ...listening,
    state: 'Paused',
    reason: 'EveryNpcMuted',
    message: 'Every NPC is muted.',
  } as const;
  const { status } = decide(observe('Active', { job, pods: [pod], status: { voice } }));
  expect(status).toMatchObject({ phase: 'Active', reason: 'EveryNpcMuted' });
});
