import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { guardedFetch } from './guarded-fetch.ts';
import { AddressRefusedError, guardedLookup, type Resolve } from './guarded-lookup.ts';
import { type ProviderEndpoint, request } from './http.ts';
import { ProviderError } from './retry.ts';

let server: Server;
let port = 0;
/** Requests that came to the server on this machine, as `method path authorization body`. */
let received: string[] = [];
let answer: (path: string) => { status: number; headers?: Record<string, string>; body?: string };

beforeEach(async () => {
  received = [];
  answer = () => ({ status: 200, body: 'said' });
  server = createServer(async (message, response) => {
    const parts: Buffer[] = [];
    for await (const part of message) parts.push(part);
    received.push(
      [message.method, message.url, message.headers.authorization, Buffer.concat(parts)].join(' '),
    );
    const { status, headers = {}, body = '' } = answer(message.url ?? '');
    response.writeHead(status, headers).end(body);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  port = typeof address === 'object' && address !== null ? address.port : 0;
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

/** Each question gets the next answer, the last one again and again. */
function dns(...answers: (readonly string[])[]): Resolve & { readonly asked: string[] } {
  const asked: string[] = [];
  const resolve: Resolve = (hostname, callback) => {
    const addresses = answers[Math.min(asked.length, answers.length - 1)] ?? [];
    asked.push(hostname);
    callback(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
  };
  return Object.assign(resolve, { asked });
}

describe('a connection to a name', () => {
  it.each([
    ['this machine', ['127.0.0.1'], 'public'],
    ['this machine, over IPv6', ['::1'], 'public'],
    ['this machine, in an IPv6 address', ['::ffff:127.0.0.1'], 'public'],
    ['a private network', ['10.96.0.1'], 'public'],
    ['a private network, over IPv6', ['fd12::1'], 'public'],
    ['the metadata service', ['169.254.169.254'], 'public'],
    ['the metadata service, though private networks are allowed', ['169.254.169.254'], 'private'],
    ['this machine, though private networks are allowed', ['127.0.0.1'], 'private'],
    ['this machine by all of its addresses', ['127.0.0.1', '::1', '0.0.0.0'], 'private'],
  ] as const)('is not made when it leads to %s', async (_what, addresses, reach) => {
    const get = guardedFetch(reach, dns(addresses));
    await expect(get(`http://rebound.example.com:${port}/`)).rejects.toBeInstanceOf(AddressRefusedError);
    expect(received).toEqual([]);
  });

  it('that changes its answer after the check goes where the check was, with one question', async () => {
    // 127.0.0.2 is this machine as well, and nothing listens there at this port.
    const rebinding = dns(['127.0.0.1'], ['127.0.0.2']);
    const get = guardedFetch('any', rebinding);
    expect(await (await get(`http://pinned.example.com:${port}/`)).text()).toBe('said');
    expect(rebinding.asked).toHaveLength(1);
  });

  it('that was good for one connection is judged again for the next', async () => {
    const rebinding = dns(['192.0.2.1'], ['127.0.0.1']);
    const lookup = guardedLookup('public', rebinding);
    const ask = (): Promise<unknown> =>
      new Promise((resolve) =>
        lookup('x.example.com', { all: true }, (error, found) => resolve(error ?? found)),
      );
    expect(await ask()).toEqual([{ address: '192.0.2.1', family: 4 }]);
    expect(await ask()).toBeInstanceOf(AddressRefusedError);
  });

  it('goes to those of its addresses that are in reach', async () => {
    const lookup = guardedLookup('public', dns(['10.0.0.1', '192.0.2.1', '::1']));
    const found = await new Promise((resolve) =>
      lookup('x.example.com', { all: true }, (_, all) => resolve(all)),
    );
    expect(found).toEqual([{ address: '192.0.2.1', family: 4 }]);
  });

  it('asks for a name of the Internet as it stands, without the search path of the cluster', async () => {
    const publicly = dns(['127.0.0.1']);
    await guardedFetch('public', publicly)('http://api.models:80/').catch(() => {});
    const privately = dns(['127.0.0.1']);
    await guardedFetch('private', privately)('http://vllm.models.svc:80/').catch(() => {});
    expect([...publicly.asked, ...privately.asked]).toEqual(['api.models.', 'vllm.models.svc']);
  });

  it('is refused for a WebSocket as for a request', async () => {
    const sockets = new WebSocketServer({ server });
    const reached: unknown[] = [];
    sockets.on('connection', (socket) => reached.push(socket));
    const url = `ws://rebound.example.com:${port}/`;
    const socket = new WebSocket(url, { lookup: guardedLookup('public', dns(['127.0.0.1'])) });
    const [error] = await once(socket, 'error');
    expect(error).toBeInstanceOf(AddressRefusedError);
    expect(reached).toEqual([]);
    const allowed = new WebSocket(url, { lookup: guardedLookup('any', dns(['127.0.0.1'])) });
    await once(allowed, 'open');
    allowed.terminate();
    sockets.close();
  });
});

describe('a connection to an address', () => {
  it.each([
    ['127.0.0.1', 'public'],
    ['127.0.0.1', 'private'],
    ['2130706433', 'private'],
    ['0x7f.1', 'private'],
    ['0', 'private'],
    ['[::ffff:127.0.0.1]', 'private'],
    ['[::1]', 'private'],
  ] as const)('%s is not made within the reach "%s"', async (host, reach) => {
    const get = guardedFetch(reach, dns([]));
    await expect(get(`http://${host}:${port}/`)).rejects.toBeInstanceOf(AddressRefusedError);
    expect(received).toEqual([]);
  });

  it('that the Tenant wrote itself is made', async () => {
    expect(await (await guardedFetch('any')(`http://127.0.0.1:${port}/`)).text()).toBe('said');
  });
});

describe('a request', () => {
  const endpoint = (reach: 'any' | 'public'): ProviderEndpoint => ({
    role: 'llm',
    kind: 'openai',
    pricePerUnitUSD: 0,
    baseUrl: `http://127.0.0.1:${port}/v1`,
    model: 'm',
    apiKey: 'secret-of-the-tenant',
    reach,
  });
  const options = { path: '/x', body: 'prompt', signal: new AbortController().signal, timeoutMs: 5_000 };

  it.each([301, 302, 303, 307, 308])('is not repeated at another place that a %i names', async (status) => {
    answer = (path) =>
      path === '/v1/x'
        ? { status, headers: { location: `http://127.0.0.1:${port}/stolen` } }
        : { status: 200 };
    await expect(request(endpoint('any'), options)).rejects.toThrow(`answered ${status}`);
    expect(received).toEqual(['POST /v1/x Bearer secret-of-the-tenant prompt']);
  });

  it.each([
    ['as it is', 'Incorrect API key provided: secret-of-the-tenant'],
    ['with its scheme', '{"error":{"message":"Bearer secret-of-the-tenant is unknown"}}'],
    ['at the end of the excerpt', `${'x'.repeat(190)} secret-of-the-tenant`],
  ])('whose refusal repeats the key %s is reported without it', async (_how, body) => {
    answer = () => ({ status: 401, body });
    const error = await request(endpoint('any'), options).catch((reason: unknown) => reason);
    expect(String(error)).toContain('answered 401');
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('secret-of');
  });

  it('does not go through a proxy that the environment names', async () => {
    process.env.HTTP_PROXY = `http://127.0.0.1:${port}`;
    process.env.NODE_USE_ENV_PROXY = '1';
    try {
      const get = guardedFetch('public', dns(['127.0.0.1']));
      await expect(get('http://rebound.example.com/')).rejects.toBeInstanceOf(AddressRefusedError);
      expect(received).toEqual([]);
    } finally {
      delete process.env.HTTP_PROXY;
      delete process.env.NODE_USE_ENV_PROXY;
    }
  });

  it('that is refused says why, and is not tried again', async () => {
    const error = await request(endpoint('public'), options).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ProviderError);
    expect(error).toMatchObject({ retryable: false });
    expect(String(error)).toContain('127.0.0.1 is an address that is not on the Internet');
    expect(received).toEqual([]);
  });

  it('carries a form, and gives back the status, the headers and the body as they come', async () => {
    answer = () => ({ status: 418, headers: { 'content-type': 'text/plain', 'x-a': 'b' }, body: 'teapot' });
    const form = new FormData();
    form.set('model', 'm');
    const response = await guardedFetch('any')(`http://127.0.0.1:${port}/`, { method: 'POST', body: form });
    expect([response.status, response.headers.get('x-a'), await response.text()]).toEqual([
      418,
      'b',
      'teapot',
    ]);
    expect(received[0]).toContain('name="model"');
  });

  it('that is aborted rejects with the reason, and its connection is gone', async () => {
    const waiting = createServer(() => {}).listen(0, '127.0.0.1');
    await once(waiting, 'listening');
    const address = waiting.address();
    const at = typeof address === 'object' && address !== null ? address.port : 0;
    const controller = new AbortController();
    const connected = once(waiting, 'connection');
    const pending = guardedFetch('any')(`http://127.0.0.1:${at}/`, { signal: controller.signal });
    pending.catch(() => {});
    const [socket] = await connected;
    controller.abort(new Error('barge-in'));
    await expect(pending).rejects.toThrow('barge-in');
    await once(socket, 'close');
    waiting.close();
  });
});
