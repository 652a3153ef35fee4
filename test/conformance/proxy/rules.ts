import type { Random } from '../random.ts';
import { type Fault, matches, type Rule, type SeenRequest } from './faults.ts';

/** Applies rules to requests in the order of their arrival; counts are the rules' only state. */
export class RuleBook {
  readonly #rules: { rule: Rule; seen: number; used: number }[];
  readonly #random: Random;

  constructor(rules: readonly Rule[], random: Random) {
    this.#rules = rules.map((rule) => ({ rule, seen: 0, used: 0 }));
    this.#random = random;
  }

  /** All faults that befall this request. */
  decide(request: SeenRequest): Fault[] {
    const faults: Fault[] = [];
    for (const entry of this.#rules) {
      const { rule } = entry;
      if (!matches(rule.on, request)) continue;
      entry.seen += 1;
      if (entry.seen <= (rule.skip ?? 0) || entry.used >= (rule.times ?? Number.POSITIVE_INFINITY)) continue;
      if (this.#random() >= (rule.share ?? 1)) continue;
      entry.used += 1;
      faults.push(...rule.faults);
    }
    return faults;
  }
}
