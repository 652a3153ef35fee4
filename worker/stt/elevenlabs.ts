/** Speech recognition by ElevenLabs (Scribe): over its WebSocket while it is spoken, or whole utterances by `POST /speech-to-text`. */
import { z } from 'zod';
import { readWavHeader } from '../../src/audio/wav.ts';
import { LISTEN_RATE } from '../audio/rates.ts';
import { elevenLabsKey } from '../provider/elevenlabs.ts';
import { request } from '../provider/http.ts';
import { primaryLanguage } from '../provider/language.ts';
import { namesWithin } from './names.ts';
import type { RecognitionRequest, TranscriptionRequest } from './speech-to-text.ts';
import type { Heard, RecognitionDialect } from './streamed-recognition.ts';
import { StreamingRecogniser } from './streaming-recogniser.ts';
import { transcriptIn } from './transcript.ts';

const TIMEOUT_MS = 20_000;
/** The model of the WebSocket is the other one's name with this behind it. */
const REALTIME = '_realtime';
/** More than 100 names make each recording cost as much as 20 s. */
const NAMES = { most: 100, mostCharacters: 49, mostWords: 5, mostInAll: Number.POSITIVE_INFINITY };
const REALTIME_NAMES = { ...NAMES, most: 50, mostCharacters: 20 };

const transcriptTypes = z.enum(['partial_transcript', 'committed_transcript']);
const messageSchema = z.union([
  z.object({ message_type: transcriptTypes, text: z.string() }),
  z.object({ message_type: z.string(), error: z.string() }),
]);
const recordingSchema = z.object({ text: z.string() }).transform(({ text }) => text);

/** Errors that a second try cannot mend. */
const FINAL_ERRORS: ReadonlySet<string> = new Set([
  'auth_error',
  'quota_exceeded',
  'unaccepted_terms_error',
  'input_error',
  'chunk_size_exceeded',
]);

export class ElevenLabsRecognition extends StreamingRecogniser {
  protected dialect(what: RecognitionRequest): RecognitionDialect {
    return dialect(this.endpoint.model, what);
  }

  protected async once(what: TranscriptionRequest): Promise<string> {
    const form = new FormData();
    form.set('model_id', recordingModel(this.endpoint.model));
    // Without its header, a recording is understood sooner.
    form.set('file_format', `pcm_s16le_${LISTEN_RATE / 1000}`);
    form.set(
      'file',
      new Blob([what.wav.subarray(readWavHeader(what.wav)?.dataOffset ?? 0)]),
      'utterance.pcm',
    );
    form.set('tag_audio_events', 'false');
    form.set('timestamps_granularity', 'none');
    const language = primaryLanguage(what.language);
    if (language !== '') form.set('language_code', language);
    for (const name of namesWithin(what.names, NAMES)) form.append('keyterms', name);
    const response = await request(this.endpoint, {
      path: '/speech-to-text',
      keyHeader: elevenLabsKey,
      body: form,
      signal: what.signal,
      timeoutMs: TIMEOUT_MS,
    });
    return await transcriptIn(response, recordingSchema, 'text', what.signal);
  }
}

export function recordingModel(model: string): string {
  return model.endsWith(REALTIME) ? model.slice(0, -REALTIME.length) : model;
}

export function realtimeModel(model: string): string {
  return `${recordingModel(model)}${REALTIME}`;
}

function dialect(model: string, what: RecognitionRequest): RecognitionDialect {
  const query = new URLSearchParams({
    model_id: realtimeModel(model),
    audio_format: `pcm_${LISTEN_RATE}`,
    // The turn's end is known here.
    commit_strategy: 'manual',
  });
  const language = primaryLanguage(what.language);
  if (language !== '') query.set('language_code', language);
  for (const name of namesWithin(what.names, REALTIME_NAMES)) query.append('keyterms', name);
  return {
    path: '/speech-to-text/realtime',
    query,
    keyHeader: elevenLabsKey,
    audio: (bytes) => chunk(bytes, false),
    end: chunk(new Uint8Array(0), true),
    read,
  };
}

function chunk(bytes: Uint8Array, commit: boolean): string {
  const audio = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
  return JSON.stringify({
    message_type: 'input_audio_chunk',
    audio_base_64: audio,
    commit,
    sample_rate: LISTEN_RATE,
  });
}

function read(message: unknown, ended: boolean): Heard {
  const parsed = messageSchema.safeParse(message);
  if (!parsed.success) return undefined;
  const { data } = parsed;
  if ('error' in data) {
    // Too little was said to be recognised.
    if (ended && data.message_type === 'insufficient_audio_activity') return { kind: 'over' };
    return {
      kind: 'failed',
      why: `${data.message_type}: ${data.error}`,
      retryable: !FINAL_ERRORS.has(data.message_type),
    };
  }
  return data.message_type === 'partial_transcript'
    ? { kind: 'interim', text: data.text }
    : { kind: 'final', text: data.text, last: ended };
}
