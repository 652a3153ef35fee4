/**
 * Stands in for a vendor of speech to speech: OpenAI's Realtime API over a WebSocket, as its API reference describes the
 * generally available version ("Realtime: client events", "Realtime: server events"). It answers each `response.create`
 * with scripted words, and with a tone as long as they take to say, faster than they are said.
 */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type WebSocket, WebSocketServer } from 'ws';

/** Sound in a second, bytes: 24 kHz, 16 bit. */
const BYTES_PER_SECOND = 48_000;
/** How long a word takes to say, milliseconds. */
export const MS_PER_WORD = 300;

export interface RealtimeFault {
  /** The handshake is refused with this status. */
  readonly status?: number;
  /** Takes `response.create` and never answers. */
  readonly silent?: boolean;
  /** Cuts the connection after so many words; 0: when the answer is asked for. */
  readonly cutAfterWords?: number;
  /** An `error` event instead of an answer. */
  readonly error?: { readonly type: string; readonly code: string; readonly param?: string };
  /** The response fails. */
  readonly failed?: { readonly type: string; readonly code: string };
  /** Something that is no JSON. */
  readonly malformed?: boolean;
  /** Uses this tool first. */
  readonly callTool?: { readonly name: string; readonly arguments: string };
  /** Sends nothing more after so many words, until the response is cancelled. */
  readonly pauseAfterWords?: number;
  /** How many responses (or handshakes) this holds for. @defaultValue all */
  readonly times?: number;
}

export interface ClientEvent {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** A connection's life. */
export interface RealtimeRecord {
  readonly authorization: string | undefined;
  readonly url: string;
  /** What the client sent, in order; sound is left out. */
  readonly events: ClientEvent[];
  /** Seconds of sound in each message of the client's that had any. */
  readonly heardSeconds: number[];
  closed: boolean;
}

interface Item {
  readonly id: string;
  ms: number;
}

export class RealtimeDouble implements AsyncDisposable {
  readonly connections: RealtimeRecord[] = [];
  /** What it says next, one text for each answer. */
  readonly script: string[] = [];
  fault: RealtimeFault = {};
  private readonly apiKey: string | undefined;
  private readonly http: Server = createServer();
  private readonly sockets = new Set<WebSocket>();
  private numbers = 0;

