/**
 * Speech synthesis by OpenAI-compatible `POST /audio/speech` (OpenAI, Kokoro, the offline sidecar), streamed.
 *
 * `pcm` is asked for: 24 kHz mono 16-bit without a header, the first sample in the first byte. Servers that
 * answer in WAV all the same are understood, at whatever rate their header names.
 */
import { KAISER, Resampler } from '../../src/audio/resampler.ts';
import { mixToMono, readWavHeader } from '../../src/audio/wav.ts';
import { SampleReader } from '../audio/pcm.ts';
import { SPEAK_RATE } from '../audio/rates.ts';
import { type ProviderEndpoint, request } from '../provider/http.ts';
import { ProviderError, withRetries } from '../provider/retry.ts';
import type { SpeechRequest, TextToSpeech } from './text-to-speech.ts';

/** The rate of OpenAI's `pcm`, hertz. */
const PCM_RATE = 24_000;
/**
 * OpenAI's API has no default voice, it wants one to be named. Servers compatible with it know its voices by name and
 * have one of theirs for each.
 */
const DEFAULT_VOICE = 'alloy';
const TIMEOUT_MS = 10_000;
/** Longest silence inside a stream before it counts as broken off. */
const STALL_MS = 10_000;

export class OpenAiSpeech implements TextToSpeech {
  private readonly endpoint: ProviderEndpoint;

  constructor(endpoint: ProviderEndpoint) {
    this.endpoint = endpoint;
  }

  async *speak(what: SpeechRequest): AsyncGenerator<Float32Array, void, undefined> {
    const { reader, first, contentType } = await withRetries(() => this.open(what), { signal: what.signal });
    const toSamples = new SpeechBytes(contentType);
    try {
      let chunk: Uint8Array | undefined = first;
      while (chunk !== undefined) {
        const samples = toSamples.push(chunk);
        if (samples.length > 0) yield samples;
        chunk = await readWithin(reader, STALL_MS, what.signal);
      }
      const tail = toSamples.flush();
      if (tail.length > 0) yield tail;
    } finally {
      // Also when the consumer stops early: the provider need not synthesise on.
      await reader.cancel().catch(() => {});
    }
  }

  /** Up to the first bytes of audio: what may be tried again. */
  private async open(what: SpeechRequest) {
    const response = await request(this.endpoint, {
      path: '/audio/speech',
      contentType: 'application/json',
      body: JSON.stringify(speechBody(this.endpoint, what)),
      signal: what.signal,
      timeoutMs: TIMEOUT_MS,
    });
    const contentType = response.headers.get('content-type') ?? '';
    if (response.body === null || contentType.includes('json')) {
      throw new ProviderError(
        'tts',
        `tts: ${this.endpoint.baseUrl} answered ${contentType || 'nothing'} instead of audio`,
        {
          retryable: false,
        },
      );
    }
    const reader = response.body.getReader();
    const first = await readWithin(reader, TIMEOUT_MS, what.signal);
    if (first === undefined) throw new ProviderError('tts', 'tts: the answer has no audio in it', {});
    return { reader, first, contentType };
  }
}

/** `pitch` is no field of OpenAI's, which refuses those it does not know: only the sidecar in this pod is told. */
function speechBody({ model, baseUrl }: ProviderEndpoint, what: SpeechRequest): object {
  const { text: input, voice = DEFAULT_VOICE, speed, pitch } = what;
  const body = { model, input, voice, speed, response_format: 'pcm' };
  return pitch === undefined || pitch === 1 || !isLoopback(baseUrl) ? body : { ...body, pitch };
}

function isLoopback(baseUrl: string): boolean {
  const host = URL.canParse(baseUrl) ? new URL(baseUrl).hostname : '';
  return host === 'localhost' || host === '[::1]' || /^127(\.\d+){3}$/.test(host);
}

/** Bytes of PCM or WAV, cut anywhere, to 48 kHz mono. */
export class SpeechBytes {
  private head = new Uint8Array(0);
  private format: { sampleRate: number; channels: number } | undefined;
  private readonly reader = new SampleReader();
  private resampler: Resampler | undefined;
  private remaining = Number.POSITIVE_INFINITY;

  /** @param contentType as answered; `rate=` in it (audio/L16, audio/pcm) is believed. */
  constructor(contentType: string) {
    const rate = /rate=(\d+)/.exec(contentType)?.[1];
    if (rate !== undefined && !/wav/.test(contentType))
      this.format = { sampleRate: Number(rate), channels: 1 };
  }

  push(chunk: Uint8Array): Float32Array {
    if (this.format !== undefined) return this.convert(chunk);
    // Until it is known whether this is RIFF: four bytes say so.
    const bytes = new Uint8Array(this.head.length + chunk.length);
    bytes.set(this.head);
    bytes.set(chunk, this.head.length);
    this.head = bytes;
    if (bytes.length < 4) return new Float32Array(0);
    if (String.fromCharCode(...bytes.subarray(0, 4)) !== 'RIFF') {
      this.format = { sampleRate: PCM_RATE, channels: 1 };
      return this.convert(bytes);
    }
    const wav = readWavHeader(bytes);
    if (wav === undefined) return new Float32Array(0);
    this.format = wav;
    this.remaining = wav.dataBytes;
    return this.convert(bytes.subarray(wav.dataOffset));
  }

  flush(): Float32Array {
    return this.resampler?.flush() ?? new Float32Array(0);
  }

  private convert(chunk: Uint8Array): Float32Array {
    const { sampleRate, channels } = this.format ?? { sampleRate: PCM_RATE, channels: 1 };
    const bytes = chunk.subarray(0, Math.max(0, Math.min(chunk.length, this.remaining)));
    this.remaining -= bytes.length;
    this.resampler ??= new Resampler(sampleRate, SPEAK_RATE, KAISER);
    return this.resampler.push(mixToMono(this.reader.push(bytes), channels));
  }
}

async function readWithin(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  ms: number,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const stalled = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new ProviderError('tts', `tts: the audio stalled for ${ms} ms`, {})), ms);
  });
  try {
    const { done, value } = await Promise.race([reader.read(), stalled]);
    return done ? undefined : value;
  } catch (cause) {
    signal.throwIfAborted();
    if (cause instanceof ProviderError) {
      reader.cancel().catch(() => {});
      throw cause;
    }
    throw new ProviderError(
      'tts',
      `tts: the audio broke off: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  } finally {
    clearTimeout(timer);
  }
}
