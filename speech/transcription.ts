import { BLACKMAN, resample } from '../src/audio/resampler.ts';
import { readWav, toMono, WavError } from '../src/audio/wav.ts';
import { ApiError } from './api-error.ts';
import { namesInPrompt, type PromptNames } from './recogniser/names.ts';
import type { RecognisedWord } from './recogniser/process.ts';
import { RATE, type Recognition } from './recogniser/recogniser.ts';
import { LONGEST_RECORDING } from './settings.ts';

const FORMATS = ['json', 'text', 'verbose_json'] as const;
type Format = (typeof FORMATS)[number];

/** A form sent to `POST /v1/audio/transcriptions`, understood and ready for the recogniser. */
export interface TranscriptionRequest {
  /** 16 kHz, one channel. */
  readonly samples: Int16Array;
  readonly seconds: number;
  readonly prompt: PromptNames;
  readonly format: Format;
}

/** Reads the form. @throws {ApiError} that says which field is at fault. */
export async function readTranscriptionForm(form: FormData): Promise<TranscriptionRequest> {
  const file = form.get('file');
  if (file === null || typeof file === 'string') {
    throw new ApiError(400, 'The form has no field "file" with a recording in it.', { param: 'file' });
  }
  const language = textOf(form, 'language') || 'en';
  if (!/^en(glish)?\b/i.test(language)) {
    throw new ApiError(
      400,
      `Language "${language}" is not understood; the recogniser's model is English ("en").`,
      {
        param: 'language',
        code: 'unsupported_language',
      },
    );
  }
  const format = FORMATS.find((known) => known === (textOf(form, 'response_format') || 'json'));
  if (!format) {
    throw new ApiError(400, `response_format must be one of ${FORMATS.join(', ')}.`, {
      param: 'response_format',
    });
  }
  const { samples, seconds } = readRecording(new Uint8Array(await file.arrayBuffer()));
  return { samples, seconds, prompt: namesInPrompt(textOf(form, 'prompt')), format };
}

function readRecording(bytes: Uint8Array): { samples: Int16Array; seconds: number } {
  try {
    const pcm = readWav(bytes);
    const seconds = pcm.samples.length / pcm.channels / pcm.rate;
    if (seconds > LONGEST_RECORDING) {
      throw new ApiError(
        413,
        `The recording is ${seconds.toFixed(1)} s long; ${LONGEST_RECORDING} s are the limit.`,
        {
          param: 'file',
          code: 'audio_too_long',
        },
      );
    }
    return { samples: resample(toMono(pcm), pcm.rate, RATE, BLACKMAN), seconds };
  } catch (error) {
    if (!(error instanceof WavError)) throw error;
    throw new ApiError(400, `The recording cannot be read as wav: ${error.message}.`, {
      param: 'file',
      code: 'invalid_audio',
    });
  }
}

function textOf(form: FormData, name: string): string {
  const value = form.get(name);
  return typeof value === 'string' ? value.trim() : '';
}

/** The answer's body and content type, in the format that was asked for. */
export function renderTranscription(
  { format, seconds }: Pick<TranscriptionRequest, 'format' | 'seconds'>,
  { words }: Recognition,
): { type: string; body: string } {
  const text = sentence(words);
  if (format === 'text') return { type: 'text/plain; charset=utf-8', body: `${text}\n` };
  const brief = { text };
  const body = format === 'json' ? brief : { ...brief, ...verbose(words, text, seconds) };
  return { type: 'application/json', body: JSON.stringify(body) };
}

/** The recogniser writes in lower case and without punctuation; only what is certain is put right. */
function sentence(words: readonly RecognisedWord[]): string {
  const spelled = words.map(({ word }) => word.replace(/^i(?=$|')/, 'I').replace(/^([a-z])\.$/, '$1'));
  const text = spelled.join(' ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function verbose(words: readonly RecognisedWord[], text: string, seconds: number): object {
  const timed = words.map(({ word, start, end }) => ({ word, start: round(start), end: round(end) }));
  const logarithms = words.map(({ posterior }) => Math.log(Math.max(posterior, 1e-4)));
  const average = logarithms.reduce((sum, value) => sum + value, 0) / Math.max(1, words.length);
  const segment = {
    id: 0,
    seek: 0,
    start: timed[0]?.start ?? 0,
    end: timed.at(-1)?.end ?? 0,
    text,
    tokens: [],
    temperature: 0,
    avg_logprob: round(average),
    compression_ratio: 1,
    no_speech_prob: words.length === 0 ? 1 : 0,
  };
  return {
    task: 'transcribe',
    language: 'english',
    duration: round(seconds),
    words: timed,
    segments: words.length === 0 ? [] : [segment],
  };
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
