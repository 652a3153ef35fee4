// HTTP to one Vault over connections that are kept. Knows nothing of tokens' lives: see token-keeper.ts.
import { readFile } from 'node:fs/promises';
import { type IncomingMessage, Agent as PlainAgent, request as plainRequest } from 'node:http';
import { Agent as TlsAgent, request as tlsRequest } from 'node:https';
import { VaultError } from './vault-error.ts';

/** For the whole exchange, milliseconds. */
export const REQUEST_TIMEOUT_MS = 10_000;
/** A CA file is read again after this long: a mounted ConfigMap changes under a running program. */
const CA_FILE_MS = 60_000;
/** Vault's answers are a few kilobytes; what is larger is no answer of Vault. */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

export interface Exchange {
  readonly method: string;
  /** Below `/v1/`, each segment escaped, with its query. */
  readonly path: string;
  /** Secret. */
  readonly token?: string;
  readonly body?: object | undefined;
  /** False for the few paths that exist in the root namespace only. @defaultValue true */
  readonly namespaced?: boolean;
  readonly signal?: AbortSignal | undefined;
}

export interface Answer {
  readonly status: number;
  /** Parsed JSON; undefined when the body was empty. Secret. */
  readonly body: unknown;
}

/** What the client needs of HTTP. */
export interface Transport {
  /**
   * Sends and reads the whole answer, whatever its status.
   * @throws VaultError of kind `unreachable` when there is none, and the signal's reason when it aborts.
   */
  send(exchange: Exchange): Promise<Answer>;
  /** Closes all connections. */
  close(): void;
}

export interface TransportOptions {
  /** https://host:port */
  readonly address: string;
  readonly namespace?: string | undefined;
  /** PEM file of CA certificates to trust instead of the system's. */
  readonly caFile?: string | undefined;
  /** @defaultValue {@link REQUEST_TIMEOUT_MS} */
  readonly timeoutMs?: number;
}

interface Pool {
  readonly agent: PlainAgent;
  readonly ca: string | undefined;
}

export class HttpTransport implements Transport {
  readonly #base: URL;
  readonly #options: TransportOptions;
  #pool: Promise<Pool> | undefined;
  #poolAt = 0;
  #closed = false;

  /** @throws VaultError of kind `invalid` when the address is no http(s) URL. */
  constructor(options: TransportOptions) {
    const base = URL.parse(options.address);
    if (base === null || !/^https?:$/.test(base.protocol)) {
      throw new VaultError('invalid', "Vault's address must be an http:// or https:// URL");
    }
    base.pathname = `${base.pathname.replace(/\/+$/, '')}/v1/`;
    this.#base = base;
    this.#options = options;
  }

