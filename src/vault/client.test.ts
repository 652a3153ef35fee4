import { beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../kube/fake-clock.ts';
import { VaultClient } from './client.ts';
import { FakeTransport, unreachable } from './fake-transport.ts';
import type { Answer } from './transport.ts';
import { VaultError } from './vault-error.ts';

const settings = {
  address: 'https://vault.test:8200',
  auth: { mount: 'kubernetes', role: 'skald-controller' },
  transitMount: 'transit',
  kvMount: 'secret',
  kvPrefix: 'skald',
  pki: { mount: 'skald-pki' },
};
const read = { method: 'GET', path: 'transit/keys/a', operation: 'transit.key' } as const;
const deadToken: Answer = {
  status: 403,
  body: { errors: ['2 errors occurred:\n\t* permission denied\n\t* invalid token\n\n'] },
};
const denied: Answer = { status: 403, body: { errors: ['1 error occurred:\n\t* permission denied\n\n'] } };

let clock: FakeClock;
let vault: FakeTransport;
let jwts: string[];
let held: boolean[];
let outcomes: string[];
let logged: unknown[];
let client: VaultClient;

beforeEach(() => {
  clock = new FakeClock();
  vault = new FakeTransport();
  jwts = [];
  held = [];
  outcomes = [];
  logged = [];
  const log = (fields: object, message: string) => void logged.push(fields, message);
  client = new VaultClient({
    settings,
    jwt: async () => {
      jwts.push(`jwt-${jwts.length + 1}`);
      return jwts.at(-1) ?? '';
    },
    clock,
    transport: vault,
    log: { info: log, warn: log },
    random: () => 0,
    observer: {
      request: (operation, outcome) => outcomes.push(`${operation} ${outcome}`),
      loggedIn: (now) => held.push(now),
    },
  });
});

function running(): AbortController {
  const stop = new AbortController();
  void client.run(stop.signal);
  return stop;
}

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.unreachable('it succeeded'),
    (error: unknown) => {
      if (error instanceof VaultError) return error;
      throw error;
    },
  );

describe('login', () => {
  it('is one for all requests that come at the same time, with role and service-account token', async () => {
    await Promise.all([client.request(read), client.request(read), client.request(read)]);
    expect(vault.logins).toBe(1);
    expect(vault.requests[0]).toMatchObject({
      method: 'POST',
      path: 'auth/kubernetes/login',
      body: { role: 'skald-controller', jwt: 'jwt-1' },
    });
    expect(vault.requests.slice(1).map(({ token }) => token)).toEqual(['t1', 't1', 't1']);
  });

  it('reads the service-account token again each time', async () => {
    await client.request(read);
    await clock.advance(90_000);
    await client.request(read);
    expect(jwts).toEqual(['jwt-1', 'jwt-2']);
  });

  it('does not end for others when one caller gives up', async () => {
    const login = Promise.withResolvers<void>();
    const send = vault.send.bind(vault);
    vault.send = async (exchange) => {
      if (exchange.path.endsWith('/login')) await login.promise;
      return send(exchange);
    };
    const impatient = new AbortController();
    const first = client.request({ ...read, signal: impatient.signal }).catch((error: unknown) => error);
    const second = client.request(read);
    impatient.abort(new Error('enough'));
    expect(await first).toEqual(new Error('enough'));
    login.resolve();
    expect(await second).toEqual({ data: {} });
    expect(vault.logins).toBe(1);
  });

  it('is not tried by every request while it fails: the last failure answers until the pause is over', async () => {
    vault.fault = () => unreachable();
    expect((await failure(client.request(read))).kind).toBe('unreachable');
    expect((await failure(client.request(read))).kind).toBe('unreachable');
    expect(vault.requests).toHaveLength(1);
    expect(client.problem?.kind).toBe('unreachable');
    vault.fault = undefined;
    await clock.advance(500);
    await client.request(read);
    expect(client.problem).toBeUndefined();
  });

  it.each<[string, Answer | (() => never), string]>([
    ['no connection', unreachable, 'unreachable'],
    ['sealed', { status: 503, body: { errors: ['Vault is sealed'] } }, 'sealed'],
    ['refused', denied, 'denied'],
    ['an unknown role', { status: 400, body: { errors: ['role "x" could not be found'] } }, 'denied'],
    ['no auth method', { status: 404, body: { errors: ['no handler for route'] } }, 'denied'],
    ['an answer without a token', { status: 200, body: { auth: { lease_duration: 5 } } }, 'unreachable'],
    ['an empty answer', { status: 204, body: undefined }, 'unreachable'],
  ])('that fails is an error of its kind: %s', async (_, answer, kind) => {
    vault.fault = () => (typeof answer === 'function' ? answer() : answer);
    const error = await failure(client.request(read));
    expect(error.kind).toBe(kind);
    expect(JSON.stringify(logged) + error.message).not.toContain('jwt-1');
  });
});

