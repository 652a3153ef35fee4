import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { openSocket, type SocketRequest } from './guarded-websocket.ts';
import type { ProviderEndpoint } from './http.ts';
import { ProviderError } from './retry.ts';

const KEY = 'secret-of-the-tenant';

let server: Server;
let sockets: WebSocketServer;
let port = 0;
/** What the handshakes were, as `url authorization`. */
let asked: string[] = [];
/** Takes the place of the handshake. */
let refuse: ((wire: Duplex) => void) | undefined;
let greet: (socket: WebSocket) => void;

beforeEach(async () => {
  asked = [];
  refuse = undefined;
  greet = () => {};
  sockets = new WebSocketServer({ noServer: true });
  server = createServer().listen(0, '127.0.0.1');
  server.on('upgrade', (message, wire: Duplex, head) => {
    asked.push(`${message.url} ${message.headers.authorization}`);
    if (refuse !== undefined) return refuse(wire);
    sockets.handleUpgrade(message, wire, head, (socket) => greet(socket));
  });
  await once(server, 'listening');
  const address = server.address();
  port = typeof address === 'object' && address !== null ? address.port : 0;
});

afterEach(() => {
  for (const socket of sockets.clients) socket.terminate();
  server.closeAllConnections();
  server.close();
});

const endpoint = (reach: 'any' | 'public'): ProviderEndpoint => ({
  role: 'stt',
  kind: 'deepgram',
  pricePerUnitUSD: 0,
  baseUrl: `http://127.0.0.1:${port}/v1`,
  model: 'm',
  apiKey: KEY,
  reach,
});

/** Opens one, and keeps what comes. */
function opening(changes: Partial<SocketRequest> = {}, reach: 'any' | 'public' = 'any') {
  const texts: string[] = [];
  const ended = Promise.withResolvers<unknown>();
  const socket = openSocket(endpoint(reach), {
    path: '/listen',
    query: new URLSearchParams({ keyterm: 'Greta' }),
    signal: new AbortController().signal,
    timeoutMs: 10_000,
    onText: (text) => texts.push(text),
    onEnd: ended.resolve,
    ...changes,
  });
  return { socket, texts, ended: ended.promise };
}

const answer =
  (status: string, body = '', headers = '') =>
  (wire: Duplex) => {
    wire.end(`HTTP/1.1 ${status}\r\n${headers}Content-Length: ${body.length}\r\n\r\n${body}`);
  };

async function reasonOf(socket: Promise<unknown>): Promise<unknown> {
  return await socket.then(
    () => 'it opened',
    (reason: unknown) => reason,
  );
}

describe('a WebSocket to a provider', () => {
  it('shows the key in a header, and carries messages from the first on', async () => {
    greet = (socket) => {
      socket.send('ready');
      socket.on('message', (data) => socket.send(`heard ${data}`));
    };
    const { socket, texts } = opening();
    (await socket).send('hello');
    await expect.poll(() => texts, { timeout: 10_000 }).toEqual(['ready', 'heard hello']);
    expect(asked).toEqual([`/v1/listen?keyterm=Greta Bearer ${KEY}`]);
    (await socket).close();
  });

  it('that is refused says by whom, with which status and why, without key and query', async () => {
    refuse = answer('401 Unauthorized', `{"err_msg":"Invalid credentials ${KEY}"}`);
    const error = await reasonOf(opening().socket);
    expect(error).toBeInstanceOf(ProviderError);
    expect(error).toMatchObject({ provider: 'stt', status: 401, retryable: false });
    expect(String(error)).toBe(
      `ProviderError: stt: ws://127.0.0.1:${port}/v1/listen: answered 401: {"err_msg":"Invalid credentials [key]"}`,
    );
  });

  it('that is refused for now says for how long', async () => {
    refuse = answer('429 Too Many Requests', '', 'Retry-After: 7\r\n');
    expect(await reasonOf(opening().socket)).toMatchObject({
      status: 429,
      retryable: true,
      retryAfterMs: 7000,
    });
  });

  it('that is refused with words without end is closed all the same', async () => {
    refuse = (wire) => {
      wire.write('HTTP/1.1 503 Busy\r\nTransfer-Encoding: chunked\r\n\r\n');
      const more = setInterval(() => wire.write('400\r\n'.concat('x'.repeat(1024), '\r\n')), 1);
      wire.on('close', () => clearInterval(more)).on('error', () => {});
    };
    expect(await reasonOf(opening().socket)).toMatchObject({ status: 503, retryable: true });
  });

  it('follows no redirect', async () => {
    refuse = answer('302 Found', '', `Location: ws://127.0.0.1:${port}/stolen\r\n`);
    expect(await reasonOf(opening().socket)).toMatchObject({ status: 302 });
    expect(asked).toHaveLength(1);
  });

  it('that is not answered is given up, and may be tried again', async () => {
    refuse = () => {};
    const error = await reasonOf(opening({ timeoutMs: 50 }).socket);
    expect(String(error)).toContain('not open within 50 ms');
    expect(error).toMatchObject({ retryable: true });
  });

  it('is not made to an address out of reach', async () => {
    const error = await reasonOf(opening({}, 'public').socket);
    expect(String(error)).toContain('an address that is not on the Internet');
    expect(error).toMatchObject({ retryable: false });
    expect(asked).toEqual([]);
  });

  it('that breaks says so once, with the code and the reason', async () => {
    greet = (socket) => socket.close(1011, 'NET-0001');
    const { socket, ended } = opening();
    await socket;
    expect(String(await ended)).toContain('the connection ended with 1011: NET-0001');
  });

  it('ends at once when nobody wants it any more, before it is open and after', async () => {
    const gone = Promise.withResolvers<void>();
    refuse = (wire) =>
      wire
        .on('end', () => gone.resolve())
        .on('error', () => gone.resolve())
        .resume();
    const early = new AbortController();
    const { socket } = opening({ signal: early.signal });
    await expect.poll(() => asked.length, { timeout: 10_000 }).toBe(1);
    early.abort(new Error('barge-in'));
    expect(String(await reasonOf(socket))).toContain('barge-in');
    await gone.promise;

    refuse = undefined;
    const closed = Promise.withResolvers<void>();
    greet = (peer) => peer.on('close', () => closed.resolve());
    const late = new AbortController();
    const second = opening({ signal: late.signal });
    await second.socket;
    late.abort(new Error('barge-in'));
    expect(String(await second.ended)).toContain('barge-in');
    await closed.promise;
  });
});
