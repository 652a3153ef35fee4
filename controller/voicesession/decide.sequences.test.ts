// Whatever happens in whatever order, and wherever the operator dies: no sequence leaves the table of phases, nothing is
// given back under a worker, and when the world behaves again the session ends and holds nothing.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isFinal, isLegal, type Phase } from '../../src/api/index.ts';
import { RECAP_SECONDS } from './recaps.ts';
import { SimulatedWorld } from './simulated-world.ts';

const EVENTS: Readonly<Record<string, (world: SimulatedWorld) => void>> = {
  'a pod is made': (world) => world.makePod(),
  'the worker starts': (world) => world.run(),
  'the worker listens': (world) => world.report({}),
  'the worker is degraded': (world) => world.report({ state: 'Degraded', reason: 'PacketsDropped' }),
  'the gateway misses it': (world) => world.report({ connected: false, state: 'Detached' }),
  'the worker crashes': (world) => world.exit(137),
  'the worker gives up for now': (world) => world.exit(75),
  'the worker gives up': (world) => world.exit(69),
  'the worker is done': (world) => world.exit(0, '{"endReason":"ChannelEmpty","utterances":2}'),
  'the worker is evicted': (world) => world.exit(143),
  'deleted pods go': (world) => world.terminate(),
  'Stop is passed': (world) => world.passStop(),
  'the node is lost': (world) => world.loseNode(),
  'the node is cordoned': (world) => {
    world.node = 'leaves';
  },
  'the node is kept': (world) => {
    world.node = 'stays';
  },
  'somebody deletes the Job': (world) => world.deleteJob(),
  'somebody stops it': (world) => world.stop(),
  'somebody deletes it': (world) => world.delete(),
  'it is counted': (world) => world.settle(),
  'a rival has the guild': (world) => {
    world.rival = true;
  },
  'the rival leaves': (world) => {
    world.rival = false;
  },
  'no certificate can be issued': (world) => {
    world.authority = false;
  },
  'certificates can be issued': (world) => {
    world.authority = true;
  },
  'the Tenant goes': (world) => {
    world.tenant = false;
  },
  'the Tenant is there': (world) => {
    world.tenant = true;
  },
  'a second passes': (world) => world.pass(1),
  'half a minute passes': (world) => world.pass(31),
  'five minutes pass': (world) => world.pass(301),
  'the operator looks': (world) => world.reconcile(),
};

type Step = { readonly event: string } | { readonly dies: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  // What a session needs to get anywhere, more often than what befalls it.
  { weight: 5, arbitrary: fc.constant({ event: 'the operator looks' }) },
  {
    weight: 6,
    arbitrary: fc
      .constantFrom('a pod is made', 'the worker starts', 'the worker listens')
      .map((event) => ({ event })),
  },
  { weight: 6, arbitrary: fc.constantFrom(...Object.keys(EVENTS)).map((event) => ({ event })) },
  { weight: 2, arbitrary: fc.nat(8).map((dies) => ({ dies })) },
);
const story = fc.array(step, { maxLength: 60, size: 'max' });

function play(steps: readonly Step[], phases: Set<Phase> = new Set(), recap = false): SimulatedWorld {
  const world = new SimulatedWorld({
    recap,
    onPhase: (from, to) => {
      phases.add(to);
      if (!isLegal(from, to)) throw new Error(`${from} became ${to}`);
    },
  });
  for (const one of steps) {
    if ('dies' in one) world.reconcile(one.dies);
    else EVENTS[one.event]?.(world);
  }
  return world;
}

/** Everything works from now on; rounds of five seconds. */
function behave(world: SimulatedWorld, rounds: number): void {
  Object.assign(world, { rival: false, authority: true, tenant: true, node: 'stays' });
  for (let round = 0; round < rounds; round++) {
    world.makePod();
    world.run();
    world.report({});
    world.passStop();
    world.terminate();
    world.reconcile();
    world.settle();
    world.pass(5);
  }
}

describe('whatever happens', () => {
  test('no sequence leaves the table, and a session that is stopped ends and holds nothing', () => {
    const phases = new Set<Phase>();
    fc.assert(
      fc.property(story, (steps) => {
        const world = play(steps, phases);
        world.stop();
        behave(world, 20);
        expect(isFinal(world.phase)).toBe(true);
        expect(world.holds).toEqual([]);
      }),
      { numRuns: 1500 },
    );
    // Or the stories are too short to say anything.
    expect([...phases].sort()).toEqual(
      ['Active', 'Connecting', 'Degraded', 'Draining', 'Ended', 'Failed', 'Pending', 'Provisioning'].sort(),
    );
  });

  test('no sequence leaves a recap behind: in six minutes it is over and holds nothing', () => {
    const phases = new Set<Phase>();
    fc.assert(
      fc.property(story, (steps) => {
        const world = play(steps, phases, true);
        behave(world, 8);
        expect(world.phase === 'Active' || isFinal(world.phase)).toBe(true);
        world.pass(RECAP_SECONDS);
        behave(world, 20);
        expect(isFinal(world.phase)).toBe(true);
        expect(world.holds).toEqual([]);
      }),
      { numRuns: 500 },
    );
    expect(phases).toContain('Active');
  });

  test('a session that nobody stops listens, or has ended; and ends when its time is over', () => {
    fc.assert(
      fc.property(story, (steps) => {
        const world = play(steps);
        behave(world, 8);
        expect(world.phase === 'Active' || isFinal(world.phase)).toBe(true);
        world.pass(20_000);
        behave(world, 8);
        expect(isFinal(world.phase)).toBe(true);
        expect(world.holds).toEqual([]);
      }),
      { numRuns: 800 },
    );
  });

  test('a worker that nobody can stop is removed by force', () => {
    fc.assert(
      fc.property(story, (steps) => {
        const world = play(steps);
        world.delete();
        // No gateway, no kubelet: the operator is alone.
        for (let round = 0; round < 60; round++) {
          world.reconcile();
          world.settle();
          world.pass(5);
        }
        expect(isFinal(world.phase)).toBe(true);
        expect(world.holds).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });
});