describe('the token that is held', () => {
  it('is renewed at two thirds of its life, again and again', async () => {
    running();
    await clock.settle();
    await clock.advance(59_999);
    expect(vault.paths()).toEqual(['auth/kubernetes/login']);
    await clock.advance(1);
    await clock.advance(120_000);
    expect(vault.paths().slice(1)).toEqual(Array(3).fill('auth/token/renew-self'));
    expect(vault.requests.at(-1)?.token).toBe('t1');
    expect(held).toEqual([true]);
  });

  it('is renewed up to a tenth of its life earlier, by chance', async () => {
    const eager = new VaultClient({
      settings,
      jwt: async () => 'jwt',
      clock,
      transport: vault,
      log: { info() {}, warn() {} },
      random: () => 1,
    });
    void eager.run(new AbortController().signal);
    await clock.settle();
    await clock.advance(51_000);
    expect(vault.paths()).toEqual(['auth/kubernetes/login', 'auth/token/renew-self']);
  });

  it('is replaced before its end when a renewal does not give it its full life any more', async () => {
    running();
    await clock.settle();
    vault.renewTtl = 30;
    await clock.advance(60_000);
    expect(vault.logins).toBe(1);
    await clock.advance(20_000);
    expect(vault.logins).toBe(2);
    expect(held).toEqual([true]);
  });

  it('is replaced, not renewed, when it cannot be renewed', async () => {
    vault.renewable = false;
    running();
    await clock.settle();
    await clock.advance(60_000);
    expect(vault.paths()).toEqual(['auth/kubernetes/login', 'auth/kubernetes/login']);
  });

  it('survives a Vault that is away for less than the third that is left', async () => {
    running();
    await clock.settle();
    vault.fault = () => unreachable();
    await clock.advance(85_000);
    vault.fault = undefined;
    await clock.advance(10_000);
    await client.request(read);
    expect(vault.logins).toBe(1);
    expect(held).toEqual([true]);
  });

  it('gives way to a new login when renewals alone fail: no request is refused for their pauses', async () => {
    running();
    await clock.settle();
    vault.fault = ({ path }) => (path === 'auth/token/renew-self' ? unreachable() : undefined);
    await clock.advance(85_000);
    for (let passed = 0; passed < 10_000; passed += 100) {
      await clock.advance(100);
      await client.request(read);
    }
    expect(vault.logins).toBe(2);
  });

  it('is made anew when Vault comes back after its end, without anybody asking', async () => {
    running();
    await clock.settle();
    vault.fault = () => unreachable();
    await clock.advance(300_000);
    expect(client.loggedIn).toBe(false);
    vault.fault = undefined;
    await clock.advance(15_000);
    expect(client.loggedIn).toBe(true);
    expect(vault.logins).toBe(2);
    expect(held).toEqual([true, false, true]);
  });

  it('pauses between attempts double up to fifteen seconds', async () => {
    vault.fault = () => unreachable();
    running();
    await clock.advance(500 + 1_000 + 2_000 + 4_000 + 8_000 + 15_000 + 15_000);
    expect(vault.requests).toHaveLength(8);
  });
});

describe('a request', () => {
  it('that meets a dead token logs in again and is repeated, once', async () => {
    await client.request(read);
    vault.fault = ({ token }) => (token === 't1' ? deadToken : undefined);
    await Promise.all([client.request(read), client.request(read)]);
    expect(vault.logins).toBe(2);
    vault.fault = ({ path }) => (path === read.path ? deadToken : undefined);
    expect((await failure(client.request(read))).kind).toBe('denied');
    expect(vault.logins).toBe(3);
  });

  it('that is denied with a fresh token does not log in again; with an old one it does, for old versions of Vault', async () => {
    vault.handler = () => denied;
    expect((await failure(client.request(read))).kind).toBe('denied');
    expect(vault.logins).toBe(1);
    await clock.advance(60_001);
    expect((await failure(client.request(read))).kind).toBe('denied');
    expect(vault.logins).toBe(2);
  });

  it.each<[number, string]>([
    [400, 'invalid'],
    [404, 'not-found'],
    [405, 'invalid'],
    [412, 'unreachable'],
    [429, 'unreachable'],
    [473, 'unreachable'],
    [500, 'unreachable'],
    [502, 'unreachable'],
    [503, 'sealed'],
  ])('answered with %i is %s, and nothing of the answer is in the error', async (status, kind) => {
    vault.handler = () => ({ status, body: { errors: ['swordfish'], data: { token: 'swordfish' } } });
    const error = await failure(
      client.request({ ...read, method: 'POST', body: { plaintext: 'swordfish' } }),
    );
    expect(error).toMatchObject({ kind, status });
    expect(`${error.message} ${error.stack} ${JSON.stringify(error)}`).not.toContain('swordfish');
    expect(error.message).toContain('transit/keys/a');
  });

  it('that needs no token does not log in', async () => {
    await client.request({ ...read, authenticated: false });
    expect(vault.logins).toBe(0);
    expect(vault.requests[0]?.token).toBeUndefined();
  });

  it('is observed by operation and outcome', async () => {
    await client.request(read);
    vault.handler = () => ({ status: 503, body: undefined });
    await failure(client.request(read));
    expect(outcomes).toEqual(['auth.login ok', 'transit.key ok', 'transit.key sealed']);
  });
});

describe('close', () => {
  it('gives the token back, closes the connections, and nothing logs in any more', async () => {
    await client.request(read);
    await client.close();
    expect(vault.requests.at(-1)).toMatchObject({ path: 'auth/token/revoke-self', token: 't1' });
    expect(vault.closed).toBe(true);
    expect((await failure(client.request(read))).message).toMatch(/closed/);
    await client.close();
    expect(vault.logins).toBe(1);
    expect(vault.paths().filter((path) => path.endsWith('revoke-self'))).toHaveLength(1);
  });

  it('ends what keeps the token alive: nothing waits any more', async () => {
    const run = client.run(new AbortController().signal);
    await clock.settle();
    expect(clock.pendingTimers).toBe(1);
    await client.close();
    await run;
    expect(clock.pendingTimers).toBe(0);
  });
});
