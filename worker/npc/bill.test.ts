import { expect, test } from 'vitest';
import type { Counters } from '../../src/store/index.ts';
import type { ProviderEndpoint } from '../provider/http.ts';
import { billOf, countHeard, countSpoken } from './bill.ts';

const endpoint = (role: 'stt' | 'llm' | 'tts'): ProviderEndpoint => ({
  role,
  kind: 'openai',
  pricePerUnitUSD: 1,
  baseUrl: 'https://ai.example/v1',
  model: `${role}-1`,
  apiKey: undefined,
  reach: 'public',
});
const bill = billOf({ stt: endpoint('stt'), llm: endpoint('llm'), tts: endpoint('tts') });

function ledger() {
  const records: Partial<Counters>[] = [];
  return { records, count: (usage: Partial<Counters>) => records.push(usage) };
}

test('turns are counted as such, and not what providers charge for them: who serves counts that', () => {
  const journal = ledger();
  countHeard(journal, bill, 3, 0);
  countHeard(journal, bill, 3, 1);
  countSpoken(journal, bill, { llmTokens: 100, ttsCharacters: 8 }, 1);
  expect(journal.records).toEqual([{ utterances: 1 }, { replies: 1 }]);
});

test('an answer that nobody heard is none', () => {
  const journal = ledger();
  countSpoken(journal, bill, { llmTokens: 9, ttsCharacters: 0 }, 0);
  expect(journal.records).toEqual([]);
});
