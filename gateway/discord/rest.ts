/**
 * One bot's REST client. @discordjs/rest keeps to Discord's buckets and to the bot's 50 requests a second by waiting;
 * this adds an end to the queue, an account of what Discord refuses, and silence once the bot is closed.
 */
import { DefaultRestOptions, REST } from '@discordjs/rest';
import { type InvalidRequest, invalidRequest } from './invalid-requests.ts';

/** Requests of one bot that may wait at a time; each of them is somebody's who waits for a reply. */
export const MOST_WAITING = 1_000;

export interface BotRestOptions {
  /** Without the version, e.g. https://discord.com/api. */
  readonly apiUrl: string;
  readonly token: string;
  readonly onInvalidRequest: (request: InvalidRequest) => void;
}

const DISCONNECTED = 'the bot is disconnected';

type QueuedRequest = Parameters<REST['queueRequest']>[0];

export class BotRest extends REST {
  readonly #silenced: AbortController;
  /** One for each request, because the library never lets go of a signal. */
  readonly #waiting = new Set<AbortController>();

  constructor({ apiUrl, token, onInvalidRequest }: BotRestOptions) {
    const silenced = new AbortController();
    super({
      version: '10',
      api: apiUrl,
      retries: 2,
      timeout: 10_000,
      makeRequest: async (url, init) => {
        // What waited for its bucket meanwhile, and what was refused and would be sent again.
        if (silenced.signal.aborted) throw new RequestRefused(DISCONNECTED);
        return await DefaultRestOptions.makeRequest(url, init);
      },
    });
    this.#silenced = silenced;
    this.setToken(token);
    this.on('response', ({ route }, { status, headers }) => {
      const request = invalidRequest(status, headers.get('x-ratelimit-scope'), route);
      if (request !== undefined) onInvalidRequest(request);
    });
  }

  override async queueRequest(request: QueuedRequest): ReturnType<REST['queueRequest']> {
    if (this.#silenced.signal.aborted) throw new RequestRefused(DISCONNECTED);
    if (this.#waiting.size >= MOST_WAITING) throw new RequestRefused(`${MOST_WAITING} requests wait already`);
    const own = new AbortController();
    const onAbort = (): void => own.abort();
    request.signal?.addEventListener('abort', onAbort, { once: true });
    if (request.signal?.aborted === true) onAbort();
    this.#waiting.add(own);
    try {
      return await super.queueRequest({ ...request, signal: own.signal });
    } catch (error) {
      throw this.#silenced.signal.aborted ? new RequestRefused(DISCONNECTED) : error;
    } finally {
      request.signal?.removeEventListener('abort', onAbort);
      this.#waiting.delete(own);
    }
  }

  /** Nothing is sent any more, and nothing waits. */
  silence(): void {
    this.#silenced.abort();
    for (const request of this.#waiting) request.abort();
  }

  /** Ends its timers. */
  close(): void {
    this.clearHashSweeper();
    this.clearHandlerSweeper();
  }
}

/** A request that was not sent to Discord. */
export class RequestRefused extends Error {
  override readonly name = 'RequestRefused';

  constructor(why: string) {
    super(`Not sent to Discord: ${why}.`);
  }
}
