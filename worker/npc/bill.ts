/** What a session's providers cost, counted for the one that was used. */
import type { UsedProvider } from '../../src/store/index.ts';
import type { ProviderEndpoints } from '../provider/endpoints.ts';
import type { ProviderEndpoint } from '../provider/http.ts';
import type { Journal } from '../transcript/journal.ts';
import type { ReplyOutcome } from './reply.ts';

type Role = UsedProvider['role'];

export interface BilledProvider extends UsedProvider {
  readonly pricePerUnitUSD: number;
}

export type Bill = { readonly [role in Role]: BilledProvider };

/** Prices are the configuration's; a provider without one is counted as free. */
export function billOf(endpoints: ProviderEndpoints): Bill {
  const billed = (role: Role): BilledProvider => {
    const { kind, model, pricePerUnitUSD } = endpoints[role];
    return { role, kind, model, pricePerUnitUSD };
  };
  return { stt: billed('stt'), llm: billed('llm'), tts: billed('tts') };
}

type Counting = Pick<Journal, 'count'>;

/**
 * What it costs is counted by whoever serves: see `ProviderService`.
 * @param utterances how many came to their end with it; 0 while one is still being spoken
 */
export function countHeard(
  journal: Counting,
  _bill: Pick<Bill, 'stt'>,
  _seconds: number,
  utterances: 0 | 1,
): void {
  if (utterances > 0) journal.count({ utterances });
}

/** @param replies what it adds to the answers that were given */
export function countSpoken(
  journal: Counting,
  _bill: Pick<Bill, 'llm' | 'tts'>,
  { ttsCharacters }: Pick<ReplyOutcome, 'llmTokens' | 'ttsCharacters'>,
  replies: number,
): void {
  if (ttsCharacters > 0 && replies > 0) journal.count({ replies });
}

/** A model that hears and speaks by itself is billed by the token, as one that reads and writes. */
export function countConversed(
  journal: Counting,
  { kind, model, pricePerUnitUSD }: Pick<ProviderEndpoint, 'kind' | 'model' | 'pricePerUnitUSD'>,
  llmTokens: number,
  replies: number,
): void {
  if (llmTokens === 0) return;
  const spendUSD = llmTokens * pricePerUnitUSD;
  journal.count({ replies, llmTokens, spendUSD }, { role: 'llm', kind, model });
}