  async send(exchange: Exchange): Promise<Answer> {
    exchange.signal?.throwIfAborted();
    const limit = AbortSignal.timeout(this.#options.timeoutMs ?? REQUEST_TIMEOUT_MS);
    const signal = exchange.signal ? AbortSignal.any([exchange.signal, limit]) : limit;
    const body = exchange.body === undefined ? undefined : JSON.stringify(exchange.body);
    let target = new URL(exchange.path, this.#base);
    try {
      const agent = await this.#agent();
      let response = await this.#once(exchange, target, agent, body, signal);
      const elsewhere = redirection(response.statusCode ?? 0, response.headers.location, target);
      if (elsewhere) {
        // A standby that does not forward names the active server. Once, as Vault's own client does.
        response.resume();
        target = elsewhere;
        response = await this.#once(exchange, target, agent, body, signal);
      }
      return { status: response.statusCode ?? 0, body: await bodyOf(response) };
    } catch (error) {
      exchange.signal?.throwIfAborted();
      if (error instanceof VaultError) throw error;
      const why = limit.aborted ? 'no answer in time' : reasonOf(error);
      throw new VaultError('unreachable', `Vault at ${target.origin} cannot be reached: ${why}`);
    }
  }

  close(): void {
    this.#closed = true;
    this.#pool?.then(
      ({ agent }) => agent.destroy(),
      () => {},
    );
  }

  async #once(
    exchange: Exchange,
    target: URL,
    agent: PlainAgent,
    body: string | undefined,
    signal: AbortSignal,
  ): Promise<IncomingMessage> {
    const namespace = exchange.namespaced === false ? undefined : this.#options.namespace;
    const headers = {
      // Vault agents can be told to refuse whatever does not carry it (server-side request forgery).
      'x-vault-request': 'true',
      ...(namespace === undefined ? {} : { 'x-vault-namespace': namespace }),
      ...(exchange.token === undefined ? {} : { 'x-vault-token': exchange.token }),
      ...(body === undefined
        ? {}
        : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
    };
    for (;;) {
      const outgoing = (target.protocol === 'https:' ? tlsRequest : plainRequest)(target, {
        method: exchange.method,
        agent,
        headers,
        signal,
      });
      const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
      outgoing.once('response', resolve);
      // Stays: errors after the answer has begun reach its reader, too.
      outgoing.on('error', reject);
      outgoing.end(body);
      try {
        return await promise;
      } catch (error) {
        // The server closed an idle connection at the moment we used it: it has not seen the request. A new
        // connection is not reused, so this ends.
        if (signal.aborted || !outgoing.reusedSocket || codeOf(error) !== 'ECONNRESET') throw error;
      }
    }
  }

  async #agent(): Promise<PlainAgent> {
    if (this.#closed) throw new VaultError('unreachable', 'The Vault client is closed.');
    const now = performance.now();
    if (this.#pool === undefined || now - this.#poolAt > CA_FILE_MS) {
      const next = this.#newPool(this.#pool);
      this.#pool = next;
      this.#poolAt = now;
      next.catch(() => {
        if (this.#pool === next) this.#pool = undefined;
      });
    }
    return (await this.#pool).agent;
  }

  async #newPool(previous: Promise<Pool> | undefined): Promise<Pool> {
    const before = await previous?.catch(() => undefined);
    const ca = await this.#ca();
    if (before && before.ca === ca) return before;
    const shared = { keepAlive: true, maxSockets: 16, maxFreeSockets: 4, timeout: 60_000 };
    const secure = this.#base.protocol === 'https:';
    // Requests under way end on the old agent; its idle sockets time out.
    const agent = secure ? new TlsAgent({ ...shared, ...(ca ? { ca } : {}) }) : new PlainAgent(shared);
    return { agent, ca };
  }

  async #ca(): Promise<string | undefined> {
    const { caFile } = this.#options;
    if (caFile === undefined) return undefined;
    try {
      return await readFile(caFile, 'utf8');
    } catch (error) {
      throw new VaultError('unreachable', `Vault's CA file ${caFile} cannot be read (${reasonOf(error)})`);
    }
  }
}

/**
 * Where a standby sends us; never from TLS to plain HTTP, because the request carries a token.
 * @returns undefined when it is no redirection
 */
export function redirection(status: number, location: string | undefined, from: URL): URL | undefined {
  if (status !== 307 && status !== 308) return undefined;
  const target = location === undefined ? null : URL.parse(location, from.href);
  if (target === null || (target.protocol !== from.protocol && target.protocol !== 'https:')) {
    throw new VaultError('unreachable', `Vault at ${from.origin} redirects to where this client does not go`);
  }
  return target;
}

async function bodyOf(response: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    size += chunk.length;
    if (size > MAX_ANSWER_BYTES) throw new VaultError('unreachable', 'An answer too large to be of Vault');
    chunks.push(chunk);
  }
  if (size === 0) return undefined;
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    // A proxy's page of an error; the status tells.
    if ((response.statusCode ?? 0) >= 400) return undefined;
    throw new VaultError('unreachable', 'What answers at the address of Vault is not Vault (no JSON)');
  }
}

/** The system's or TLS' code, and a hint where it is not obvious. Their messages are not ours to pass on. */
function reasonOf(error: unknown): string {
  const code = codeOf(error) ?? 'the connection broke';
  if (/CERT|ISSUER|SELF_SIGNED|ALTNAME/.test(code)) return `${code}: its certificate is not trusted`;
  if (code === 'EPROTO') return `${code}: does it speak TLS?`;
  return code;
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
