import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import { z } from 'zod';
import { Answer, Refusal, realWait, refusalFor } from './answer.ts';
import { answerInCharacter, type ChatMessage } from './character.ts';
import type { Fault } from './faults.ts';
import { answerWithResult, type ToolCall } from './tools.ts';

/** What can go wrong with a language model of a vendor that has a protocol of its own. */
export interface LanguageModelFault extends Fault {
  /** Takes the request and never answers. */
  readonly silent?: boolean;
}

/** What was asked of the double. */
export interface AskedModel {
  readonly path: string;
  /** The header with the key, if there was one. */
  readonly key: string | undefined;
  readonly body: unknown;
  /** When the client left before it had the whole answer, milliseconds since the epoch. */
  leftAt?: number;
}

/** What the model means to answer. */
export interface Meant {
  /** Words, each with the space before it. */
  readonly tokens: readonly string[];
  /** It uses this tool instead of words. */
  readonly call: ToolCall | undefined;
  readonly promptTokens: number;
}

/** The part of a conversation that decides the answer. */
export interface ModelRequest {
  readonly messages: readonly ChatMessage[];
  /** What a tool has answered last; undefined: the last message is somebody's words. */
  readonly toolResult: string | undefined;
  readonly mostTokens: number;
}

/** What doubles of language models have in common: the server, the faults, the record, an answer in character. */
export abstract class LanguageModelDouble implements AsyncDisposable {
  readonly requests: AskedModel[] = [];
  private readonly apiKey: string | undefined;
  private fault: LanguageModelFault = {};
  private left = 0;
  private server: Server | undefined;

  /** @param options `apiKey`: what clients must send; without it any key, or none, will do */
  constructor({ apiKey }: { readonly apiKey?: string } = {}) {
    this.apiKey = apiKey;
  }

  async start(): Promise<void> {
    const server = createServer((request, response) => void this.handle(request, response));
    this.server = server;
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  }

  /** Ends at once: open streams are cut. */
  async stop(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    if (server === undefined) return;
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  get url(): string {
    const address = this.server?.address();
    if (!address || typeof address === 'string') throw new Error('the double is not started');
    return `http://127.0.0.1:${address.port}`;
  }

  /** To configure in a client. */
  abstract get baseURL(): string;

  /** Replaces the fault; an empty one makes it healthy. */
  setFault(fault: LanguageModelFault): void {
    this.fault = fault;
    this.left = fault.times ?? Number.POSITIVE_INFINITY;
  }

  /** Whether this is the request that it answers; others are 404. */
  protected abstract answers(method: string, url: URL): boolean;
  protected abstract keyOf(request: IncomingMessage): string | undefined;
  /** The JSON of a refusal. */
  protected abstract refusal(refusal: Refusal): object;
  /** @throws Refusal for what the vendor would refuse. */
  protected abstract read(body: unknown): ModelRequest;
  /** Sends the stream: its head has gone already. */
  protected abstract stream(meant: Meant, answer: Answer): Promise<void>;

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await this.respond(request, response);
    } catch (error) {
      if (response.destroyed || response.headersSent) {
        response.destroy();
        return;
      }
      const refusal = error instanceof Refusal ? error : new Refusal(500, String(error));
      response.writeHead(refusal.status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(this.refusal(refusal)));
    }
  }

  private async respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://double');
    const body = await json(request).catch(() => {
      throw new Refusal(400, 'The body is no JSON.');
    });
    const key = this.keyOf(request);
    const asked: AskedModel = { path: url.pathname + url.search, key, body };
    this.requests.push(asked);
    response.once('close', () => {
      if (!response.writableFinished) asked.leftAt = Date.now();
    });
    if (!this.answers(request.method ?? '', url)) throw new Refusal(404, 'Not found.');
    const fault = this.left-- > 0 ? this.fault : {};
    if (fault.silent === true) return;
    if (fault.status !== undefined) {
      if (fault.retryAfter !== undefined) response.setHeader('retry-after', String(fault.retryAfter));
      throw refusalFor(fault.status, fault.repeatKey === true ? (key ?? '') : undefined);
    }
    if (this.apiKey !== undefined && key !== this.apiKey) throw new Refusal(401, 'The API key is not valid.');
    const { messages, toolResult, mostTokens } = this.read(body);
    const call = toolResult === undefined ? fault.callTool : undefined;
    const words = toolResult === undefined ? answerInCharacter(messages) : answerWithResult(toolResult);
    const tokens = call === undefined ? tokensOf(words).slice(0, mostTokens) : [];
    const promptTokens = messages.reduce((sum, { text }) => sum + tokensOf(text).length, 0);
    const answer = new Answer(response, fault, realWait);
    await answer.begin({ 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' });
    await this.stream({ tokens, call, promptTokens }, answer);
    answer.end();
  }
}

/** @throws Refusal that names the field. */
export function parsed<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body);
  if (!result.success) throw new Refusal(400, z.prettifyError(result.error));
  return result.data;
}

function tokensOf(text: string): string[] {
  return text.match(/\s*\S+/g) ?? [];
}
