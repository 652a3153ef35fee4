import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { type WebSocket, WebSocketServer } from 'ws';
import { Answer, Refusal, realWait, refusalFor } from './answer.ts';
import { textOf } from './audio.ts';
import type { Fault } from './faults.ts';

/** A fault of a vendor that also speaks over WebSockets, where a piece is a message. */
export interface VendorFault extends Fault {
  /** Never answers: no head, no handshake. */
  readonly hang?: boolean;
  /** Takes what comes and says nothing. WebSockets only. */
  readonly silent?: boolean;
  /** The vendor's message for errors comes in place of the first transcript. WebSockets only. */
  readonly errorMessage?: boolean;
}

/** What was asked of the double, in the order in which it came. */
export interface VendorRequest<Endpoint extends string> {
  readonly endpoint: Endpoint;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** The header with the key, if there was one. */
  readonly key: string | undefined;
  readonly path: string;
  readonly query: URLSearchParams;
  /** JSON, or a form's fields. */
  body: unknown;
  /** All sound that came. */
  audio: Uint8Array;
  /** Messages that were no sound, as they came. */
  readonly messages: unknown[];
  /** 101 for a WebSocket. */
  status: number;
  /** The text that was recognised or spoken. */
  text: string | undefined;
  /** Whether the whole answer was sent. */
  complete: boolean;
  /** When the client was gone, milliseconds since the epoch. */
  readonly closed: Promise<number>;
}

export interface VendorDoubleOptions {
  /** The key that clients must send; without it any key, or none, will do. */
  readonly apiKey?: string;
}

/** What all doubles of vendors with an interface of their own have in common: the server, faults, the record. */
export abstract class VendorDouble<Endpoint extends string> implements AsyncDisposable {
  readonly requests: VendorRequest<Endpoint>[] = [];
  private readonly options: VendorDoubleOptions;
  private readonly scripted: string[] = [];
  private faults: { [endpoint in Endpoint]?: VendorFault } = {};
  private readonly served = new Map<Endpoint, number>();
  private readonly sockets = new WebSocketServer({ noServer: true });
  private server: Server | undefined;

  constructor(options: VendorDoubleOptions = {}) {
    this.options = options;
  }

  async start(): Promise<void> {
    const server = createServer((request, response) => void this.handle(request, response));
    server.on('upgrade', (request, wire, head) => void this.upgrade(request, wire, head));
    this.server = server;
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  }

