import { describe, expect, it } from 'vitest';
import { Client } from './client.ts';
import { isNotFound, LeadershipLostError, TransportError } from './errors.ts';
import { FakeApiServer } from './fake-api-server.ts';
import { FakeClock } from './fake-clock.ts';
import { configMaps } from './resources.ts';

const key = { namespace: 'ns', name: 'a' };
const object = { metadata: key };

function setup() {
  const clock = new FakeClock();
  const server = new FakeApiServer();
  const client = new Client({ transport: server, clock });
  return { clock, server, client };
}

/** The first `count` requests meet the fault. */
function failing(
  server: FakeApiServer,
  count: number,
  fault: () => { status: number; headers?: Record<string, string> },
) {
  let left = count;
  server.fault = () => (left-- > 0 ? fault() : undefined);
}

function broken(unsent: boolean) {
  return (): never => {
    throw new TransportError({ method: 'X', path: '/', message: 'broken', unsent });
  };
}

describe('requests', () => {
  it('repeats a read after 5xx and broken connections, and gives up after four attempts', async () => {
    const { clock, server, client } = setup();
    await client.create(configMaps, object);
    failing(server, 2, () => ({ status: 503 }));
    const got = client.get(configMaps, key);
    await clock.advance(10_000);
    expect((await got).metadata.name).toBe('a');
    failing(server, 99, broken(false));
    server.requests.length = 0;
    const lost = client.get(configMaps, key).catch((error: unknown) => error);
    await clock.advance(60_000);
    expect(await lost).toBeInstanceOf(TransportError);
    expect(server.requests).toHaveLength(4);
  });

  it('never repeats a create whose outcome is unknown', async () => {
    const { clock, server, client } = setup();
    for (const fault of [broken(false), () => ({ status: 500 })]) {
      server.requests.length = 0;
      failing(server, 1, fault);
      const outcome = client.create(configMaps, object).catch((error: unknown) => error);
      await clock.advance(60_000);
      expect(await outcome).toBeInstanceOf(Error);
      expect(server.requests).toHaveLength(1);
    }
  });

  it('repeats a create that certainly did not run: 429, or no connection at all', async () => {
    const { clock, server, client } = setup();
    failing(server, 1, () => ({ status: 429, headers: { 'retry-after': '3' } }));
    const created = client.create(configMaps, object);
    await clock.advance(2_999);
    expect(server.requests).toHaveLength(1);
    await clock.advance(1);
    expect((await created).metadata.name).toBe('a');
    failing(server, 1, broken(true));
    const other = client.create(configMaps, { metadata: { namespace: 'ns', name: 'b' } });
    await clock.advance(1_000);
    expect((await other).metadata.name).toBe('b');
  });

  it('repeats a delete only when a precondition guards it', async () => {
    const { clock, server, client } = setup();
    const created = await client.create(configMaps, object);
    failing(server, 1, () => ({ status: 500 }));
    await expect(client.delete(configMaps, key)).rejects.toThrow(/500/);
    failing(server, 1, () => ({ status: 500 }));
    const deleted = client.delete(configMaps, key, { uid: created.metadata.uid });
    await clock.advance(1_000);
    expect(await deleted).toBe(true);
    expect(await client.delete(configMaps, key)).toBe(false);
  });

  it('passes on a Retry-After that asks for more than half a minute', async () => {
    const { server, client } = setup();
    server.fault = () => ({ status: 429, headers: { 'retry-after': '120' } });
    await expect(client.get(configMaps, key)).rejects.toMatchObject({ retryAfterMs: 120_000 });
  });

  it('stops waiting for a retry when the signal is aborted, with the reason of the signal', async () => {
    const { clock, server, client } = setup();
    server.fault = () => ({ status: 503 });
    const scope = new AbortController();
    const reason = new Error('shutting down');
    const outcome = client.get(configMaps, key, { signal: scope.signal }).catch((error: unknown) => error);
    await clock.settle();
    scope.abort(reason);
    expect(await outcome).toBe(reason);
    expect(clock.pendingTimers).toBe(0);
  });

  it('reads credentials again once after 401', async () => {
    const { server, client } = setup();
    await client.create(configMaps, object);
    let renewed = 0;
    server.invalidateCredentials = () => {
      renewed += 1;
    };
    failing(server, 1, () => ({ status: 401 }));
    expect((await client.get(configMaps, key)).metadata.name).toBe('a');
    server.fault = () => ({ status: 401 });
    await expect(client.get(configMaps, key)).rejects.toMatchObject({ status: 401 });
    expect(renewed).toBe(2);
  });

  it('a fenced client sends no write, nor the repetition of one, once the check throws', async () => {
    const { clock, server, client } = setup();
    let leader = true;
    const fenced = client.fenced(() => {
      if (!leader) throw new LeadershipLostError('not the leader');
    });
    const created = await fenced.create(configMaps, object);
    server.fault = () => ({ status: 503 });
    server.requests.length = 0;
    const outcome = fenced.update(configMaps, created).catch((error: unknown) => error);
    await clock.settle();
    leader = false;
    await clock.advance(60_000);
    expect(await outcome).toBeInstanceOf(LeadershipLostError);
    expect(server.writes).toHaveLength(1);
    server.fault = () => undefined;
    expect((await fenced.get(configMaps, key)).metadata.name).toBe('a');
    await expect(fenced.delete(configMaps, key)).rejects.toBeInstanceOf(LeadershipLostError);
  });

  it('tells when the server answers again', async () => {
    const { server, client } = setup();
    let recovered = 0;
    client.reachability.onRecovered(() => {
      recovered += 1;
    });
    await client.list(configMaps);
    failing(server, 1, broken(true));
    await client.list(configMaps, { retry: false }).catch(() => {});
    expect(client.reachability.reachable).toBe(false);
    await client.find(configMaps, key);
    await client.find(configMaps, key);
    expect(recovered).toBe(1);
  });

  it('names request, status and reason in the error, and refuses mistakes before sending', async () => {
    const { server, client } = setup();
    const error = await client.get(configMaps, key).catch((thrown: unknown) => thrown);
    expect(isNotFound(error)).toBe(true);
    expect(String(error)).toContain('GET /api/v1/namespaces/ns/configmaps/a: 404 NotFound');
    server.requests.length = 0;
    expect(() => client.create(configMaps, { metadata: { name: 'a' } })).toThrow(/metadata.namespace/);
    await expect(client.update(configMaps, object)).rejects.toThrow(/resourceVersion/);
    await expect(client.get(configMaps, { name: 'a' })).rejects.toThrow(/namespace/);
    expect(server.requests).toHaveLength(0);
  });
});
