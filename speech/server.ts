import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { ApiError } from './api-error.ts';
import { PoolFull, type RecogniserPool } from './recogniser/pool.ts';
import { MOST_UPLOAD_BYTES } from './settings.ts';
import { contentTypeOf, readSpeechRequest, renderSpeech } from './synthesis.ts';
import { readTranscriptionForm, renderTranscription } from './transcription.ts';
import type { EspeakSound, EspeakVoices, Manner } from './voice/espeak.ts';

/** Models as `GET /v1/models` names them; the `model` of a request is not looked at, there is one of each. */
const MODELS = ['pocketsphinx-en-us', 'espeak-ng'];

/** Largest JSON body, in bytes: a text of 4096 characters, however it is escaped. */
const MOST_JSON_BYTES = 64 * 1024;

/** Somebody waits for the bot's answer; later than this, the answer would come to nobody. Milliseconds. */
const PATIENCE = 10_000;

/** A client that was told to wait may come back after this many seconds. */
const RETRY_AFTER = 1;

export interface SpeechServices {
  readonly pool: Pick<RecogniserPool, 'hear'>;
  readonly voices: EspeakVoices;
  readonly speak: (text: string, manner: Manner, signal: AbortSignal) => Promise<EspeakSound>;
  /** Texts spoken at the same time; one more is refused with 429. */
  readonly mostSpoken: number;
}

export interface SpeechServerOptions {
  /** What it serves with, once the models are loaded; rejected when they will not be. */
  readonly services: Promise<SpeechServices>;
  /** Whether requests from other addresses than loopback get more than `/healthz`. */
  readonly openToNetwork: boolean;
  /** How long a request waits for the models, in milliseconds. @defaultValue 10 000 */
  readonly patience?: number;
  readonly log: (level: 'info' | 'warn' | 'error', message: string, fields: Record<string, unknown>) => void;
}

/** The sidecar's HTTP interface: OpenAI's audio endpoints, and its health. The caller listens and closes. */
export function createSpeechServer(options: SpeechServerOptions): Server {
  const api = new SpeechApi(options);
  const server = createServer((request, response) => void api.handle(request, response));
  server.requestTimeout = 30_000;
  return server;
}

class SpeechApi {
  private readonly options: SpeechServerOptions;
  private services: SpeechServices | undefined;
  private spoken = 0;

  constructor(options: SpeechServerOptions) {
    this.options = options;
    options.services.then(
      (services) => {
        this.services = services;
      },
      () => {}, // whoever loads them says why; requests are refused
    );
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const started = performance.now();
    const path = (request.url ?? '/').split('?')[0] ?? '/';
    const gone = new AbortController();
    response.once('close', () => gone.abort(new Error('the client left')));
    let detail: Record<string, unknown> = {};
    try {
      detail = await this.route(path, request, response, gone.signal);
    } catch (error) {
      detail = { error: error instanceof Error ? error.message : String(error) };
      if (!gone.signal.aborted) this.refuse(response, error);
    }
    if (path === '/healthz') return;
    const fields = {
      path,
      status: response.statusCode,
      ms: Math.round(performance.now() - started),
      ...detail,
    };
    if (gone.signal.aborted && !response.writableFinished) this.options.log('info', 'client left', fields);
    else this.options.log(response.statusCode >= 500 ? 'error' : 'info', 'answered', fields);
  }

  private async route(
    path: string,
    request: IncomingMessage,
    response: ServerResponse,
    signal: AbortSignal,
  ): Promise<Record<string, unknown>> {
    if (path === '/healthz') {
      const ready = this.services !== undefined;
      sendText(response, ready ? 200 : 503, ready ? 'ok\n' : 'the models are still loading\n');
      return {};
    }
    if (!this.options.openToNetwork && !isLoopback(request.socket.remoteAddress)) {
      throw new ApiError(403, 'This server answers clients in its own pod only (SKALD_SPEECH_CLIENTS=pod).');
    }
    switch (path) {
      case '/v1/models':
        allow(request, 'GET');
        if (this.services === undefined) throw stillLoading();
        sendJson(response, 200, {
          object: 'list',
          data: MODELS.map((id) => ({ id, object: 'model', created: 0, owned_by: 'skald' })),
        });
        return {};
      case '/v1/audio/transcriptions':
        allow(request, 'POST');
        return await this.transcribe(request, response, signal);
      case '/v1/audio/speech':
        allow(request, 'POST');
        return await this.speak(request, response, signal);
      default:
        throw new ApiError(404, `There is nothing at ${path}.`);
    }
  }

