/** What is not counted by whoever serves (see `ProviderService`): the model of an NPC that hears and speaks by itself. */
import type { ProviderEndpoint } from '../provider/http.ts';
import type { Journal } from '../transcript/journal.ts';

/** It is billed by the token, as one that reads and writes. */
export function countConversed(
  journal: Pick<Journal, 'count'>,
  { kind, model, pricePerUnitUSD }: Pick<ProviderEndpoint, 'kind' | 'model' | 'pricePerUnitUSD'>,
  llmTokens: number,
): void {
  if (llmTokens === 0) return;
  const spendUSD = llmTokens * pricePerUnitUSD;
  journal.count({ llmTokens, spendUSD }, { role: 'llm', kind, model });
}
