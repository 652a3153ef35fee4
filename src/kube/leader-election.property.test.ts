import fc from 'fast-check';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { Client } from './client.ts';
import { type Clock, sleepOn, type Timer } from './clock.ts';
import { LeadershipLostError, TransportError } from './errors.ts';
import { FakeApiServer } from './fake-api-server.ts';
import { FakeClock } from './fake-clock.ts';
import type { HttpRequest, HttpResponse, Transport } from './http.ts';
import { LeaderElector } from './leader-election.ts';
import { silentLogger } from './log.ts';
import { leases } from './resources.ts';

// What the code under test draws must not differ between a failing run and its repetition with the seed.
beforeAll(() => void vi.spyOn(Math, 'random').mockReturnValue(0.5));
afterAll(() => void vi.restoreAllMocks());

const at = { namespace: 'ns', name: 'lock' };
const names = ['a', 'b', 'c'] as const;

/** A process: its wall clock is wrong, and it can be stopped (SIGSTOP), when nothing of it runs but time goes on. */
class Process implements Clock {
  readonly #world: FakeClock;
  readonly #skewMs: number;
  #stopped = false;
  #due: (() => void)[] = [];

  constructor(world: FakeClock, skewMs: number) {
    this.#world = world;
    this.#skewMs = skewMs;
  }

  now(): number {
    return this.#world.now() + this.#skewMs;
  }

  monotonic(): number {
    return this.#world.monotonic();
  }

  setTimeout(callback: () => void, delayMs: number): Timer {
    let cancelled = false;
    const run = () => {
      if (!cancelled) callback();
    };
    const timer = this.#world.setTimeout(() => this.whenRunning(run), delayMs);
    return {
      cancel: () => {
        cancelled = true;
        timer.cancel();
      },
    };
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return sleepOn(this, delayMs, signal);
  }

  whenRunning(callback: () => void): void {
    if (this.#stopped) this.#due.push(callback);
    else callback();
  }

  running(): Promise<void> {
    return new Promise((resolve) => this.whenRunning(resolve));
  }

  stop(): void {
    this.#stopped = true;
  }

  continue(): void {
    this.#stopped = false;
    for (const callback of this.#due.splice(0)) callback();
  }
}

/** The way from a process to the server. What is on it arrives, even if the process has given up waiting. */
class Network implements Transport {
  cut = false;
  /** How long a request is on its way, and its answer. */
  thereMs = 0;
  backMs = 0;
  loseAnswers = false;
  readonly #world: FakeClock;
  readonly #server: FakeApiServer;
  readonly #process: Process;

  constructor(world: FakeClock, server: FakeApiServer, process: Process) {
    this.#world = world;
    this.#server = server;
    this.#process = process;
  }

  async request(request: HttpRequest): Promise<HttpResponse> {
    if (this.cut) throw broken();
    const { signal, ...sent } = request;
    const aborted = Promise.withResolvers<never>();
    aborted.promise.catch(() => {});
    const onAbort = () => aborted.reject(signal?.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
    if (signal?.aborted) onAbort();
    const answered = this.#carry(sent);
    answered.catch(() => {});
    try {
      return await Promise.race([answered, aborted.promise]);
    } finally {
      signal?.removeEventListener('abort', onAbort);
      await this.#process.running();
    }
  }

  async stream(request: HttpRequest) {
    if (this.cut) throw broken();
    const answer = await this.#server.stream(request);
    const { cut } = this;
    if (cut) throw broken();
    return { ...answer, chunks: this.#receive(answer.chunks) };
  }

  invalidateCredentials(): void {}
  close(): void {}

  async #carry(request: HttpRequest): Promise<HttpResponse> {
    if (this.thereMs > 0) await this.#world.sleep(this.thereMs);
    const answer = await this.#server.request(request);
    if (this.backMs > 0) await this.#world.sleep(this.backMs);
    if (this.cut || this.loseAnswers) throw broken();
    return answer;
  }

  async *#receive(chunks: AsyncGenerator<Buffer, void, void>): AsyncGenerator<Buffer, void, void> {
    for await (const chunk of chunks) {
      if (this.cut) throw broken();
      await this.#process.running();
      yield chunk;
    }
  }
}

function broken(): TransportError {
  return new TransportError({ method: 'X', path: '/', message: 'broken' });
}

/** One of the three, or whoever leads now. */
const who = fc.constantFrom(0, 1, 2, 'leader' as const, 'leader' as const);
const does = <D extends string>(what: D) => fc.constant(what);
const ms = (...values: number[]) => fc.constantFrom(...values);

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: does('advance'), ms: ms(50, 700, 1_999, 4_000, 9_999, 16_000) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constantFrom('stop', 'continue', 'cut', 'mend', 'lose answers', 'get answers', 'restart'),
      who,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: does('delay'),
      who,
      there: ms(0, 0, 300, 4_500, 12_000),
      back: ms(0, 0, 300, 4_500),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: does('refuse'), status: fc.constantFrom(409, 429, 500, 503) }) },
  { weight: 3, arbitrary: fc.record({ do: does('heal') }) },
  // Its requests and their answers are slow, and it sleeps while one is on the way.
  { weight: 3, arbitrary: fc.record({ do: does('nap'), who, back: ms(300, 4_000), ms: ms(6_000, 16_000) }) },
  { weight: 1, arbitrary: fc.record({ do: does('label') }) },
);