  /** Ends at once: what is open is cut. */
  async stop(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    if (server === undefined) return;
    const closed = once(server, 'close');
    for (const socket of this.sockets.clients) socket.terminate();
    server.close();
    server.closeAllConnections();
    await closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /** To configure in a client. */
  get baseURL(): string {
    const address = this.server?.address();
    if (!address || typeof address === 'string') throw new Error('the double is not started');
    return `http://127.0.0.1:${address.port}/v1`;
  }

  /** Replaces all faults. */
  setFaults(faults: { [endpoint in Endpoint]?: VendorFault }): void {
    this.faults = faults;
    this.served.clear();
  }

  /**
   * What the next recordings are recognised as, one text each. A `|` in it ends what stands: with a stream, the words
   * before it are final as soon as they are there.
   */
  script(...texts: string[]): void {
    this.scripted.push(...texts);
  }

  /** The endpoint of a path, if there is one. */
  protected abstract endpointOf(method: string, path: string): Endpoint | undefined;
  protected abstract keyOf(request: IncomingMessage): string | undefined;
  /** The header's value for a key. */
  protected abstract keyHeader(apiKey: string): string;
  /** The JSON of a refusal. */
  protected abstract refusal(refusal: Refusal): object;
  /** Answers a request whose body is recorded already. */
  protected abstract answer(record: VendorRequest<Endpoint>, answer: Answer): Promise<void>;
  /** Talks over a WebSocket, until it ends. */
  protected abstract talk(record: VendorRequest<Endpoint>, talk: Talk): Promise<void>;

  /** @throws Refusal for what is refused before anything of it is read. */
  protected admissible(_record: VendorRequest<Endpoint>): void {}

  /** What a recording says. */
  protected recognise(audio: Uint8Array): string {
    return this.scripted.shift() ?? textOf(audio, audio.length / 32_000);
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const record = this.record(request, (gone) => response.once('close', gone));
    try {
      if (record === undefined) throw new Refusal(404, 'Not found');
      const body = await readBody(request);
      const type = request.headers['content-type'] ?? '';
      if (type.startsWith('application/json')) record.body = JSON.parse(body.toString('utf8'));
      else if (type.startsWith('multipart/')) record.body = await fieldsOf(record, body, type);
      else record.audio = body;
      const fault = this.faultFor(record.endpoint);
      if (fault.hang === true) return;
      if (fault.retryAfter !== undefined) response.setHeader('retry-after', String(fault.retryAfter));
      this.admit(record, fault);
      await this.answer(record, new Answer(response, fault, realWait));
      record.status = 200;
      record.complete = true;
    } catch (error) {
      if (response.destroyed || response.headersSent) {
        response.destroy();
        return;
      }
      const refusal = error instanceof Refusal ? error : new Refusal(500, String(error));
      if (record !== undefined) record.status = refusal.status;
      response.writeHead(refusal.status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(this.refusal(refusal)));
    }
  }

  private async upgrade(request: IncomingMessage, wire: Duplex, first: Buffer): Promise<void> {
    wire.on('error', () => {});
    const record = this.record(request, (gone) => wire.once('close', gone));
    let retryAfter: number | undefined;
    try {
      if (record === undefined) throw new Refusal(404, 'Not found');
      const fault = this.faultFor(record.endpoint);
      retryAfter = fault.retryAfter;
      // Reads on, so that it is seen when the client gives up.
      if (fault.hang === true) return void wire.resume().on('end', () => wire.destroy());
      await delay(fault.firstMs ?? 0);
      if (wire.destroyed) return;
      if (fault.cutAfter === 0) return void wire.destroy();
      this.admit(record, fault);
      record.status = 101;
      this.sockets.handleUpgrade(request, wire, first, (socket) => {
        const talk = new Talk(socket, fault);
        this.talk(record, talk).catch((error: unknown) => socket.close(1011, String(error).slice(0, 100)));
      });
    } catch (error) {
      const refusal = error instanceof Refusal ? error : new Refusal(500, String(error));
      if (record !== undefined) record.status = refusal.status;
      const body = JSON.stringify(this.refusal(refusal));
      const length = Buffer.byteLength(body);
      const wait = retryAfter === undefined ? '' : `Retry-After: ${retryAfter}\r\n`;
      const head = `HTTP/1.1 ${refusal.status} Refused\r\n${wait}Content-Length: ${length}\r\nConnection: close`;
      wire.end(`${head}\r\n\r\n${body}`);
    }
  }

  private record(
    request: IncomingMessage,
    onClose: (gone: () => void) => void,
  ): VendorRequest<Endpoint> | undefined {
    const url = new URL(request.url ?? '/', 'http://double');
    const method = request.headers.upgrade === 'websocket' ? 'WS' : (request.method ?? '');
    const endpoint = this.endpointOf(method, url.pathname);
    if (endpoint === undefined) return undefined;
    const closed = new Promise<number>((resolve) => onClose(() => resolve(Date.now())));
    const record: VendorRequest<Endpoint> = {
      endpoint,
      at: Date.now(),
      key: this.keyOf(request),
      path: url.pathname,
      query: url.searchParams,
      body: undefined,
      audio: new Uint8Array(0),
      messages: [],
      status: 0,
      text: undefined,
      complete: false,
      closed,
    };
    this.requests.push(record);
    return record;
  }

  private admit(record: VendorRequest<Endpoint>, fault: VendorFault): void {
    const { apiKey } = this.options;
    if (fault.status !== undefined)
      throw refusalFor(fault.status, fault.repeatKey === true ? record.key : undefined);
    if (apiKey !== undefined && record.key !== this.keyHeader(apiKey))
      throw new Refusal(401, 'Invalid credentials.', { code: 'invalid_api_key' });
    this.admissible(record);
  }

  private faultFor(endpoint: Endpoint): VendorFault {
    const fault = this.faults[endpoint];
    if (fault === undefined) return {};
    const served = (this.served.get(endpoint) ?? 0) + 1;
    this.served.set(endpoint, served);
    return served > (fault.times ?? Number.POSITIVE_INFINITY) ? {} : fault;
  }
}

/** The double's side of a WebSocket: it keeps the fault's times and cuts. */
export class Talk {
  readonly fault: VendorFault;
  private readonly socket: WebSocket;
  private sent = 0;

