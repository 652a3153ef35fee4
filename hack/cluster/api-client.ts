import type { OutgoingHttpHeaders } from 'node:http';
import { Agent, request } from 'node:https';

export interface ApiAnswer {
  status: number;
  body: string;
}

/**
 * The few requests that the cluster's own start-up makes: readiness, applying CoreDNS, waiting for the node. Not
 * the product's client (src/kube), because hack/ must work while that one is being changed.
 */
export class ApiClient {
  readonly #server: string;
  readonly #token: string;
  readonly #ca: string;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 8 });

  constructor(server: string, ca: string, token: string) {
    this.#server = server;
    this.#ca = ca;
    this.#token = token;
  }

  /** @throws on a failed connection or after five seconds; any HTTP status is an answer. */
  call(
    method: string,
    path: string,
    options: {
      body?: string;
      contentType?: string;
      /** In addition: whom to impersonate. */
      headers?: OutgoingHttpHeaders;
      signal?: AbortSignal | undefined;
    } = {},
  ): Promise<ApiAnswer> {
    return new Promise((resolve, reject) => {
      const timeout = AbortSignal.timeout(5_000);
      const outgoing = request(
        new URL(path, this.#server),
        {
          method,
          agent: this.#agent,
          ca: this.#ca,
          signal: options.signal ? AbortSignal.any([options.signal, timeout]) : timeout,
          headers: {
            authorization: `Bearer ${this.#token}`,
            // The service-account issuer's keys have a media type of their own.
            accept: 'application/json, */*;q=0.1',
            ...options.headers,
            ...(options.body === undefined
              ? {}
              : {
                  'content-type': options.contentType ?? 'application/json',
                  'content-length': Buffer.byteLength(options.body),
                }),
          },
        },
        (incoming) => {
          let body = '';
          incoming.setEncoding('utf8');
          incoming.on('data', (text: string) => {
            body += text;
          });
          incoming.once('error', reject);
          incoming.once('end', () => resolve({ status: incoming.statusCode ?? 0, body }));
        },
      );
      outgoing.once('error', (cause) =>
        reject(new Error(`${method} ${path} on ${this.#server} failed: ${cause.message}`, { cause })),
      );
      outgoing.end(options.body);
    });
  }

  async get(path: string, signal?: AbortSignal): Promise<unknown> {
    const answer = await this.call('GET', path, { signal });
    if (answer.status !== 200)
      throw new Error(`GET ${path} answered ${answer.status}: ${answer.body.slice(0, 300)}`);
    return JSON.parse(answer.body);
  }

  /** Server-side apply of one object at its own path. */
  async apply(path: string, object: object): Promise<void> {
    const answer = await this.call('PATCH', `${path}?fieldManager=skald-cluster&force=true`, {
      body: JSON.stringify(object),
      contentType: 'application/apply-patch+yaml',
    });
    if (answer.status !== 200 && answer.status !== 201) {
      throw new Error(`Applying ${path} answered ${answer.status}: ${answer.body.slice(0, 300)}`);
    }
  }

  close(): void {
    this.#agent.destroy();
  }
}