it('never are there two that may write, and in the end there is one, whatever happens to processes and network', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 5, maxLength: 40 }),
      fc.array(ms(-3_600_000, -7_000, 0, 7_000, 3_600_000), { minLength: 3, maxLength: 3 }),
      async (steps, skews) => {
        const world = new FakeClock();
        const server = new FakeApiServer();
        const direct = new Client({ transport: server, clock: world });
        const mayWrite = (): string[] =>
          candidates.filter(({ elector }) => elector.isLeader()).map(({ identity }) => identity);
        const checkSafety = () => expect(mayWrite().length, mayWrite().join()).toBeLessThanOrEqual(1);
        let generation = 0;
        const start = (index: number) => {
          const process = new Process(world, skews[index] ?? 0);
          const network = new Network(world, server, process);
          const client = new Client({ transport: network, clock: process });
          const identity = `${names[index]}-${generation++}`;
          const elector = new LeaderElector(
            { ...at, identity },
            { client, clock: process, log: silentLogger },
          );
          const stop = new AbortController();
          const run = elector.run(stop.signal, async (term) => {
            // It writes all the time; what has begun is not given up at once.
            while (!term.aborted) {
              try {
                elector.check();
                checkSafety();
              } catch (error) {
                if (!(error instanceof LeadershipLostError)) throw error;
              }
              await process.sleep(900);
            }
          });
          return { identity, process, network, elector, stop, run };
        };
        const candidates = names.map((_, index) => start(index));
        const ended: Promise<void>[] = [];
        const advance = async (byMs: number) => {
          for (let left = byMs; left > 0; left -= 250) {
            await world.advance(Math.min(left, 250));
            checkSafety();
          }
        };
        const heal = () => {
          server.fault = () => undefined;
          for (const { network } of candidates)
            Object.assign(network, { cut: false, loseAnswers: false, thereMs: 0, backMs: 0 });
        };
        await advance(1_000);
        for (const one of steps) {
          const leading = candidates.findIndex(({ elector }) => elector.isLeader());
          const index = 'who' in one ? (one.who === 'leader' ? leading : one.who) : -1;
          const candidate = candidates[index];
          switch (one.do) {
            case 'advance':
              await advance(one.ms);
              break;
            case 'stop':
              candidate?.process.stop();
              break;
            case 'continue':
              candidate?.process.continue();
              break;
            case 'cut':
            case 'mend':
              if (candidate) candidate.network.cut = one.do === 'cut';
              if (one.do === 'cut') server.endWatches(broken());
              break;
            case 'lose answers':
            case 'get answers':
              if (candidate) candidate.network.loseAnswers = one.do === 'lose answers';
              break;
            case 'delay':
              if (candidate) Object.assign(candidate.network, { thereMs: one.there, backMs: one.back });
              break;
            case 'restart':
              if (!candidate) break;
              candidate.stop.abort();
              ended.push(candidate.run);
              // A process that is stopped ends when it goes on.
              candidate.process.continue();
              candidates[index] = start(index);
              break;
            case 'nap':
              if (candidate) candidate.network.backMs = one.back;
              await advance(2_100);
              candidate?.process.stop();
              await advance(one.ms);
              candidate?.process.continue();
              await world.settle();
              break;
            case 'refuse':
              server.fault = () => ({ status: one.status });
              break;
            case 'heal':
              heal();
              break;
            case 'label':
              await direct
                .patch(
                  leases,
                  at,
                  { merge: { metadata: { labels: { v: server.version } } } },
                  { retry: false },
                )
                .catch(() => {});
          }
          checkSafety();
        }
        heal();
        for (const { process } of candidates) process.continue();
        await advance(60_000);
        expect(mayWrite()).toHaveLength(1);
        const [leader] = mayWrite();
        expect((await direct.get(leases, at)).spec?.holderIdentity).toBe(leader);
        for (const { stop } of candidates) stop.abort();
        await advance(20_000);
        await Promise.all([...ended, ...candidates.map(({ run }) => run)]);
      },
    ),
    { numRuns: 150 },
  );
}, 120_000);