  constructor(socket: WebSocket, fault: VendorFault) {
    this.socket = socket;
    this.fault = fault;
    socket.on('error', () => {});
  }

  /** What the client sends, until it has gone. */
  async *messages(): AsyncGenerator<Buffer | string, void, undefined> {
    const waiting: (Buffer | string)[] = [];
    let wake = (): void => {};
    let over = false;
    this.socket.on('message', (data: Buffer, isBinary) => {
      waiting.push(isBinary ? data : data.toString('utf8'));
      wake();
    });
    this.socket.once('close', () => {
      over = true;
      wake();
    });
    for (;;) {
      const next = waiting.shift();
      if (next !== undefined) yield next;
      else if (over) return;
      else
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
  }

  /** One message of the vendor's; broken or the last one, if the fault says so. */
  send(message: object): void {
    const { silent, malformed, cutAfter } = this.fault;
    if (silent === true || this.sent === cutAfter) return;
    const text = JSON.stringify(message);
    this.sent++;
    // What was sent before still arrives; what is missing is the end.
    this.socket.send(malformed === true ? text.slice(0, text.length / 2) : text, () => {
      if (this.sent === cutAfter) this.socket.terminate();
    });
  }

  close(code: number, reason = ''): void {
    if (this.fault.silent !== true) this.socket.close(code, reason);
  }
}

/** A text that becomes known as sound comes in, five words a second. */
export class Dictation {
  private readonly words: { readonly word: string; readonly ends: boolean }[];
  private known = 0;
  private standing = 0;

  /** @param text `|` ends what stands */
  constructor(text: string) {
    this.words = text.split('|').flatMap((segment) => {
      const words = segment.trim().split(/\s+/);
      return words.map((word, index) => ({ word, ends: index === words.length - 1 }));
    });
  }

  get text(): string {
    return this.between(0, this.words.length);
  }

  /**
   * What is new: the words since those that stand.
   *
   * @param seconds of sound that came so far
   */
  *at(seconds: number): Generator<{ text: string; final: boolean }, void, undefined> {
    const known = Math.min(this.words.length, Math.floor(seconds * 5));
    if (known <= this.known) return;
    while (this.known < known) {
      this.known++;
      if (this.words[this.known - 1]?.ends !== true || this.known === this.words.length) continue;
      yield { text: this.between(this.standing, this.known), final: true };
      this.standing = this.known;
    }
    if (this.known > this.standing) yield { text: this.between(this.standing, this.known), final: false };
  }

  /** Lets stand what is known, and gives it. */
  settle(): string {
    const text = this.between(this.standing, this.known);
    this.standing = this.known;
    return text;
  }

  /** All that does not stand yet. */
  rest(): string {
    return this.between(this.standing, this.words.length);
  }

  private between(from: number, to: number): string {
    return this.words
      .slice(from, to)
      .map(({ word }) => word)
      .join(' ');
  }
}

async function readBody(request: IncomingMessage): Promise<Buffer<ArrayBuffer>> {
  const pieces: Uint8Array[] = [];
  for await (const piece of request) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}

async function fieldsOf<Endpoint extends string>(
  record: VendorRequest<Endpoint>,
  body: Buffer<ArrayBuffer>,
  type: string,
): Promise<Record<string, string[]>> {
  const form = await new Response(body, { headers: { 'content-type': type } }).formData();
  const fields: Record<string, string[]> = {};
  for (const [name, value] of form) {
    if (typeof value === 'string') fields[name] = [...(fields[name] ?? []), value];
    else record.audio = new Uint8Array(await value.arrayBuffer());
  }
  return fields;
}
