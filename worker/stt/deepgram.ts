/** Speech recognition by Deepgram: over its WebSocket while it is spoken, or whole utterances by `POST /listen`. */
import { z } from 'zod';
import { LISTEN_RATE } from '../audio/rates.ts';
import { deepgramKey } from '../provider/deepgram.ts';
import { request } from '../provider/http.ts';
import { canonicalLanguage, primaryLanguage } from '../provider/language.ts';
import { namesWithin } from './names.ts';
import type { RecognitionRequest, TranscriptionRequest } from './speech-to-text.ts';
import type { Heard, RecognitionDialect } from './streamed-recognition.ts';
import { StreamingRecogniser } from './streaming-recogniser.ts';
import { transcriptIn } from './transcript.ts';

const TIMEOUT_MS = 20_000;
/** A pause that it hears, for microphones that go on sending: shorter than a turn's end, so that words stand by then. */
const ENDPOINTING_MS = 300;
/**
 * It takes 500 tokens of names, and with more recognises nothing without saying so. A made-up name is a token for two
 * letters or so.
 */
const NAMES = { most: 100, mostCharacters: 60, mostWords: 6, mostInAll: 900 };

const channelSchema = z.object({ alternatives: z.array(z.object({ transcript: z.string() })) });
const resultsSchema = z.object({
  type: z.literal('Results'),
  is_final: z.boolean().optional(),
  channel: channelSchema,
});
const metadataSchema = z.object({ type: z.literal('Metadata') });
const errorSchema = z.object({
  type: z.literal('Error'),
  description: z.string().optional(),
  message: z.string().optional(),
});
const messageSchema = z.union([resultsSchema, metadataSchema, errorSchema]);

const recordingSchema = z
  .object({ results: z.object({ channels: z.tuple([channelSchema]) }) })
  .transform(({ results }) => textOf(results.channels[0]));

export class DeepgramRecognition extends StreamingRecogniser {
  protected dialect(what: RecognitionRequest): RecognitionDialect {
    return dialect(this.endpoint.model, what);
  }

  protected async once(what: TranscriptionRequest): Promise<string> {
    const response = await request(this.endpoint, {
      path: '/listen',
      query: recognitionQuery(this.endpoint.model, what),
      keyHeader: deepgramKey,
      body: what.wav,
      contentType: 'audio/wav',
      signal: what.signal,
      timeoutMs: TIMEOUT_MS,
    });
    return await transcriptIn(response, recordingSchema, 'results.channels[0].alternatives', what.signal);
  }
}

function dialect(model: string, what: RecognitionRequest): RecognitionDialect {
  const query = recognitionQuery(model, what);
  query.set('encoding', 'linear16');
  query.set('sample_rate', String(LISTEN_RATE));
  query.set('channels', '1');
  query.set('interim_results', 'true');
  query.set('endpointing', String(ENDPOINTING_MS));
  return {
    path: '/listen',
    query,
    keyHeader: deepgramKey,
    audio: (bytes) => bytes,
    end: JSON.stringify({ type: 'CloseStream' }),
    settle: JSON.stringify({ type: 'Finalize' }),
    keepAlive: JSON.stringify({ type: 'KeepAlive' }),
    read,
  };
}

function read(message: unknown): Heard {
  const parsed = messageSchema.safeParse(message);
  // Of other messages there are many kinds, and none is waited for.
  if (!parsed.success) return undefined;
  const { data } = parsed;
  switch (data.type) {
    case 'Results': {
      const text = textOf(data.channel);
      return data.is_final === true ? { kind: 'final', text, last: false } : { kind: 'interim', text };
    }
    case 'Metadata':
      return { kind: 'over' };
    case 'Error':
      return { kind: 'failed', why: data.description ?? data.message ?? 'an error', retryable: true };
  }
}

function textOf({ alternatives }: z.infer<typeof channelSchema>): string {
  return alternatives[0]?.transcript ?? '';
}

/** What a recording and a stream are told alike. */
export function recognitionQuery(
  model: string,
  { language, names }: Pick<RecognitionRequest, 'language' | 'names'>,
): URLSearchParams {
  const query = new URLSearchParams({ model, punctuate: 'true' });
  const spoken = deepgramLanguage(model, language);
  if (spoken !== undefined) query.set('language', spoken);
  // The models before Nova-3 take single words under another name.
  const [parameter, terms] = isNova3(model)
    ? ['keyterm', names]
    : ['keywords', names.flatMap((name) => name.split(/[\s,;:]+/))];
  for (const name of namesWithin(terms, NAMES)) query.append(parameter, name);
  return query;
}

function isNova3(model: string): boolean {
  return model.startsWith('nova-3');
}

/** Regions and scripts that it tells apart; another one, such as `de-AT`, would be refused. */
const VARIANTS: ReadonlySet<string> = new Set(
  `da-DK de-CH en-AU en-GB en-IN en-NZ en-US es-419 fr-CA ko-KR nl-BE pt-BR pt-PT sv-SE th-TH zh-CN zh-HK zh-Hans
   zh-Hant zh-TW`.split(/\s+/),
);

/** `multi` is Nova-3's mixture of languages. Undefined: the model's own default, English. */
export function deepgramLanguage(model: string, tag: string): string | undefined {
  if (tag === '') return isNova3(model) ? 'multi' : undefined;
  const whole = canonicalLanguage(tag);
  return VARIANTS.has(whole) ? whole : primaryLanguage(tag);
}