  /** Also those who ask before the models are loaded are answered: the request waits here. */
  private async loaded(signal: AbortSignal): Promise<SpeechServices> {
    if (this.services !== undefined) return this.services;
    const { promise: over, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => reject(stillLoading()), this.options.patience ?? PATIENCE);
    const leave = () => reject(signal.reason);
    signal.addEventListener('abort', leave, { once: true });
    try {
      signal.throwIfAborted();
      const services = this.options.services.catch(() => {
        throw new ApiError(503, 'The models are not loaded, and will not be.', { code: 'loading' });
      });
      return await Promise.race([services, over]);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', leave);
    }
  }

  private async transcribe(
    request: IncomingMessage,
    response: ServerResponse,
    signal: AbortSignal,
  ): Promise<Record<string, unknown>> {
    const type = request.headers['content-type'] ?? '';
    expectType(type, 'multipart/form-data');
    const body = await readBody(request, MOST_UPLOAD_BYTES);
    const form = await new Response(body, { headers: { 'content-type': type } }).formData().catch((cause) => {
      throw new ApiError(
        400,
        `The body is not a readable multipart form: ${String(cause?.message ?? cause)}.`,
      );
    });
    const asked = await readTranscriptionForm(form);
    const services = await this.loaded(signal);
    const recognition = await services.pool.hear(asked.samples, asked.prompt, signal);
    const answer = renderTranscription(asked, recognition);
    const unknown = recognition.outOfVocabulary.map(encodeURIComponent).join(', ');
    response.writeHead(200, {
      'content-type': answer.type,
      'content-length': Buffer.byteLength(answer.body),
      ...(unknown ? { 'x-skald-out-of-vocabulary': unknown } : {}),
    });
    response.end(answer.body);
    return { audioSeconds: Math.round(asked.seconds * 100) / 100, words: recognition.words.length };
  }

  private async speak(
    request: IncomingMessage,
    response: ServerResponse,
    signal: AbortSignal,
  ): Promise<Record<string, unknown>> {
    expectType(request.headers['content-type'] ?? '', 'application/json');
    // Read before it waits: only from a connection that is read is it known when the client leaves.
    const body = parseJson(await readBody(request, MOST_JSON_BYTES));
    const services = await this.loaded(signal);
    const asked = readSpeechRequest(body, services.voices);
    if (this.spoken >= services.mostSpoken) throw new PoolFull(`${this.spoken} texts are being spoken`);
    this.spoken++;
    try {
      const sound = await services.speak(asked.text, asked.manner, signal);
      response.writeHead(200, { 'content-type': contentTypeOf(asked.format) });
      for await (const piece of renderSpeech(sound, asked.format)) {
        if (!response.write(piece)) await once(response, 'drain', { signal });
      }
      response.end();
    } finally {
      this.spoken--;
    }
    return { characters: asked.text.length, voice: asked.manner.voice };
  }

  private refuse(response: ServerResponse, error: unknown): void {
    if (response.headersSent) {
      response.destroy(); // a stream cut short must not look like one that ended
      return;
    }
    const refusal = asApiError(error);
    // After a refused upload the rest of it may still be on its way: the connection cannot be used again.
    if (refusal.status === 413) response.setHeader('connection', 'close');
    if (refusal.status === 429 || refusal.status === 503)
      response.setHeader('retry-after', String(RETRY_AFTER));
    sendJson(response, refusal.status, refusal.body);
  }
}

function stillLoading(): ApiError {
  return new ApiError(503, 'The models are still loading.', { code: 'loading' });
}

function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof PoolFull) {
    return new ApiError(429, `Too much at once: ${error.message}. Try again shortly.`, {
      code: 'queue_full',
    });
  }
  const message = error instanceof Error ? error.message : String(error);
  return new ApiError(500, `The request was understood but failed here: ${message}`);
}

async function readBody(request: IncomingMessage, most: number): Promise<Buffer<ArrayBuffer>> {
  const tooLarge = () =>
    new ApiError(413, `The body is larger than ${most} bytes.`, { code: 'body_too_large' });
  if (Number(request.headers['content-length'] ?? 0) > most) throw tooLarge();
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of request) {
    const bytes = Buffer.from(piece);
    size += bytes.length;
    if (size > most) throw tooLarge();
    pieces.push(bytes);
  }
  return Buffer.concat(pieces);
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw new ApiError(
      400,
      `The body is not JSON: ${error instanceof Error ? error.message : String(error)}.`,
    );
  }
}

function expectType(actual: string, expected: string): void {
  if (actual.split(';')[0]?.trim().toLowerCase() === expected) return;
  throw new ApiError(
    415,
    `The content type must be ${expected}, not ${actual === '' ? 'absent' : `"${actual}"`}.`,
  );
}

function allow(request: IncomingMessage, method: string): void {
  if (request.method !== method) throw new ApiError(405, `Use ${method}, not ${request.method}.`);
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}

function sendText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain', 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

function isLoopback(address: string | undefined): boolean {
  return address !== undefined && /^(::ffff:)?127\.|^::1$/.test(address);
}
