import { describe, expect, it } from 'vitest';
import { seeded } from '../random.ts';
import type { Rule, SeenRequest } from './faults.ts';
import { RuleBook } from './rules.ts';

const watch: SeenRequest = {
  method: 'GET',
  path: '/api/v1/configmaps?watch=true',
  watch: true,
  list: false,
  resourceVersion: '1',
  continued: false,
  bookmarks: false,
  at: 0,
};
const list: SeenRequest = { ...watch, watch: false, list: true };
const page: SeenRequest = { ...list, continued: true };
const hang = { do: 'hang' } as const;

const decisions = (rule: Rule, requests: readonly SeenRequest[], seed = 1) => {
  const book = new RuleBook([rule], seeded(seed));
  return requests.map((request) => book.decide(request).length);
};

describe('RuleBook', () => {
  it('harms only the requests of its class', () => {
    const all = [watch, list, page];
    expect(decisions({ on: 'watch', faults: [hang] }, all)).toEqual([1, 0, 0]);
    expect(decisions({ on: 'list', faults: [hang] }, all)).toEqual([0, 1, 1]);
    expect(decisions({ on: 'page', faults: [hang] }, all)).toEqual([0, 0, 1]);
    expect(decisions({ on: 'any', faults: [hang] }, all)).toEqual([1, 1, 1]);
  });

  it('lets some pass first and is used up in the end', () => {
    const rule: Rule = { on: 'watch', skip: 1, times: 2, faults: [hang] };
    expect(decisions(rule, [watch, list, watch, watch, watch])).toEqual([0, 0, 1, 1, 0]);
  });

  it('harms a share, the same ones for the same seed', () => {
    const rule: Rule = { on: 'watch', share: 0.5, faults: [hang] };
    const requests = Array.from({ length: 200 }, () => watch);
    const first = decisions(rule, requests, 3);
    const harmed = first.filter(Boolean).length;
    expect(harmed).toBeGreaterThan(70);
    expect(harmed).toBeLessThan(130);
    expect(decisions(rule, requests, 3)).toEqual(first);
    expect(decisions(rule, requests, 4)).not.toEqual(first);
  });
});
