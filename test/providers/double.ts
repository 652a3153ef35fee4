import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { z } from 'zod';
import { Answer, Refusal, realWait, refusalFor, type Wait } from './answer.ts';
import { speak, transcribe } from './audio.ts';
import { completeChat } from './chat.ts';
import { type Endpoint, FaultPlan, type Faults, faultsSchema } from './faults.ts';
import { KnownRecordings } from './recordings.ts';

/** What was asked of the double, in the order in which it came. */
export interface RecordedRequest {
  readonly endpoint: Endpoint;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** The JSON body, or the form's fields with the file's size in its place. */
  readonly body: unknown;
  /** Status answered; 0 when the connection was cut before it. */
  status: number;
  /** The text that was answered, spoken or recognised; absent when refused. */
  text?: string;
  /** Whether the whole answer was sent: false when it was cut, or the client left. */
  complete: boolean;
  /** When the client left before it had the whole answer, milliseconds since the epoch. */
  leftAt?: number;
  /** How long the first piece was really held back, milliseconds: timers overshoot. Absent where nothing was to wait for. */
  heldMs?: number;
}

export interface ProviderDoubleOptions {
  /** @defaultValue 127.0.0.1 */
  readonly host?: string;
  /** @defaultValue one that is free */
  readonly port?: number;
  /** The key that clients must send; without it any key, or none, will do. */
  readonly apiKey?: string;
  readonly faults?: Faults;
  /** How the faults' times pass. @defaultValue real time */
  readonly wait?: Wait;
}

const transcriptsSchema = z.strictObject({ texts: z.array(z.string()) });
const recordingSchema = z.strictObject({ text: z.string(), wav: z.base64() });

/**
 * Stands in for AI vendors that speak OpenAI's HTTP interface: chat completions (answered in character), recognition
 * and voices. It is driven from inside a test (`faults`, `script`, `requests`) or over HTTP:
 *
 *     POST /control/faults       {chat?, transcriptions?, speech?}   see {@link Faults}; replaces all
 *     POST /control/transcripts  {texts}                             what the next recordings say
 *     POST /control/recordings   {text, wav}                         what this one says (base64), whenever it comes
 *     GET  /control/requests                                         what was asked so far
 */
export class ProviderDouble implements AsyncDisposable {
  readonly requests: RecordedRequest[] = [];
  private readonly options: ProviderDoubleOptions;
  private readonly faults: FaultPlan;
  private readonly scripted: string[] = [];
  private assumed: string | undefined;
  private readonly recordings = new KnownRecordings();
  private server: Server | undefined;

  constructor(options: ProviderDoubleOptions = {}) {
    this.options = options;
    this.faults = new FaultPlan(options.faults);
  }

  async start(): Promise<void> {
    if (this.server) throw new Error('the provider double was started before');
    const server = createServer((request, response) => void this.handle(request, response));
    this.server = server;
    server.listen(this.options.port ?? 0, this.options.host ?? '127.0.0.1');
    await once(server, 'listening');
  }

  /** Ends at once: open streams are cut. */
  async stop(): Promise<void> {
    const server = this.server;
    this.server = undefined;
    if (!server) return;
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /** Where it listens, such as `http://127.0.0.1:4000`; the API's base URL is this with `/v1`. */
  get url(): string {
    const address = this.server?.address();
    if (!address || typeof address === 'string') throw new Error('the provider double is not started');
    const host = address.family === 'IPv6' ? `[${address.address}]` : address.address;
    return `http://${host}:${address.port}`;
  }

  /** The base URL to configure in a client. */
  get baseURL(): string {
    return `${this.url}/v1`;
  }

  /** Replaces all faults; an empty object makes everything healthy. */
  setFaults(faults: Faults): void {
    this.faults.set(faults);
  }

  /** What this recording is recognised as, however often it comes; ahead of what is scripted. */
  learn(text: string, wav: Uint8Array): void {
    this.recordings.add(text, wav);
  }

  /** What every recording is recognised as from now on, where nothing else is known or scripted. */
  assume(text: string): void {
    this.assumed = text;
  }

  /** What the next recordings will be recognised as, one text each; added to those still waiting. */
  script(...texts: string[]): void {
    this.scripted.push(...texts);
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await this.route(request, response);
    } catch (error) {
      if (response.destroyed || response.headersSent) {
        response.destroy();
        return;
      }
      const refusal = error instanceof Refusal ? error : new Refusal(500, String(error));
      sendJson(response, refusal.status, {
        error: { message: refusal.message, type: refusal.type, param: refusal.param, code: refusal.code },
      });
    }
  }

