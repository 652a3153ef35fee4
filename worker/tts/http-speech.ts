/** Speech that comes as the body of one HTTP answer, heard from its first bytes on. */
import { type ProviderEndpoint, type ProviderRequest, request } from '../provider/http.ts';
import { ProviderError, withRetries } from '../provider/retry.ts';
import { SpeechBytes } from './speech-bytes.ts';

const TIMEOUT_MS = 10_000;
/** Longest silence inside a stream before it counts as broken off. */
const STALL_MS = 10_000;

export interface SpokenOverHttp
  extends Omit<ProviderRequest, 'signal' | 'timeoutMs' | 'contentType' | 'body'> {
  readonly body: object;
  /** Of audio that does not say its own, hertz. */
  readonly rate: number;
}

/** @throws ProviderError when no audio could be had or it broke off; the abort reason when aborted. */
export async function* httpSpeech(
  endpoint: ProviderEndpoint,
  what: SpokenOverHttp,
  signal: AbortSignal,
): AsyncGenerator<Float32Array, void, undefined> {
  const { reader, first, contentType } = await withRetries(() => open(endpoint, what, signal), { signal });
  const toSamples = new SpeechBytes(contentType, what.rate);
  try {
    let chunk: Uint8Array | undefined = first;
    while (chunk !== undefined) {
      const samples = toSamples.push(chunk);
      if (samples.length > 0) yield samples;
      chunk = await readWithin(reader, STALL_MS, signal);
    }
    const tail = toSamples.flush();
    if (tail.length > 0) yield tail;
  } finally {
    // Also when the consumer stops early: the provider need not synthesise on.
    await reader.cancel().catch(() => {});
  }
}

/** Up to the first bytes of audio: what may be tried again. */
async function open(endpoint: ProviderEndpoint, what: SpokenOverHttp, signal: AbortSignal) {
  const response = await request(endpoint, {
    ...what,
    contentType: 'application/json',
    body: JSON.stringify(what.body),
    signal,
    timeoutMs: TIMEOUT_MS,
  });
  const contentType = response.headers.get('content-type') ?? '';
  if (response.body === null || contentType.includes('json')) {
    await response.body?.cancel();
    throw new ProviderError(
      'tts',
      `tts: ${endpoint.baseUrl} answered ${contentType || 'nothing'} instead of audio`,
      { retryable: false },
    );
  }
  const reader = response.body.getReader();
  const first = await readWithin(reader, TIMEOUT_MS, signal);
  if (first === undefined) throw new ProviderError('tts', 'tts: the answer has no audio in it', {});
  return { reader, first, contentType };
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
