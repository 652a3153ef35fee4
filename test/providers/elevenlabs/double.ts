/**
 * Stands in for ElevenLabs, as its documentation describes it ("Realtime Speech to Text", "Transcripts and commit
 * strategies", "Create transcript", "Stream speech"):
 *
 *     WS   /v1/speech-to-text/realtime          input_audio_chunk; session_started, partial_ and committed_transcript
 *     POST /v1/speech-to-text                   a form with raw or other audio
 *     POST /v1/text-to-speech/{voice}/stream    {text, model_id, …}; pcm of the rate that is asked for
 */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import { type Answer, Refusal } from '../answer.ts';
import { buzz } from '../audio.ts';
import {
  Dictation,
  type Talk,
  VendorDouble,
  type VendorDoubleOptions,
  type VendorRequest,
} from '../vendor-double.ts';

export type ElevenLabsEndpoint = 'stream' | 'transcribe' | 'speak';

type Asked = VendorRequest<ElevenLabsEndpoint>;

export interface ElevenLabsOptions extends VendorDoubleOptions {
  /** The highest rate of `pcm` that the account's plan includes, hertz. @defaultValue 48000 */
  readonly mostRate?: number;
}

const SPOKEN = /^\/v1\/text-to-speech\/([^/]+)\/stream$/;
const LANGUAGE = /^[a-z]{2,3}$/;

const speechSchema = z.looseObject({
  text: z.string().min(1),
  model_id: z.string().min(1),
  language_code: z.string().regex(LANGUAGE).optional(),
  voice_settings: z.looseObject({ speed: z.number().min(0.7).max(1.2).default(1) }).default({ speed: 1 }),
});
const chunkSchema = z.looseObject({
  message_type: z.literal('input_audio_chunk'),
  audio_base_64: z.base64(),
  commit: z.boolean(),
  sample_rate: z.literal(16_000),
});
const formSchema = z.looseObject({
  model_id: z.tuple([z.enum(['scribe_v1', 'scribe_v2'])]),
  language_code: z.tuple([z.string().regex(LANGUAGE)]).optional(),
  keyterms: z.array(z.string().max(49)).max(1000).optional(),
});

export class ElevenLabsDouble extends VendorDouble<ElevenLabsEndpoint> {
  private readonly mostRate: number;

  constructor(options: ElevenLabsOptions = {}) {
    super(options);
    this.mostRate = options.mostRate ?? 48_000;
  }

  protected endpointOf(method: string, path: string): ElevenLabsEndpoint | undefined {
    if (method === 'WS') return path === '/v1/speech-to-text/realtime' ? 'stream' : undefined;
    if (path === '/v1/speech-to-text') return 'transcribe';
    return SPOKEN.test(path) ? 'speak' : undefined;
  }

  protected keyOf(request: IncomingMessage): string | undefined {
    const key = request.headers['xi-api-key'];
    return typeof key === 'string' ? key : undefined;
  }

  protected keyHeader(apiKey: string): string {
    return apiKey;
  }

  protected refusal({ status, message, code }: Refusal): object {
    const name = status === 429 ? 'too_many_concurrent_requests' : 'bad_request';
    return { detail: { status: code ?? name, message } };
  }

  protected async answer(record: Asked, answer: Answer): Promise<void> {
    if (record.endpoint === 'speak') return await this.speak(record, answer);
    const form = formSchema.safeParse(record.body);
    if (!form.success) throw new Refusal(422, z.prettifyError(form.error));
    if (record.audio.length < 3200)
      throw new Refusal(400, 'Audio is too short.', { code: 'audio_too_short' });
    record.text = new Dictation(this.recognise(record.audio)).text;
    await answer.json({ language_code: 'eng', language_probability: 1, text: record.text, words: [] });
  }

  protected async talk(record: Asked, talk: Talk): Promise<void> {
    const { query } = record;
    if (query.get('model_id') !== 'scribe_v2_realtime' || query.get('audio_format') !== 'pcm_16000')
      return refuse(talk, 'input_error', 'Unknown model or format.');
    const terms = query.getAll('keyterms');
    if (terms.length > 50 || terms.some((term) => term.length > 20))
      return refuse(talk, 'input_error', 'Too many or too long keyterms.');
    if (!LANGUAGE.test(query.get('language_code') ?? 'en'))
      return refuse(talk, 'input_error', 'Unknown language.');
    talk.send({ message_type: 'session_started', session_id: randomUUID(), config: { sample_rate: 16_000 } });
    let dictation: Dictation | undefined;
    for await (const message of talk.messages()) {
      const chunk = chunkSchema.safeParse(JSON.parse(message.toString()));
      if (!chunk.success) return refuse(talk, 'input_error', z.prettifyError(chunk.error));
      if (talk.fault.errorMessage === true)
        return refuse(talk, 'transcriber_error', `the model failed for ${record.key}`);
      record.audio = Buffer.concat([record.audio, Buffer.from(chunk.data.audio_base_64, 'base64')]);
      dictation ??= new Dictation(this.recognise(record.audio));
      for (const { text, final } of dictation.at(record.audio.length / 32_000))
        talk.send({ message_type: final ? 'committed_transcript' : 'partial_transcript', text });
      if (!chunk.data.commit) continue;
      record.messages.push({ commit: true });
      record.text = dictation.text;
      talk.send({ message_type: 'committed_transcript', text: dictation.rest() });
      record.complete = true;
    }
  }

  private async speak(record: Asked, answer: Answer): Promise<void> {
    const parsed = speechSchema.safeParse(record.body);
    if (!parsed.success) throw new Refusal(422, z.prettifyError(parsed.error));
    const rate = Number(/^pcm_(\d+)$/.exec(record.query.get('output_format') ?? '')?.[1] ?? Number.NaN);
    if (!(rate <= this.mostRate)) {
      const message = `Output format pcm_${rate} is not included in your plan.`;
      throw new Refusal(403, message, { code: 'output_format_not_allowed' });
    }
    const { text, voice_settings: settings } = parsed.data;
    record.text = text;
    const voice = SPOKEN.exec(record.path)?.[1] ?? '';
    await answer.begin({ 'content-type': 'audio/pcm' });
    for (const piece of buzz(text, voice, { rate, speed: settings.speed })) await answer.piece(piece);
    answer.end();
  }
}

function refuse(talk: Talk, type: string, error: string): void {
  talk.send({ message_type: type, error });
  talk.close(1008, type);
}