  private async route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '/').split('?')[0] ?? '/';
    switch (`${request.method} ${path}`) {
      case 'GET /healthz':
        return sendJson(response, 200, { status: 'ok' });
      case 'POST /control/faults':
        this.setFaults(parseControl(faultsSchema, await readJson(request)));
        return sendJson(response, 200, {});
      case 'POST /control/transcripts':
        this.script(...parseControl(transcriptsSchema, await readJson(request)).texts);
        return sendJson(response, 200, {});
      case 'POST /control/recordings': {
        const { text, wav } = parseControl(recordingSchema, await readJson(request));
        this.learn(text, Buffer.from(wav, 'base64'));
        return sendJson(response, 200, {});
      }
      case 'GET /control/requests':
        return sendJson(response, 200, { requests: this.requests });
    }
    this.authorise(request);
    switch (`${request.method} ${path}`) {
      case 'GET /v1/models':
        return sendJson(response, 200, {
          object: 'list',
          data: ['double', 'double-stt', 'double-tts'].map((id) => ({
            id,
            object: 'model',
            created: 1_700_000_000,
            owned_by: 'skald',
          })),
        });
      case 'POST /v1/chat/completions': {
        const body = await readJson(request);
        return this.answer('chat', body, response, (answer) => completeChat(body, answer));
      }
      case 'POST /v1/audio/speech': {
        const body = await readJson(request);
        return this.answer('speech', body, response, (answer) => speak(body, answer));
      }
      case 'POST /v1/audio/transcriptions': {
        const form = await readForm(request);
        return this.answer('transcriptions', describe(form), response, (answer) =>
          transcribe(
            form,
            (wav) => this.recordings.recognise(wav) ?? this.scripted.shift() ?? this.assumed,
            answer,
          ),
        );
      }
      default:
        throw new Refusal(404, `Invalid URL (${request.method} ${path})`);
    }
  }

  private async answer(
    endpoint: Endpoint,
    body: unknown,
    response: ServerResponse,
    respond: (answer: Answer) => Promise<string>,
  ): Promise<void> {
    const record: RecordedRequest = { endpoint, at: Date.now(), body, status: 0, complete: false };
    this.requests.push(record);
    const fault = this.faults.next(endpoint);
    const answer = new Answer(response, fault, this.options.wait ?? realWait);
    response.once('close', () => {
      if (!response.writableFinished) record.leftAt = Date.now();
    });
    try {
      if (fault.status !== undefined) {
        if (fault.retryAfter !== undefined) response.setHeader('retry-after', String(fault.retryAfter));
        throw refusalFor(
          fault.status,
          fault.repeatKey === true ? response.req.headers.authorization : undefined,
        );
      }
      record.text = await respond(answer);
      record.complete = true;
    } catch (error) {
      if (error instanceof Refusal) record.status = error.status;
      throw error;
    } finally {
      if (answer.heldMs !== undefined) record.heldMs = answer.heldMs;
      if (response.headersSent) record.status = response.statusCode;
    }
  }

  private authorise(request: IncomingMessage): void {
    const { apiKey } = this.options;
    if (apiKey === undefined) return;
    const { authorization } = request.headers;
    if (authorization === undefined) {
      throw new Refusal(
        401,
        "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth.",
      );
    }
    if (authorization !== `Bearer ${apiKey}`) {
      throw new Refusal(401, 'Incorrect API key provided.', { code: 'invalid_api_key' });
    }
  }
}

function parseControl<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body);
  if (!parsed.success) throw new Refusal(400, z.prettifyError(parsed.error));
  return parsed.data;
}

async function readBody(request: IncomingMessage): Promise<Buffer<ArrayBuffer>> {
  const pieces: Uint8Array[] = [];
  for await (const piece of request) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const text = (await readBody(request)).toString('utf8');
  try {
    return JSON.parse(text);
  } catch {
    throw new Refusal(400, 'We could not parse the JSON body of your request.');
  }
}

async function readForm(request: IncomingMessage): Promise<FormData> {
  const headers = { 'content-type': request.headers['content-type'] ?? '' };
  const body = await readBody(request);
  try {
    return await new Response(body, { headers }).formData();
  } catch {
    throw new Refusal(400, 'Could not parse multipart form');
  }
}

function describe(form: FormData): Record<string, string> {
  const described: Record<string, string> = {};
  for (const [name, value] of form)
    described[name] = typeof value === 'string' ? value : `${value.size} bytes`;
  return described;
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
