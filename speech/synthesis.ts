import { BLACKMAN, clipped, Resampler } from '../src/audio/resampler.ts';
import { toBytes, wavHeader } from '../src/audio/wav.ts';
import { ApiError } from './api-error.ts';
import { LONGEST_TEXT } from './settings.ts';
import type { EspeakSound, EspeakVoices, Manner } from './voice/espeak.ts';
import { espeakVoice, OPENAI_VOICES } from './voice/openai-names.ts';

/** The rate of OpenAI's `pcm`, and so of ours, in samples per second. */
export const SPEECH_RATE = 24_000;

const FORMATS = ['wav', 'pcm'] as const;
type Format = (typeof FORMATS)[number];

/** A body sent to `POST /v1/audio/speech`, checked. */
export interface SpeechRequest {
  readonly text: string;
  readonly manner: Manner;
  readonly format: Format;
}

/** Reads the JSON body. @throws {ApiError} that says which field is at fault. */
export function readSpeechRequest(body: unknown, voices: EspeakVoices): SpeechRequest {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new ApiError(400, 'The body must be a JSON object.');
  }
  const fields = new Map<string, unknown>(Object.entries(body));
  const text = fields.get('input');
  if (typeof text !== 'string' || text.trim() === '') {
    throw new ApiError(400, 'Field "input" must be the text to speak.', { param: 'input' });
  }
  if (text.length > LONGEST_TEXT) {
    throw new ApiError(400, `Field "input" has ${text.length} characters; ${LONGEST_TEXT} are the limit.`, {
      param: 'input',
      code: 'string_above_max_length',
    });
  }
  const named = fields.get('voice');
  const voice = typeof named === 'string' ? espeakVoice(named) : undefined;
  if (voice === undefined || !voices.has(voice)) {
    const problem =
      typeof named === 'string' ? `"${named}" is not a voice here` : 'Field "voice" must be a string';
    throw new ApiError(
      400,
      `${problem}; voices are those of espeak-ng, "language" or "language+variant", such as ${voices.some().join(', ')}, and OpenAI's names: ${OPENAI_VOICES.join(', ')}.`,
      { param: 'voice', code: 'invalid_voice' },
    );
  }
  const wanted = fields.get('response_format') ?? 'wav';
  const format = FORMATS.find((known) => known === wanted);
  if (!format) {
    throw new ApiError(400, `response_format must be one of ${FORMATS.join(', ')}.`, {
      param: 'response_format',
    });
  }
  const manner = { voice, speed: number(fields, 'speed', 0.25, 4), pitch: number(fields, 'pitch', 0, 2) };
  return { text, manner, format };
}

function number(fields: ReadonlyMap<string, unknown>, name: string, least: number, most: number): number {
  const value = fields.get(name) ?? 1;
  if (typeof value === 'number' && value >= least && value <= most) return value;
  throw new ApiError(400, `Field "${name}" must be a number from ${least} to ${most}.`, { param: name });
}

export function contentTypeOf(format: Format): string {
  return format === 'wav' ? 'audio/wav' : `audio/pcm;rate=${SPEECH_RATE};channels=1`;
}

/**
 * The answer's body, piece by piece as espeak-ng speaks: 24 kHz, 16-bit, mono, little-endian. The header of a wav
 * says that its length is not known yet.
 */
export async function* renderSpeech(sound: EspeakSound, format: Format): AsyncGenerator<Uint8Array> {
  if (format === 'wav') yield wavHeader(SPEECH_RATE);
  const resampler = new Resampler(sound.rate, SPEECH_RATE, BLACKMAN);
  for await (const samples of sound.samples()) {
    const output = clipped(resampler.push(Float32Array.from(samples)));
    if (output.length > 0) yield toBytes(output);
  }
  yield toBytes(clipped(resampler.flush()));
}
