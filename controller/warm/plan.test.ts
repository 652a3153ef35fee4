import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  backoffMs,
  countFailures,
  planWarm,
  type Spare,
  type SpareState,
  type WarmObservation,
} from './plan.ts';

const NOW = new Date('2030-06-01T20:00:00Z');

function at(seconds: number): Date {
  return new Date(NOW.getTime() + seconds * 1000);
}

let counter = 0;

function spare(state: SpareState, changes: Partial<Spare> = {}): Spare {
  counter++;
  const name = `warm-${counter}`;
  return { name, uid: name, resourceVersion: '1', state, createdAt: at(-60), ...changes };
}

function observe(states: readonly SpareState[], changes: Partial<WarmObservation> = {}): WarmObservation {
  const spares = states.map((state) => spare(state));
  return {
    now: NOW,
    wanted: 2,
    tenant: 'ready',
    spares,
    failures: undefined,
    claimedAt: undefined,
    ...changes,
  };
}

describe('what is made and what is removed', () => {
  const cases: readonly {
    readonly when: string;
    readonly states: readonly SpareState[];
    readonly changes?: Partial<WarmObservation>;
    readonly create: number;
    /** States of what is removed. */
    readonly remove: readonly SpareState[];
  }[] = [
    { when: 'none are there', states: [], create: 2, remove: [] },
    { when: 'all are there', states: ['ready', 'starting'], create: 0, remove: [] },
    { when: 'one was claimed', states: ['ready'], create: 1, remove: [] },
    { when: 'one is being deleted', states: ['ready', 'deleting'], create: 1, remove: [] },
    { when: 'one is stale', states: ['ready', 'stale'], create: 1, remove: ['stale'] },
    { when: 'one has failed', states: ['ready', 'failed'], create: 1, remove: ['failed'] },
    { when: 'fewer are wanted', states: ['ready', 'starting', 'ready'], create: 0, remove: ['starting'] },
    {
      when: 'none are wanted',
      states: ['ready', 'stale', 'deleting'],
      changes: { wanted: 0 },
      create: 0,
      remove: ['ready', 'stale'],
    },
    {
      when: 'the Tenant is closed',
      states: ['ready', 'starting'],
      changes: { tenant: 'closed' },
      create: 0,
      remove: ['ready', 'starting'],
    },
    {
      when: 'the Tenant is unready for a moment',
      states: ['ready'],
      changes: { tenant: 'unready' },
      create: 0,
      remove: [],
    },
    {
      when: 'the Tenant is unready and one is stale',
      states: ['stale'],
      changes: { tenant: 'unready' },
      create: 0,
      remove: ['stale'],
    },
    {
      when: 'some failed a moment ago',
      states: [],
      changes: { failures: { count: 2, at: at(-1) } },
      create: 0,
      remove: [],
    },
    {
      when: 'some failed and the pause is over',
      states: [],
      changes: { failures: { count: 1, at: at(-6) } },
      create: 1,
      remove: [],
    },
    {
      when: 'some failed and one is being tried',
      states: ['starting'],
      changes: { failures: { count: 1, at: at(-60) } },
      create: 0,
      remove: [],
    },
  ];

  test.each(cases)('$when: $create are made, $remove removed', ({ states, changes, create, remove }) => {
    const plan = planWarm(observe(states, changes));
    expect({ create: plan.create, remove: plan.remove.map(({ state }) => state) }).toEqual({
      create,
      remove,
    });
  });

  test('of several ready ones too many the oldest go: their certificates end first', () => {
    const [old, young] = [spare('ready', { createdAt: at(-90) }), spare('ready', { createdAt: at(-30) })];
    expect(planWarm(observe([], { wanted: 1, spares: [young, old] })).remove).toEqual([old]);
  });
});

test('a claimed worker joins its channel before another pod is started beside it', () => {
  const justNow = planWarm(observe(['ready'], { claimedAt: at(-0.2) }));
  expect(justNow).toEqual({ create: 0, remove: [], wakeAt: at(0.3) });
  expect(planWarm(observe(['ready'], { claimedAt: at(-0.5) })).create).toBe(1);
});

describe('when it looks again', () => {
  test('at the end of the pause after a failure', () => {
    expect(planWarm(observe([], { failures: { count: 2, at: NOW } })).wakeAt).toEqual(at(2));
  });

  test('when a start times out or a certificate becomes too short, whichever is first', () => {
    const spares = [spare('ready', { changesAt: at(100) }), spare('starting', { changesAt: at(20) })];
    expect(planWarm(observe([], { spares })).wakeAt).toEqual(at(20));
  });

  test('never, when nothing but an event can change anything', () => {
    expect(planWarm(observe(['ready', 'ready'])).wakeAt).toBeUndefined();
  });
});

describe('failures', () => {
  test('the pause doubles with each failure, up to five minutes', () => {
    expect([1, 2, 3, 10].map(backoffMs)).toEqual([1_000, 2_000, 4_000, 300_000]);
  });

  test('each failed spare counts', () => {
    const once = countFailures(undefined, [spare('failed'), spare('ready')], NOW);
    expect(countFailures(once, [spare('failed')], at(9))).toEqual({ count: 2, at: at(9) });
  });

  test('one that was made after them and is ready ends them; one from before does not', () => {
    const before = { count: 3, at: at(-10) };
    expect(countFailures(before, [spare('ready', { createdAt: at(-20) })], NOW)).toEqual(before);
    expect(countFailures(before, [spare('ready', { createdAt: at(-10) })], NOW)).toBeUndefined();
  });
});

test('whatever is there: never more than wanted, nothing useful removed that is missed, nothing removed twice', () => {
  const states = fc.constantFrom<SpareState>('ready', 'starting', 'failed', 'stale', 'deleting');
  fc.assert(
    fc.property(
      fc.array(states, { maxLength: 30 }),
      fc.nat(20),
      fc.constantFrom('ready' as const, 'unready' as const, 'closed' as const),
      fc.option(fc.nat(20), { nil: undefined }),
      (all, wanted, tenant, failed) => {
        const failures = failed === undefined ? undefined : { count: failed + 1, at: at(-failed) };
        const o = observe(all, { wanted, tenant, failures });
        const { create, remove } = planWarm(o);
        const kept = o.spares.filter((one) => !remove.includes(one) && one.state !== 'deleting');
        expect(new Set(remove).size).toBe(remove.length);
        expect(remove.every(({ state }) => state !== 'deleting')).toBe(true);
        expect(kept.length + create).toBeLessThanOrEqual(wanted);
        if (remove.some(({ state }) => state === 'ready') && tenant !== 'closed')
          expect(kept.length).toBe(wanted);
        if (tenant !== 'ready') expect(create).toBe(0);
      },
    ),
  );
});
