import type { Application } from '../world/model.ts';

/** A file of a multipart body. */
export interface UploadedFile {
  field: string;
  name: string;
  contentType: string;
  bytes: Buffer;
}

export interface RestRequest {
  method: string;
  /** Path below `/api/v10`, without the query. */
  path: string;
  params: Readonly<Record<string, string>>;
  query: URLSearchParams;
  body: unknown;
  files: readonly UploadedFile[];
  /** Who asks; absent on routes that carry their own token. */
  application: Application | undefined;
}

/** Same, on the routes that the router has authenticated. */
export interface BotRequest extends RestRequest {
  application: Application;
}

export interface RestResponse {
  status: number;
  body?: unknown;
}

export interface RateLimit {
  limit: number;
  windowMs: number;
}

export interface Route {
  method: string;
  pattern: string;
  rateLimit: RateLimit;
  matcher: RegExp;
  run: (request: RestRequest) => Promise<RestResponse> | RestResponse;
}

const DEFAULT_LIMIT: RateLimit = { limit: 30, windowMs: 10_000 };

/** Matches `METHOD /path/:parameter` and hands out the parameters. */
export class Router {
  readonly #routes: Route[] = [];
  readonly #unauthorized: () => Error;

  constructor(unauthorized: () => Error) {
    this.#unauthorized = unauthorized;
  }

  /** A route that needs `Authorization: Bot <token>`. */
  bot(
    signature: string,
    run: (request: BotRequest) => Promise<RestResponse> | RestResponse,
    rateLimit: RateLimit = DEFAULT_LIMIT,
  ): void {
    this.open(
      signature,
      (request) => {
        const { application } = request;
        if (!application) throw this.#unauthorized();
        return run({ ...request, application });
      },
      rateLimit,
    );
  }

  /** A route whose path carries its own secret: interaction callbacks and webhooks. */
  open(signature: string, run: Route['run'], rateLimit: RateLimit = DEFAULT_LIMIT): void {
    const [method = '', pattern = ''] = signature.split(' ');
    const source = pattern.replaceAll(/:([a-z]+)/g, '(?<$1>[^/]+)');
    this.#routes.push({ method, pattern, rateLimit, matcher: new RegExp(`^${source}$`), run });
  }

  /** The first route that fits, in the order of registration. */
  match(method: string, path: string): { route: Route; params: Record<string, string> } | undefined {
    for (const route of this.#routes) {
      if (route.method !== method) continue;
      const found = route.matcher.exec(path);
      if (found) return { route, params: { ...found.groups } };
    }
    return undefined;
  }

  /** Whether the path exists with another method: 405 instead of 404. */
  knowsPath(path: string): boolean {
    return this.#routes.some((route) => route.matcher.test(path));
  }
}
