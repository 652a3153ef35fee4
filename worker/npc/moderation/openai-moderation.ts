/** Judgement by OpenAI-compatible `POST /moderations`. */
import { type ProviderEndpoint, request, withheldNote } from '../../provider/http.ts';
import { ProviderError, withRetries } from '../../provider/retry.ts';
import type { Standby } from '../../provider/standby.ts';
import { ALLOWED, type Judgement, type Moderator } from './moderator.ts';

/** A sentence is judged while it is being synthesised; whoever takes longer than this keeps the table waiting. */
const TIMEOUT_MS = 3_000;
/** One more try, at once: there is no time for more. */
const RETRIES = { tries: 2, firstMs: 100, mostMs: 100 };

/** Swords are drawn and threats made in every tale: what these categories flag is play. */
const PLAY: ReadonlySet<string> = new Set([
  'violence',
  'harassment',
  'harassment/threatening',
  'illicit',
  'illicit/violent',
]);

/** `Fail`: what nobody has judged is withheld. `Ignore`: it is said. */
export type FailurePolicy = 'Fail' | 'Ignore';

export interface ModerationEvents {
  /** It failed and how, or works again (undefined). */
  readonly health: (failure: string | undefined) => void;
  /** So many characters were judged, at this price each. */
  readonly judged: (characters: number, pricePerUnitUSD: number) => void;
}

export class OpenAiModeration implements Moderator {
  private readonly standby: Standby<Ask>;
  private readonly failurePolicy: FailurePolicy;
  private readonly events: ModerationEvents;

  constructor(standby: Standby<Ask>, failurePolicy: FailurePolicy, events: ModerationEvents) {
    this.standby = standby;
    this.failurePolicy = failurePolicy;
    this.events = events;
  }

  async judge(sentence: string, signal: AbortSignal): Promise<Judgement> {
    const { health, judged } = this.events;
    try {
      const { endpoint, value, over } = await this.standby.serve((ask, both) => ask(sentence, both), {
        signal,
        patienceMs: TIMEOUT_MS,
      });
      over();
      judged(sentence.length, endpoint.pricePerUnitUSD);
      health(undefined);
      return value === undefined ? ALLOWED : { allowed: false, reason: 'Flagged', detail: value.join(', ') };
    } catch (error) {
      signal.throwIfAborted();
      const detail = error instanceof Error ? error.message : String(error);
      health(detail);
      return this.failurePolicy === 'Ignore' ? ALLOWED : { allowed: false, reason: 'Unjudged', detail };
    }
  }
}

/** The categories that count; undefined: none does. Throws ProviderError, or the abort reason when aborted. */
export type Ask = (sentence: string, signal: AbortSignal) => Promise<readonly string[] | undefined>;

export function moderationBy(endpoint: ProviderEndpoint): Ask {
  return async (sentence, signal) => {
    try {
      return await withRetries(() => flaggedBy(endpoint, sentence, signal), { signal, policy: RETRIES });
    } catch (error) {
      signal.throwIfAborted();
      const status = error instanceof ProviderError ? error.status : undefined;
      throw new ProviderError('moderation', failureOf(endpoint, error), {
        ...(status === undefined ? {} : { status }),
      });
    }
  };
}

/** Without the body of an error, in which servers repeat what they were asked. */
function failureOf(endpoint: ProviderEndpoint, error: unknown): string {
  if (error instanceof ProviderError && error.status !== undefined)
    return `moderation: ${endpoint.baseUrl} with model ${endpoint.model} answered ${error.status}${withheldNote(endpoint)}`;
  return error instanceof Error ? error.message : String(error);
}

async function flaggedBy(
  endpoint: ProviderEndpoint,
  sentence: string,
  signal: AbortSignal,
): Promise<readonly string[] | undefined> {
  const { model } = endpoint;
  const response = await request(endpoint, {
    path: '/moderations',
    contentType: 'application/json',
    body: JSON.stringify({ model, input: sentence }),
    signal,
    timeoutMs: TIMEOUT_MS,
  });
  const answer: unknown = await response.json().catch(() => undefined);
  const result = firstResult(answer);
  if (result === undefined)
    throw new ProviderError('moderation', 'moderation: the answer has no "results" with "flagged"', {});
  if (!result.flagged) return undefined;
  // A server that flags and names no category is believed.
  if (result.categories.length === 0) return ['flagged'];
  const counting = result.categories.filter((category) => !PLAY.has(category));
  return counting.length === 0 ? undefined : counting;
}

function firstResult(answer: unknown): { flagged: boolean; categories: readonly string[] } | undefined {
  if (typeof answer !== 'object' || answer === null || !('results' in answer)) return undefined;
  const first: unknown = Array.isArray(answer.results) ? answer.results[0] : undefined;
  if (typeof first !== 'object' || first === null || !('flagged' in first)) return undefined;
  if (typeof first.flagged !== 'boolean') return undefined;
  const named: unknown = 'categories' in first ? first.categories : undefined;
  const categories = typeof named === 'object' && named !== null ? Object.entries(named) : [];
  return {
    flagged: first.flagged,
    categories: categories.filter(([, flagged]) => flagged === true).map(([category]) => category),
  };
}