  /** @param apiKey the key that clients must send; without it any, or none */
  constructor(apiKey?: string) {
    this.apiKey = apiKey;
    const server = new WebSocketServer({ noServer: true });
    this.http.on('upgrade', (request, socket, head) => {
      const { authorization } = request.headers;
      const wrong = this.apiKey !== undefined && authorization !== `Bearer ${this.apiKey}`;
      const status = wrong ? 401 : this.take('status');
      if (status !== undefined) {
        const body = JSON.stringify({
          error: { message: `Refused: ${authorization}`, type: 'invalid_request_error' },
        });
        socket.end(
          `HTTP/1.1 ${status} Refused\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
        );
        return;
      }
      server.handleUpgrade(request, socket, head, (client) =>
        this.serve(client, authorization, request.url ?? ''),
      );
    });
  }

  async start(): Promise<void> {
    this.http.listen(0, '127.0.0.1');
    await once(this.http, 'listening');
  }

  get baseURL(): string {
    const address = this.http.address();
    if (!address || typeof address === 'string') throw new Error('the realtime double is not started');
    return `http://127.0.0.1:${address.port}/v1`;
  }

  /** Ends all connections, as a vendor does after an hour. */
  hangUp(): void {
    for (const socket of this.sockets) socket.close(1001, 'session expired');
  }

  /** What clients sent of a type, on all connections. */
  sent(type: string): ClientEvent[] {
    return this.connections.flatMap(({ events }) => events.filter((event) => event.type === type));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.terminate();
    const closed = once(this.http, 'close');
    this.http.close();
    this.http.closeAllConnections();
    await closed;
  }

  private serve(socket: WebSocket, authorization: string | undefined, url: string): void {
    const record: RealtimeRecord = { authorization, url, events: [], heardSeconds: [], closed: false };
    this.connections.push(record);
    this.sockets.add(socket);
    const session = new ServedSession(socket, record, this);
    socket.on('message', (data) => session.take(String(data)));
    socket.on('close', () => {
      record.closed = true;
      this.sockets.delete(socket);
    });
  }

  id(kind: string): string {
    return `${kind}_${++this.numbers}`;
  }

  /** The fault for the next response, if that is one of its parts. */
  take<Part extends keyof RealtimeFault>(part: Part): RealtimeFault[Part] | undefined {
    const value = this.fault[part];
    if (value === undefined) return undefined;
    const { times } = this.fault;
    if (times !== undefined) this.fault = times > 1 ? { ...this.fault, times: times - 1 } : {};
    return value;
  }
}

class ServedSession {
  private readonly socket: WebSocket;
  private readonly record: RealtimeRecord;
  private readonly double: RealtimeDouble;
  private readonly items = new Map<string, Item>();
  private active: { readonly id: string; cancelled: boolean; resume: () => void } | undefined;

  constructor(socket: WebSocket, record: RealtimeRecord, double: RealtimeDouble) {
    this.socket = socket;
    this.record = record;
    this.double = double;
    this.send({ type: 'session.created', session: { type: 'realtime', object: 'realtime.session' } });
  }

  take(text: string): void {
    const event: ClientEvent = JSON.parse(text);
    this.record.events.push(withoutSound(event, this.record.heardSeconds));
    switch (event.type) {
      case 'session.update':
        this.update(event);
        break;
      case 'conversation.item.create':
        this.send({ type: 'conversation.item.added', item: event.item });
        break;
      case 'conversation.item.truncate':
        this.truncate(event);
        break;
      case 'conversation.item.delete':
        this.known(event, (id) => {
          this.items.delete(id);
          this.send({ type: 'conversation.item.deleted', item_id: id });
        });
        break;
      case 'response.create':
        void this.respond(event);
        break;
      case 'response.cancel':
        this.cancel(event);
        break;
      default:
        this.refuse(event, 'invalid_event');
    }
  }

  private cancel(event: ClientEvent): void {
    const { active } = this;
    if (active === undefined) {
      this.refuse(event, 'response_cancel_not_active');
      return;
    }
    active.cancelled = true;
    active.resume();
  }

  private update(event: ClientEvent): void {
    const session = fields(event.session);
    const output = fields(fields(session.audio).output);
    if (session.type !== 'realtime') this.refuse(event, 'invalid_value', 'session.type');
    else if (output.voice === 'nobody') this.refuse(event, 'invalid_value', 'session.audio.output.voice');
    else this.send({ type: 'session.updated', session });
  }

  private truncate(event: ClientEvent): void {
    this.known(event, (id) => {
      const item = this.items.get(id);
      const end = Number(event.audio_end_ms);
      if (item === undefined || end > item.ms) {
        this.refuse(event, 'invalid_value', 'audio_end_ms');
        return;
      }
      item.ms = end;
      this.send({ type: 'conversation.item.truncated', item_id: id, content_index: 0, audio_end_ms: end });
    });
  }

  private known(event: ClientEvent, then: (id: string) => void): void {
    const id = String(event.item_id);
    if (this.items.has(id)) then(id);
    else this.refuse(event, 'item_not_found');
  }

  private async respond(event: ClientEvent): Promise<void> {
    const { double } = this;
    if (this.active !== undefined) return this.refuse(event, 'conversation_already_has_active_response');
    if (double.take('silent') === true) return;
    if (double.take('malformed') === true) return this.socket.send('{"type": "response.crea');
    const error = double.take('error');
    if (error !== undefined) return this.send({ type: 'error', error: { message: 'Refused.', ...error } });
    const cutAfter = double.take('cutAfterWords');
    const pauseAfter = double.take('pauseAfterWords');
    const tool = double.take('callTool');
    const failed = double.take('failed');
    const id = double.id('resp');
    const { promise: cancelled, resolve: resume } = Promise.withResolvers<void>();
    const active = { id, cancelled: false, resume };
    this.active = active;
    const about = { id, object: 'realtime.response', metadata: fields(event.response).metadata ?? null };
    this.send({ type: 'response.created', response: { ...about, status: 'in_progress', usage: null } });
    const words =
      tool !== undefined || failed !== undefined ? [] : (double.script.shift() ?? 'Well met.').split(' ');
    const item: Item = { id: double.id('item'), ms: 0 };
    for (const [at, word] of words.entries()) {
      if (at === cutAfter) return this.socket.terminate();
      if (at === 0) this.begin(id, item);
      if (at === pauseAfter) await cancelled;
      if (active.cancelled) break;
      this.say(id, item, at === 0 ? word : ` ${word}`);
    }
    if (cutAfter !== undefined && cutAfter >= words.length) return this.socket.terminate();
    this.active = undefined;
    const output = tool === undefined ? [] : [{ type: 'function_call', call_id: double.id('call'), ...tool }];
    const status = failed !== undefined ? 'failed' : active.cancelled ? 'cancelled' : 'completed';
    const details = failed === undefined ? null : { type: 'failed', error: failed };
    const usage = { total_tokens: 100 + words.length, input_tokens: 100, output_tokens: words.length };
    this.send({
      type: 'response.done',
      response: { ...about, status, status_details: details, output, usage },
    });
  }

  private begin(responseId: string, item: Item): void {
    this.items.set(item.id, item);
    this.send({
      type: 'response.output_item.added',
      response_id: responseId,
      output_index: 0,
      item: { id: item.id, type: 'message', role: 'assistant', status: 'in_progress', content: [] },
    });
  }

  private say(responseId: string, item: Item, text: string): void {
    const where = { response_id: responseId, item_id: item.id, output_index: 0, content_index: 0 };
    this.send({ type: 'response.output_audio_transcript.delta', ...where, delta: text });
    this.send({ type: 'response.output_audio.delta', ...where, delta: tone(MS_PER_WORD).toString('base64') });
    item.ms += MS_PER_WORD;
  }

  private refuse(event: ClientEvent, code: string, param: string | null = null): void {
    const about = { type: 'invalid_request_error', code, param, event_id: event.event_id ?? null };
    this.send({
      type: 'error',
      error: { ...about, message: `Refused: ${JSON.stringify(event).slice(0, 200)}` },
    });
  }

  private send(event: object): void {
    this.socket.send(JSON.stringify({ event_id: this.double.id('event'), ...event }));
  }
}

function withoutSound(event: ClientEvent, heardSeconds: number[]): ClientEvent {
  const item = fields(event.item);
  if (!Array.isArray(item.content)) return event;
  const content = item.content.map((part) => {
    const { audio, ...rest } = fields(part);
    if (typeof audio !== 'string') return rest;
    heardSeconds.push(Buffer.from(audio, 'base64').length / BYTES_PER_SECOND);
    return rest;
  });
  return { ...event, item: { ...item, content } };
}

/** A hum of 200 Hz, loud enough to be heard in a recording. */
function tone(ms: number): Buffer {
  const samples = (BYTES_PER_SECOND / 2 / 1000) * ms;
  const bytes = Buffer.alloc(samples * 2);
  for (let at = 0; at < samples; at++)
    bytes.writeInt16LE(Math.round(12_000 * Math.sin((2 * Math.PI * 200 * at) / 24_000)), at * 2);
  return bytes;
}

function fields(value: unknown): { readonly [name: string]: unknown } {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
