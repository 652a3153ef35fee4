import fc from 'fast-check';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { Client } from './client.ts';
import { Controller } from './controller.ts';
import { TransportError } from './errors.ts';
import { FakeApiServer } from './fake-api-server.ts';
import { FakeClock } from './fake-clock.ts';
import { Informers } from './informer.ts';
import { silentLogger } from './log.ts';
import { noMetrics } from './metrics.ts';
import { formatKey } from './object.ts';
import { configMaps } from './resources.ts';

// What the code under test draws must not differ between a failing run and its repetition with the seed.
beforeAll(() => void vi.spyOn(Math, 'random').mockReturnValue(0.5));
afterAll(() => void vi.restoreAllMocks());

type Step =
  | { do: 'create' | 'change' | 'remove'; name: string }
  | { do: 'break' | 'compact' | 'away' | 'back' | 'new term' }
  | { do: 'advance'; ms: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom('create' as const, 'change' as const, 'remove' as const),
      name: fc.constantFrom('a', 'b', 'c', 'd'),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'break' as const,
        'compact' as const,
        'away' as const,
        'back' as const,
        'new term' as const,
      ),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('advance' as const), ms: fc.constantFrom(0, 7, 300, 9_000) }),
  },
);

it('after the faults stop, every key was reconciled at its last version, and never twice at once', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 5, maxLength: 40 }),
      fc.integer({ min: 1, max: 3 }),
      fc.infiniteStream(fc.constantFrom('ok', 'ok', 'fail', 'slow', 'unreachable')),
      async (steps, workers, outcomes) => {
        const clock = new FakeClock();
        const server = new FakeApiServer();
        const client = new Client({ transport: server, clock });
        const informers = new Informers({ client, clock });
        const configs = informers.get(configMaps);
        const done = new Map<string, string | undefined>();
        const running = new Set<string>();
        let faulty = true;
        const controller = new Controller(
          {
            name: 'test',
            workers,
            reconcile: async (key, { signal }) => {
              const text = formatKey(key);
              expect(running.has(text), 'the key is in work already').toBe(false);
              running.add(text);
              try {
                const seen = configs.get(key)?.metadata.resourceVersion;
                const outcome = faulty ? outcomes.next().value : 'ok';
                if (outcome === 'fail') throw new Error('failed');
                if (outcome === 'unreachable')
                  throw new TransportError({ method: 'X', path: '/', message: 'away' });
                if (outcome === 'slow') await clock.sleep(50, signal);
                done.set(text, seen);
              } finally {
                running.delete(text);
              }
            },
          },
          { informers, reachability: client.reachability, clock, log: silentLogger, metrics: noMetrics },
        ).for(configMaps);
        const caches = new AbortController();
        informers.start(caches.signal);
        let term = new AbortController();
        let run = controller.run(term.signal);
        const at = (name: string) => ({ namespace: 'ns', name });
        const direct = new Client({ transport: withoutFaults(server), clock });
        for (const one of steps) {
          switch (one.do) {
            case 'create':
              await direct.create(configMaps, { metadata: at(one.name) }).catch(() => {});
              break;
            case 'change':
              await direct
                .patch(configMaps, at(one.name), { merge: { data: { v: server.version } } })
                .catch(() => {});
              break;
            case 'remove':
              await direct.delete(configMaps, at(one.name));
              break;
            case 'break':
              server.endWatches(new Error('broken'));
              break;
            case 'compact':
              server.compact();
              break;
            case 'away':
              server.fault = () => ({ status: 503 });
              server.endWatches(new Error('broken'));
              break;
            case 'back':
              server.fault = () => undefined;
              break;
            case 'new term':
              term.abort();
              await run;
              term = new AbortController();
              run = controller.run(term.signal);
              break;
            case 'advance':
              await clock.advance(one.ms);
          }
        }
        server.fault = () => undefined;
        faulty = false;
        await clock.advance(120_000);
        for (const { metadata } of (await direct.list(configMaps)).items) {
          expect(done.get(`ns/${metadata.name}`)).toBe(metadata.resourceVersion);
        }
        for (const [text, version] of done) {
          const name = text.slice('ns/'.length);
          // A key whose object is gone was reconciled without it, unless it went while nobody was the leader.
          if (version !== undefined && !steps.some((one) => one.do === 'new term')) {
            expect(await direct.find(configMaps, at(name)), `${text} is gone`).toBeDefined();
          }
        }
        term.abort();
        await run;
        caches.abort();
        await informers.stopped();
        expect(clock.pendingTimers).toBe(0);
      },
    ),
    { numRuns: 150 },
  );
}, 60_000);

/** The hand that changes objects is not subject to the faults under which the controller suffers. */
function withoutFaults(server: FakeApiServer) {
  return {
    request: async (request: Parameters<FakeApiServer['request']>[0]) => {
      const { fault } = server;
      server.fault = () => undefined;
      try {
        return await server.request(request);
      } finally {
        server.fault = fault;
      }
    },
    stream: (request: Parameters<FakeApiServer['stream']>[0]) => server.stream(request),
    invalidateCredentials: () => {},
    close: () => {},
  };
}
