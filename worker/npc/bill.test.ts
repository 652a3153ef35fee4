import { expect, test } from 'vitest';
import { countConversed } from './bill.ts';

test('tokens of a model that hears and speaks are counted for it, at its price; none, not at all', () => {
  const records: unknown[] = [];
  const journal = { count: (...record: unknown[]) => records.push(record) };
  const endpoint = { kind: 'openai', model: 'm', pricePerUnitUSD: 2 } as const;
  countConversed(journal, endpoint, 3);
  countConversed(journal, endpoint, 0);
  expect(records).toEqual([
    [
      { llmTokens: 3, spendUSD: 6 },
      { role: 'llm', kind: 'openai', model: 'm' },
    ],
  ]);
});
