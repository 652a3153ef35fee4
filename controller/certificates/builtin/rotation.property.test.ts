// Thousands of rotations in a world where operators die between deciding and writing, write late, and where Secrets and pods
// lag behind: whoever must be able to connect can, at each moment.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type AuthorityState,
  nextRotationStep,
  type RotationFacts,
  takeRotationStep,
  trustedAuthorities,
} from './rotation.ts';

const DISTRIBUTION = 100;
const LIFE = 10_000;
const LEAF = 300;

interface Certificate {
  readonly by: string;
  readonly notAfter: number;
}

/** A gateway or a worker: its Secret, and what its process has read of it. */
interface Party {
  secret: { certificate: Certificate; bundle: readonly string[] };
  process: { certificate: Certificate; bundle: readonly string[] };
  /** When the process reads what the Secret has now. */
  readsAt: number | undefined;
}

type Move =
  | { readonly kind: 'wait'; readonly seconds: number }
  /** The operator works; `dies`: before its write. `stale`: it still holds the state from before the last write. */
  | { readonly kind: 'operator'; readonly dies: boolean; readonly stale: boolean }
  /** One party's Secret is brought up to date; it reads it after so long. */
  | { readonly kind: 'party'; readonly index: number; readonly lag: number }
  | { readonly kind: 'ask'; readonly request: 'start' | 'finish' };

const move: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('wait' as const), seconds: fc.integer({ min: 1, max: 120 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('operator' as const), dies: fc.boolean(), stale: fc.boolean() }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('party' as const),
      index: fc.nat({ max: 2 }),
      lag: fc.integer({ min: 0, max: DISTRIBUTION - 1 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('ask' as const),
      request: fc.constantFrom('start' as const, 'finish' as const),
    }),
  },
);

class World {
  now = 1;
  made = 0;
  finished = 0;
  stored: { version: number; state: AuthorityState; request: 'start' | 'finish' | undefined };
  /** What an operator that was held up believes. */
  #earlier: World['stored'];
  readonly births = new Map<string, number>();
  readonly parties: Party[];

  constructor() {
    this.stored = {
      version: 0,
      state: { current: this.#authority(), previous: [], longestSeconds: LEAF },
      request: undefined,
    };
    this.#earlier = this.stored;
    this.parties = [0, 1, 2].map(() => {
      const both = { certificate: this.#issue(), bundle: trustedAuthorities(this.stored.state) };
      return { secret: both, process: both, readsAt: undefined };
    });
  }

  apply(one: Move): void {
    switch (one.kind) {
      case 'wait':
        this.#wait(one.seconds);
        break;
      case 'ask':
        this.stored = { ...this.stored, version: this.stored.version + 1, request: one.request };
        break;
      case 'party':
        this.#keep(this.parties[one.index], one.lag);
        break;
      case 'operator':
        this.#operate(one);
    }
    this.check();
  }

  /** Each pair of processes, whose certificates are valid, accepts one another. */
  check(): void {
    for (const presenting of this.parties) {
      const { certificate } = presenting.process;
      if (certificate.notAfter <= this.now) continue;
      for (const verifying of this.parties) {
        if (!verifying.process.bundle.includes(certificate.by)) {
          throw new Error(
            `${certificate.by} is refused at ${this.now}: ${JSON.stringify(this, undefined, 1)}`,
          );
        }
      }
    }
  }

  #operate({ dies, stale }: { dies: boolean; stale: boolean }): void {
    const seen = stale ? this.#earlier : this.stored;
    const facts = this.#facts(seen);
    const step = nextRotationStep(seen.state, facts);
    if (step === undefined || dies) return;
    const next = takeRotationStep(
      seen.state,
      step,
      facts,
      step.kind === 'stage' ? this.#authority() : undefined,
    );
    // The resource version: what somebody else has written over is refused.
    if (seen.version !== this.stored.version) return;
    const answered = seen.request === 'start' ? step.kind === 'stage' : step.kind === 'retire';
    this.#earlier = this.stored;
    this.stored = { version: seen.version + 1, state: next, request: answered ? undefined : seen.request };
    if (step.kind === 'retire') this.finished++;
  }

  #facts({ state, request }: World['stored']): RotationFacts {
    const secrets = this.parties.map(({ secret }) => secret);
    const old = state.previous.map(({ certPem }) => certPem);
    return {
      now: this.#date(this.now),
      request,
      life: this.#life(state.current.certPem),
      made: true,
      published: secrets.every(({ bundle }) =>
        trustedAuthorities(state).every((one) => bundle.includes(one)),
      ),
      reissued: secrets.every(({ certificate }) => !old.includes(certificate.by)),
      distributionSeconds: DISTRIBUTION,
      leafSeconds: LEAF,
    };
  }

  /** What the operator and the kubelet do for one party. A process never lags by more than the distribution time. */
  #keep(party: Party | undefined, lag: number): void {
    if (party === undefined) return;
    const { state } = this.stored;
    const bundle = trustedAuthorities(state);
    const old = state.previous.map(({ certPem }) => certPem);
    const { certificate } = party.secret;
    const renew = old.includes(certificate.by) || certificate.notAfter - this.now < LEAF / 3;
    const changed = renew || bundle.join() !== party.secret.bundle.join();
    if (!changed) return;
    party.secret = { certificate: renew ? this.#issue() : certificate, bundle };
    party.readsAt = Math.min(party.readsAt ?? Infinity, this.now + lag);
  }

  #wait(seconds: number): void {
    for (let second = 0; second < seconds; second++) {
      this.now++;
      for (const party of this.parties) {
        if (party.readsAt === undefined || party.readsAt > this.now) continue;
        party.process = party.secret;
        party.readsAt = undefined;
      }
      this.check();
    }
  }

  #issue(): Certificate {
    const by = this.stored.state.current.certPem;
    const end = this.#life(by).notAfter.getTime() / 1000;
    return { by, notAfter: Math.min(this.now + LEAF, end) };
  }

  #authority() {
    const certPem = `CA ${this.made++}`;
    this.births.set(certPem, this.now);
    return { certPem, keyPem: '' };
  }

  #life(certPem: string) {
    const born = this.births.get(certPem) ?? 0;
    return { notBefore: this.#date(born), notAfter: this.#date(born + LIFE) };
  }

  #date(seconds: number): Date {
    return new Date(seconds * 1000);
  }
}

test('nobody with a valid certificate is refused, wherever operators die and however pods lag', () => {
  let retired = 0;
  fc.assert(
    fc.property(fc.array(move, { minLength: 50, maxLength: 400 }), (moves) => {
      const world = new World();
      for (const one of moves) world.apply(one);
      retired += world.finished;
    }),
    { numRuns: 300 },
  );
  // The moves do lead through whole rotations, or the property would say nothing.
  expect(retired).toBeGreaterThan(20);
});

test('a rotation that was begun ends, whatever was interrupted before', () => {
  fc.assert(
    fc.property(fc.array(move, { maxLength: 120 }), (moves) => {
      const world = new World();
      for (const one of moves) world.apply(one);
      // From here on nobody dies; a finish may have been asked for too early and stays asked for.
      for (let round = 0; round < 60; round++) {
        for (let index = 0; index < 3; index++) world.apply({ kind: 'party', index, lag: 0 });
        world.apply({ kind: 'operator', dies: false, stale: false });
        world.apply({ kind: 'wait', seconds: 30 });
      }
      expect(world.stored.state.next).toBeUndefined();
      expect(world.stored.state.previous).toEqual([]);
    }),
    { numRuns: 100 },
  );
});
