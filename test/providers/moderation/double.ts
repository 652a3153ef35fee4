/**
 * Stands in for a vendor of moderation: `POST /v1/moderations` as in OpenAI's API reference ("Create moderation" and "The
 * moderation object").
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { Answer, Refusal, realWait, refusalFor, type Wait } from '../answer.ts';
import type { Fault } from '../faults.ts';

const CATEGORIES = [
  'harassment',
  'harassment/threatening',
  'hate',
  'hate/threatening',
  'illicit',
  'illicit/violent',
  'self-harm',
  'self-harm/instructions',
  'self-harm/intent',
  'sexual',
  'sexual/minors',
  'violence',
  'violence/graphic',
] as const;

export type Category = (typeof CATEGORIES)[number];

const requestSchema = z.looseObject({ model: z.string().min(1).optional(), input: z.string().min(1) });

export interface ModerationFault extends Fault {
  /** Takes the request and never answers. */
  readonly silent?: boolean;
}

export interface ModerationDoubleOptions {
  /** The key that clients must send; without it any, or none. */
  readonly apiKey?: string;
  readonly wait?: Wait;
}

export class ModerationDouble implements AsyncDisposable {
  /** What was asked, in order. */
  readonly inputs: string[] = [];
  /** What is flagged: texts in which one of the words occurs. */
  readonly flagging = new Map<string, readonly Category[]>();
  fault: ModerationFault = {};
  private readonly options: ModerationDoubleOptions;
  private server: Server | undefined;

  constructor(options: ModerationDoubleOptions = {}) {
    this.options = options;
  }

  async start(): Promise<void> {
    this.server = createServer((request, response) => {
      this.answer(request, response).catch((error: unknown) => refuse(response, error));
    });
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
  }

  get baseURL(): string {
    const address = this.server?.address();
    if (!address || typeof address === 'string') throw new Error('the moderation double is not started');
    return `http://127.0.0.1:${address.port}/v1`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { server } = this;
    this.server = undefined;
    if (server === undefined) return;
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== 'POST' || request.url !== '/v1/moderations')
      throw new Refusal(404, `Invalid URL (${request.method} ${request.url})`);
    const key = request.headers.authorization?.replace(/^Bearer /, '');
    if (this.options.apiKey !== undefined && key !== this.options.apiKey) throw refusalFor(401, key ?? '');
    const parsed = requestSchema.safeParse(JSON.parse(await text(request)));
    if (!parsed.success) throw new Refusal(400, "Missing required parameter: 'input'.", { param: 'input' });
    const { input, model = 'omni-moderation-latest' } = parsed.data;
    this.inputs.push(input);
    const { fault } = this;
    if (fault.times !== undefined) this.fault = fault.times > 1 ? { ...fault, times: fault.times - 1 } : {};
    if (fault.silent === true) return;
    if (fault.status !== undefined) {
      if (fault.retryAfter !== undefined) response.setHeader('retry-after', fault.retryAfter);
      // Vendors repeat what they were asked.
      throw new Refusal(fault.status, `${refusalFor(fault.status).message} Input: ${input}`);
    }
    const flagged = new Set<string>(
      [...this.flagging].flatMap(([word, categories]) => (input.includes(word) ? categories : [])),
    );
    const per = <Value>(value: (category: string) => Value) =>
      Object.fromEntries(CATEGORIES.map((category) => [category, value(category)]));
    await new Answer(response, fault, this.options.wait ?? realWait).json({
      id: `modr-${this.inputs.length}`,
      model,
      results: [
        {
          flagged: flagged.size > 0,
          categories: per((category) => flagged.has(category)),
          category_scores: per((category) => (flagged.has(category) ? 0.98 : 0.0001)),
          category_applied_input_types: per(() => ['text']),
        },
      ],
    });
  }
}

function refuse(response: ServerResponse, error: unknown): void {
  if (response.destroyed || response.headersSent) {
    response.destroy();
    return;
  }
  const { status, message, type, param, code } =
    error instanceof Refusal ? error : new Refusal(500, String(error));
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ error: { message, type, param, code } }));
}
