import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { Client } from './client.ts';
import { TransportError } from './errors.ts';
import { type EventFields, EventRecorder } from './events.ts';
import { FakeApiServer } from './fake-api-server.ts';
import { FakeClock } from './fake-clock.ts';
import type { Transport } from './http.ts';
import { prometheusMetrics } from './prometheus.ts';
import { configMaps, type Event, events } from './resources.ts';

async function setup(
  options: { queueSize?: number; perSecond?: number; burst?: number; objectBurst?: number } = {},
) {
  const clock = new FakeClock();
  const server = new FakeApiServer();
  let lost = 0;
  const transport: Transport = {
    request: async (request) => {
      const answer = await server.request(request);
      if (lost === 0) return answer;
      lost -= 1;
      throw new TransportError({
        method: request.method,
        path: request.path,
        message: 'the answer was lost',
      });
    },
    stream: (request) => server.stream(request),
    invalidateCredentials: () => {},
    close: () => {},
  };
  const client = new Client({ transport, clock });
  const registry = new Registry();
  const recorder = new EventRecorder({
    client,
    clock,
    metrics: prometheusMetrics(registry),
    reportingController: 'example.com/test',
    reportingInstance: 'test-0',
    ...options,
  });
  const object = await client.create(configMaps, { metadata: { namespace: 'ns', name: 'a' } });
  const stop = new AbortController();
  server.requests.length = 0;
  return {
    clock,
    server,
    recorder,
    loseAnswers: (count: number) => {
      lost = count;
    },
    start: () => recorder.run(stop.signal),
    stop: () => stop.abort(),
    say: (note: string, fields: Partial<EventFields> = {}) =>
      recorder.event(
        { resource: configMaps, object },
        { type: 'Normal', reason: 'Said', action: 'Say', note, ...fields },
      ),
    list: async (): Promise<Event[]> => (await client.list(events)).items,
    dropped: async (cause: string) => {
      const match = new RegExp(`kube_events_dropped_total{cause="${cause}"} (\\d+)`).exec(
        await registry.metrics(),
      );
      return Number(match?.[1] ?? 0);
    },
  };
}

describe('EventRecorder', () => {
  it('an Event whose answer was lost is not written a second time', async () => {
    const t = await setup();
    const run = t.start();
    t.loseAnswers(2);
    t.say('hello');
    await t.clock.advance(10_000);
    expect(t.server.writes).toHaveLength(3);
    expect(await t.list()).toHaveLength(1);
    t.stop();
    await run;
  });

  it('writes one Event, then counts repetitions in its series, at most every 10 s', async () => {
    const t = await setup();
    const run = t.start();
    t.say('hello');
    await t.clock.settle();
    for (let i = 0; i < 100; i += 1) t.say('hello');
    await t.clock.advance(9_900);
    expect(t.server.writes).toHaveLength(1);
    await t.clock.advance(200);
    expect(t.server.writes).toHaveLength(2);
    const [event, ...more] = await t.list();
    expect(more).toEqual([]);
    expect(event?.series?.count).toBe(101);
    expect(event?.regarding).toMatchObject({ kind: 'ConfigMap', namespace: 'ns', name: 'a' });
    t.stop();
    await run;
  });

  it('begins another series after six quiet minutes', async () => {
    const t = await setup();
    const run = t.start();
    t.say('hello');
    await t.clock.advance(6 * 60_000);
    t.say('hello');
    await t.clock.settle();
    expect(await t.list()).toHaveLength(2);
    t.stop();
    await run;
  });

  it('never blocks: what does not fit is dropped and counted', async () => {
    const t = await setup({ queueSize: 3 });
    for (let i = 0; i < 5; i += 1) t.say(`note ${i}`);
    expect(t.recorder.pending).toBe(3);
    expect(await t.dropped('queue_full')).toBe(2);
    expect(t.server.writes).toHaveLength(0);
  });

  it('limits what is said of one object, and what is sent at once', async () => {
    const t = await setup({ objectBurst: 10, perSecond: 1, burst: 2 });
    const run = t.start();
    for (let i = 0; i < 12; i += 1) t.say(`note ${i}`);
    expect(await t.dropped('object_limit')).toBe(2);
    await t.clock.settle();
    expect(t.server.writes).toHaveLength(2);
    await t.clock.advance(3_000);
    expect(t.server.writes).toHaveLength(5);
    t.stop();
    await run;
  });

  it('waits out a fault, and gives up what is refused', async () => {
    const t = await setup();
    const run = t.start();
    t.server.fault = () => ({ status: 503 });
    t.say('later');
    await t.clock.advance(400);
    t.server.fault = () => undefined;
    await t.clock.advance(5_000);
    expect(await t.list()).toHaveLength(1);
    t.server.fault = () => ({ status: 403 });
    t.say('never');
    await t.clock.advance(60_000);
    expect(await t.dropped('failed')).toBe(1);
    t.stop();
    await run;
  });

  it('writes what is left when it is stopped, and ends though the server hangs', async () => {
    const t = await setup();
    t.say('last words');
    t.stop();
    await t.start();
    expect(await t.list()).toHaveLength(1);
    t.server.fault = () => ({ status: 503 });
    t.say('more');
    const run = t.start();
    await t.clock.advance(1_100);
    await run;
    expect(t.clock.pendingTimers).toBe(0);
  });

  it('cuts a long note between characters', async () => {
    const t = await setup();
    const run = t.start();
    t.say('ä'.repeat(1_000));
    await t.clock.settle();
    const [event] = await t.list();
    expect(Buffer.byteLength(event?.note ?? '')).toBeLessThanOrEqual(1_024);
    expect(event?.note).toMatch(/^ä+\.\.\.$/);
    t.stop();
    await run;
  });
});
