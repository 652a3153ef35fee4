import type { ZodType } from 'zod';
import { ProviderError } from '../provider/retry.ts';

/**
 * The transcript in the JSON that answers a recording.
 *
 * @param schema finds the text; @param field what is missing when it does not, for the error
 * @throws ProviderError when there is none; the abort reason when aborted.
 */
export async function transcriptIn(
  response: Response,
  schema: ZodType<string>,
  field: string,
  signal: AbortSignal,
): Promise<string> {
  const answer: unknown = await response.json().catch((cause: unknown) => {
    signal.throwIfAborted();
    throw new ProviderError('stt', 'stt: the transcription is no JSON', { cause });
  });
  const found = schema.safeParse(answer);
  if (found.success) return found.data.trim();
  throw new ProviderError('stt', `stt: the transcription has no "${field}"`, { retryable: false });
}
