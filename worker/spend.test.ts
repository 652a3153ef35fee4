import { describe, expect, test } from 'vitest';
import { hardLimitReached, noMoreTurns, type SpendConfiguration, SpendWatch } from './spend.ts';

const limits = (changes: Partial<SpendConfiguration> = {}): SpendConfiguration => ({
  spendSoftUsd: undefined,
  spendHardUsd: undefined,
  monthSoftReached: false,
  ...changes,
});

test.each<
  [what: string, spent: number, limits: Partial<SpendConfiguration>, turns: boolean, goesOn: boolean]
>([
  ['no limit', 1e6, {}, true, true],
  ['below both', 0.999999, { spendSoftUsd: 1, spendHardUsd: 2 }, true, true],
  ['at the soft limit', 1, { spendSoftUsd: 1, spendHardUsd: 2 }, false, true],
  ['between them', 1.999999, { spendSoftUsd: 1, spendHardUsd: 2 }, false, true],
  ['at the hard limit', 2, { spendSoftUsd: 1, spendHardUsd: 2 }, false, false],
  ['beyond it', 3, { spendSoftUsd: 1, spendHardUsd: 2 }, false, false],
  ['at a hard limit without a soft one', 2, { spendHardUsd: 2 }, false, false],
  ['a limit of nothing', 0, { spendHardUsd: 0 }, false, false],
  ['a soft limit of nothing', 0, { spendSoftUsd: 0 }, false, true],
  ['the month’s soft limit', 0, { monthSoftReached: true, spendSoftUsd: 1 }, false, true],
])('%s: %d USD', (_what, spent, changes, turns, goesOn) => {
  expect(noMoreTurns(spent, limits(changes)) === undefined).toBe(turns);
  expect(hardLimitReached(spent, limits(changes)) === undefined).toBe(goesOn);
});

test('says how much it was', () => {
  expect(hardLimitReached(2.345, { spendHardUsd: 2 })).toBe('The session has spent 2.35 of 2.00 USD.');
  expect(noMoreTurns(0, limits({ monthSoftReached: true }))).toMatch(/of the month/);
});

describe('the watch', () => {
  function watch(limit: Partial<SpendConfiguration>) {
    const told: string[] = [];
    const ends: string[] = [];
    const state = { spent: 0 };
    const parts = {
      spentUSD: () => state.spent,
      onNoMoreTurns: () => told.push('told'),
      onHardLimit: (why: string) => ends.push(why),
    };
    return { spend: new SpendWatch(parts, limits(limit)), state, told, ends };
  }

  test('tells once that turns are over, and again only when they were taken in between', () => {
    const { spend, state, told } = watch({ spendSoftUsd: 1 });
    spend.begin();
    spend.look();
    state.spent = 1;
    spend.look();
    spend.look();
    expect(told).toHaveLength(1);
    spend.configure(limits({ spendSoftUsd: 2 }));
    spend.look();
    state.spent = 2;
    spend.look();
    expect(told).toHaveLength(2);
  });

  test('does not tell what an earlier process has told', () => {
    const { spend, state, told } = watch({ spendSoftUsd: 1 });
    spend.look();
    state.spent = 1;
    spend.begin();
    spend.look();
    expect(told).toEqual([]);
    expect(spend.noMoreTurns).toBeDefined();
  });

  test('asks for the end at the hard limit', () => {
    const { spend, state, ends } = watch({ spendHardUsd: 1 });
    spend.begin();
    state.spent = 0.99;
    spend.look();
    expect(ends).toEqual([]);
    state.spent = 1;
    spend.look();
    expect(ends).toEqual(['The session has spent 1.00 of 1.00 USD.']);
  });
});
