import { expect, test } from 'vitest';
import type { Counters, UsedProvider } from '../../src/store/index.ts';
import type { ProviderEndpoint } from '../provider/http.ts';
import { billOf, countHeard, countSpoken } from './bill.ts';

const endpoint = (role: 'stt' | 'llm' | 'tts', pricePerUnitUSD = 0): ProviderEndpoint => ({
  role,
  kind: 'openai',
  pricePerUnitUSD,
  baseUrl: 'https://ai.example/v1',
  model: `${role}-1`,
  apiKey: undefined,
  reach: 'public',
});
const bill = billOf({ stt: endpoint('stt', 0.5), llm: endpoint('llm'), tts: endpoint('tts', 0.25) });

function ledger() {
  const records: [Partial<Counters>, UsedProvider | undefined][] = [];
  return {
    records,
    count: (usage: Partial<Counters>, provider?: UsedProvider) => records.push([usage, provider]),
  };
}

test('what was heard is counted for the recogniser, by the second', () => {
  const journal = ledger();
  countHeard(journal, bill, 3, 1);
  expect(journal.records).toEqual([
    [
      { utterances: 1, sttSeconds: 3, spendUSD: 1.5 },
      { role: 'stt', kind: 'openai', model: 'stt-1' },
    ],
  ]);
});

test('an answer is counted for the model and for the voice, each by itself; without a price it is free', () => {
  const journal = ledger();
  countSpoken(journal, bill, { llmTokens: 100, ttsCharacters: 8 }, 1);
  expect(journal.records).toEqual([
    [
      { llmTokens: 100, spendUSD: 0 },
      { role: 'llm', kind: 'openai', model: 'llm-1' },
    ],
    [
      { replies: 1, ttsCharacters: 8, spendUSD: 2 },
      { role: 'tts', kind: 'openai', model: 'tts-1' },
    ],
  ]);
});

test('what was not used is not recorded', () => {
  const journal = ledger();
  countSpoken(journal, bill, { llmTokens: 0, ttsCharacters: 0 }, 0);
  expect(journal.records).toEqual([]);
});
