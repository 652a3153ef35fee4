import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Faults } from '../faults.ts';
import type { Application } from '../world/model.ts';
import { readBody } from './body.ts';
import { type BucketState, Buckets, refused } from './buckets.ts';
import type { RestContext } from './context.ts';
import { ErrorCode, notFound, RestError, unauthorized } from './errors.ts';
import { type RestResponse, type Route, Router } from './router.ts';
import { channelRoutes } from './routes-channels.ts';
import { commandRoutes } from './routes-commands.ts';
import { guildRoutes } from './routes-guilds.ts';
import { interactionRoutes } from './routes-interactions.ts';
import { userRoutes } from './routes-users.ts';

/** One answered request, for tests that count them. */
export interface RequestRecord {
  at: number;
  method: string;
  path: string;
  status: number;
  applicationId?: string;
}

const PREFIX = /^\/api(?:\/v(\d+))?(\/.*)$/;
const RECORDS = 5_000;

/** Discord's REST API v10 below `/api`. */
export class RestServer {
  readonly #context: RestContext;
  readonly #faults: Faults;
  readonly #router = new Router(unauthorized);
  readonly #buckets: Buckets;
  #records: RequestRecord[] = [];

  constructor(context: RestContext, faults: Faults) {
    this.#context = context;
    this.#faults = faults;
    this.#buckets = new Buckets(context.world.clock);
    userRoutes(this.#router, context);
    commandRoutes(this.#router, context);
    interactionRoutes(this.#router, context);
    channelRoutes(this.#router, context);
    guildRoutes(this.#router, context);
  }

  get requests(): readonly RequestRecord[] {
    return this.#records;
  }

  clear(): void {
    this.#records = [];
    this.#buckets.clear();
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://rest');
    // Clients write /users/%40me; one spelling makes routes, faults and records readable.
    const path = (PREFIX.exec(url.pathname)?.[2] ?? '').replaceAll('%40', '@');
    const method = request.method ?? 'GET';
    const application = this.#authenticate(request);
    let answer: RestResponse & { headers: Record<string, string> };
    try {
      answer = await this.#answer(request, { method, path, query: url.searchParams, application });
    } catch (error) {
      answer = { ...failure(error), headers: {} };
    }
    const record = { at: this.#context.world.clock.now(), method, path, status: answer.status };
    this.#records.push(application ? { ...record, applicationId: application.id } : record);
    if (this.#records.length > RECORDS) this.#records = this.#records.slice(RECORDS / 2);
    write(response, answer);
  }

  async #answer(
    request: IncomingMessage,
    asked: { method: string; path: string; query: URLSearchParams; application: Application | undefined },
  ): Promise<RestResponse & { headers: Record<string, string> }> {
    const { method, path, query, application } = asked;
    const { body, files } = await readBody(request);
    const delay = this.#faults.restDelay(path);
    if (delay > 0) await new Promise<void>((resolve) => this.#faults.later(delay, resolve));

    const verdict = this.#faults.takeRestVerdict(path);
    if (verdict.kind === 'rateLimited') return tooMany(refused(verdict.retryAfterMs, verdict.scope, {}));
    if (verdict.kind === 'failed')
      throw new RestError(verdict.status, 0, `${verdict.status}: simulated failure`);

    if (request.headers.authorization !== undefined && !application) throw unauthorized();
    const match = this.#router.match(method, path);
    if (!match) {
      throw this.#router.knowsPath(path)
        ? new RestError(405, ErrorCode.General, '405: Method Not Allowed')
        : notFound();
    }
    const { route, params } = match;
    const bucket = this.#buckets.take(
      `${method} ${route.pattern}`,
      params.channel ?? params.guild ?? params.token ?? '',
      spared(route) ? undefined : application?.id,
      route.rateLimit,
    );
    if (!bucket.allowed) return tooMany(bucket);
    try {
      const answer = await route.run({ method, path, params, query, body, files, application });
      return { ...answer, headers: bucket.headers };
    } catch (error) {
      return { ...failure(error), headers: bucket.headers };
    }
  }

  #authenticate(request: IncomingMessage): Application | undefined {
    const [scheme, token] = (request.headers.authorization ?? '').split(' ');
    if (scheme !== 'Bot' || !token) return undefined;
    return this.#context.world.applicationByToken(token);
  }
}

/** Interaction endpoints are not bound to the bot's global rate limit. */
function spared(route: Route): boolean {
  return route.pattern.startsWith('/interactions') || route.pattern.startsWith('/webhooks');
}

function tooMany(bucket: BucketState): RestResponse & { headers: Record<string, string> } {
  return {
    status: 429,
    headers: bucket.headers,
    body: { message: 'You are being rate limited.', retry_after: bucket.retryAfter, global: bucket.global },
  };
}

function failure(error: unknown): RestResponse {
  if (error instanceof RestError) return { status: error.status, body: error.body() };
  const message = error instanceof Error ? error.message : String(error);
  return { status: 500, body: { code: 0, message: `500: the simulator failed: ${message}` } };
}

function write(response: ServerResponse, answer: RestResponse & { headers: Record<string, string> }): void {
  const body = answer.body === undefined ? '' : JSON.stringify(answer.body);
  response.writeHead(answer.status, {
    ...answer.headers,
    ...(body ? { 'content-type': 'application/json' } : {}),
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}
