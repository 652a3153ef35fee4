import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HttpTransport, redirection } from './transport.ts';
import { VaultError } from './vault-error.ts';

let server: Server;
let address: string;
let seen: IncomingMessage[];
let answer: (request: IncomingMessage, response: ServerResponse) => void;
let transport: HttpTransport;

beforeEach(async () => {
  seen = [];
  answer = (_, response) => response.end('{"data":{}}');
  server = createServer((request, response) => {
    seen.push(request);
    request.resume();
    answer(request, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  transport = new HttpTransport({ address, namespace: 'team-a' });
});
afterEach(async () => {
  transport.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const send = (more: object = {}) =>
  transport.send({
    method: 'POST',
    path: 'transit/encrypt/a',
    token: 'hvs.secret',
    body: { plaintext: 'x' },
    ...more,
  });

async function failure(promise: Promise<unknown>): Promise<VaultError> {
  const error = await promise.catch((reason: unknown) => reason);
  if (!(error instanceof VaultError)) throw new Error('no VaultError', { cause: error });
  expect(error.message).not.toContain('hvs.secret');
  return error;
}

describe('a request', () => {
  it('carries token, namespace and the header that agents ask for', async () => {
    expect(await send()).toEqual({ status: 200, body: { data: {} } });
    expect(seen[0]?.url).toBe('/v1/transit/encrypt/a');
    expect(seen[0]?.headers).toMatchObject({
      'x-vault-token': 'hvs.secret',
      'x-vault-namespace': 'team-a',
      'x-vault-request': 'true',
    });
  });

  it('leaves the namespace out where only the root namespace has the path', async () => {
    await send({ namespaced: false });
    expect(seen[0]?.headers).not.toHaveProperty('x-vault-namespace');
  });

  it('keeps what stands before /v1/ in the address', async () => {
    const behind = new HttpTransport({ address: `${address}/vault/` });
    await behind.send({ method: 'GET', path: 'sys/health' });
    expect(seen[0]?.url).toBe('/vault/v1/sys/health');
    behind.close();
  });

  it('follows a standby to the active server, once', async () => {
    answer = (request, response) =>
      request.url?.includes('active')
        ? response.end('{"data":{"from":"active"}}')
        : response.writeHead(307, { location: `${address}/v1/active` }).end();
    expect(await send()).toMatchObject({ body: { data: { from: 'active' } } });
    expect(seen[1]).toMatchObject({ method: 'POST', headers: { 'x-vault-token': 'hvs.secret' } });
    answer = (_, response) => response.writeHead(307, { location: `${address}/v1/round` }).end();
    expect((await send()).status).toBe(307);
    expect(seen).toHaveLength(4);
  });

  it.each([['http://vault-1:8200/v1/x'], ['ftp://vault-1/x'], ['//[broken'], [undefined]])(
    'does not carry a token from TLS to %s',
    (location) => {
      const from = new URL('https://vault:8200/v1/x');
      expect(() => redirection(307, location, from)).toThrow(/redirects to where this client does not go/);
      expect(redirection(307, 'https://vault-1:8200/v1/x', from)?.host).toBe('vault-1:8200');
    },
  );

  it('is sent again when the server closed the idle connection that it went out on', async () => {
    await send();
    // The connection is kept; the server ends it as the next request arrives, without having read it.
    let first = true;
    answer = (request, response) => {
      if (!first) return void response.end('{}');
      first = false;
      request.socket.resetAndDestroy();
    };
    expect((await send()).status).toBe(200);
    expect(seen).toHaveLength(3);
  });
});

describe('no answer of Vault', () => {
  it.each<[string, (response: ServerResponse) => void, RegExp]>([
    ['silence', () => {}, /no answer in time/],
    ['a page of something else', (response) => response.end('<html>hvs.secret'), /not Vault/],
    ['a broken connection', (response) => response.destroy(), /cannot be reached/],
    [
      'half an answer',
      (response) => void response.writeHead(200, { 'content-length': 9 }).write('{'),
      /in time/,
    ],
    ['an endless one', (response) => response.end('x'.repeat(5_000_000)), /too large/],
  ])('%s is unreachable', async (_, respond, message) => {
    answer = (_request, response) => respond(response);
    // Only what never ends waits for the limit.
    if (message.source.includes('in time')) transport = new HttpTransport({ address, timeoutMs: 200 });
    const error = await failure(send());
    expect(error).toMatchObject({ kind: 'unreachable', temporary: true });
    expect(error.message).toMatch(message);
  });

  it('a page with a status of failure keeps its status', async () => {
    answer = (_, response) => response.writeHead(502).end('<html>bad gateway');
    expect(await send()).toEqual({ status: 502, body: undefined });
  });

  it('nobody listens', async () => {
    const gone = new HttpTransport({ address: 'http://127.0.0.1:1' });
    expect((await failure(gone.send({ method: 'GET', path: 'x' }))).message).toMatch(/ECONNREFUSED/);
    gone.close();
  });

  it('an abort is the caller’s own, not a failure of Vault', async () => {
    answer = () => {};
    const abort = new AbortController();
    const sent = send({ signal: abort.signal });
    abort.abort(new Error('enough'));
    await expect(sent).rejects.toThrow('enough');
  });

  it('an address that is none', () => {
    expect(() => new HttpTransport({ address: 'vault:8200' })).toThrow(/must be an http/);
  });
});
