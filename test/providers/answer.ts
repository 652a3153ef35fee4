import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Fault } from './faults.ts';

/** Lets time pass; tests give one that does not. */
export type Wait = (milliseconds: number, signal: AbortSignal) => Promise<void>;

export const realWait: Wait = async (milliseconds, signal) => {
  if (milliseconds > 0) await delay(milliseconds, undefined, { signal });
};

/** A request that is refused, in OpenAI's error shape. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  readonly type: string;
  readonly param: string | null;
  readonly code: string | null;

  constructor(status: number, message: string, about: { type?: string; param?: string; code?: string } = {}) {
    super(message);
    this.status = status;
    this.type = about.type ?? (status >= 500 ? 'server_error' : 'invalid_request_error');
    this.param = about.param ?? null;
    this.code = about.code ?? null;
  }
}

/** The refusal that a fault asks for, worded as OpenAI words it. @param key is repeated in it */
export function refusalFor(status: number, key?: string): Refusal {
  if (key !== undefined)
    return new Refusal(status, `Incorrect API key provided: ${key}.`, { code: 'invalid_api_key' });
  if (status === 429) {
    return new Refusal(429, 'Rate limit reached for requests. Please try again later.', {
      type: 'requests',
      code: 'rate_limit_exceeded',
    });
  }
  return new Refusal(status, 'The server had an error while processing your request. Sorry about that!');
}

/** One answer to a client: it keeps the fault's times and cuts, and stops when the client leaves. */
export class Answer {
  private readonly response: ServerResponse;
  private readonly fault: Fault;
  private readonly wait: Wait;
  private readonly gone = new AbortController();
  private pieces = 0;
  /** How long the head was really held back, milliseconds; undefined: it was not, or not yet. */
  heldMs: number | undefined;

  constructor(response: ServerResponse, fault: Fault, wait: Wait) {
    this.response = response;
    this.fault = fault;
    this.wait = wait;
    response.once('close', () => this.gone.abort(new Error('the client left')));
  }

  get signal(): AbortSignal {
    return this.gone.signal;
  }

  /** Whether JSON should be broken. */
  get malformed(): boolean {
    return this.fault.malformed === true;
  }

  /** The tool that the model is made to use. */
  get callTool(): Fault['callTool'] {
    return this.fault.callTool;
  }

  /** Waits for the first token's time, then sends the head. A planned cut before the first byte happens here. */
  async begin(headers: Record<string, string>): Promise<void> {
    await this.hold(this.fault.firstMs ?? 0);
    if (this.fault.cutAfter === 0) return this.cut();
    this.response.writeHead(200, headers);
    this.response.flushHeaders();
  }

  /** Sends one token or piece of sound, in its time. */
  async piece(bytes: string | Uint8Array): Promise<void> {
    if (this.pieces > 0) await this.wait(this.fault.eachMs ?? 0, this.signal);
    await this.send(bytes);
    this.pieces++;
    if (this.pieces === this.fault.cutAfter) this.cut();
  }

  /** Sends what is neither (a head, a summary), at once. */
  async send(bytes: string | Uint8Array): Promise<void> {
    this.signal.throwIfAborted();
    if (!this.response.write(bytes)) await once(this.response, 'drain', { signal: this.signal });
  }

  end(): void {
    this.response.end();
  }

  /** A whole answer in JSON. */
  async json(body: unknown): Promise<void> {
    await this.begin({ 'content-type': 'application/json' });
    const text = JSON.stringify(body);
    await this.piece(this.malformed ? text.slice(0, Math.floor(text.length / 2)) : text);
    this.end();
  }

  private async hold(milliseconds: number): Promise<void> {
    if (milliseconds === 0) return;
    const since = performance.now();
    await this.wait(milliseconds, this.signal);
    this.heldMs = performance.now() - since;
  }

  private cut(): never {
    // What was sent before still arrives; what is missing is the end of the answer.
    this.response.socket?.destroySoon();
    throw new Error('cut on purpose');
  }
}
