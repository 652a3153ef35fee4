import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isFinal, isLegal, phases } from '../../src/api/index.ts';
import { decide } from './decide.ts';
import {
  at,
  campaign,
  exited,
  finishedJob,
  issued,
  job,
  listening,
  observe,
  pod,
  session,
  tenant,
} from './fixtures.ts';
import type { Observation } from './observation.ts';

// What holds for every observation, also for those that nobody thought of.

const held = { state: 'held' } as const;
const pendingPod = { ...pod, state: 'pending' } as const;
const result = '{"endReason":"ChannelEmpty","utterances":2}';

describe('whatever is observed', () => {
  const podStates = fc.constantFrom(pod, pendingPod, exited(0, result), exited(75), exited(64), exited(143), {
    ...pod,
    deleting: true,
  });
  const observations = fc
    .record({
      phase: fc.constantFrom(undefined, ...phases),
      seconds: fc.constantFrom(0, 1, 61, 125, 20_000),
      recap: fc.boolean(),
      desiredState: fc.constantFrom('Running', 'Stopped'),
      deleted: fc.boolean(),
      tenant: fc.constantFrom(undefined, tenant),
      campaign: fc.constantFrom(undefined, campaign),
      claims: fc.constantFrom<Observation['claims']>({ state: 'unknown' }, held, {
        state: 'busy',
        what: 'campaign',
        holder: 'a/b/c',
      }),
      certificate: fc.constantFrom<Observation['certificate']>({ state: 'none' }, issued, {
        state: 'failed',
        message: 'no',
      }),
      job: fc.constantFrom(undefined, job, { ...job, deleting: true }, finishedJob(true, 'PodFailurePolicy')),
      pods: fc.array(podStates, { maxLength: 3 }),
      voice: fc.constantFrom(
        undefined,
        listening,
        { connected: false },
        { ...listening, state: 'Detached' as const },
      ),
      cleaned: fc.boolean(),
    })
    .map(({ phase, seconds, recap, desiredState, deleted, voice, ...rest }): Observation => {
      const base = observe(phase, rest);
      const status = base.session.status;
      return {
        ...base,
        now: at(seconds),
        session: session({
          finalizers: ['skald.dev/session'],
          deleted,
          spec: {
            desiredState: desiredState === 'Stopped' ? 'Stopped' : 'Running',
            ...(recap ? { mode: 'Recap', recapOf: 'friday' } : {}),
          },
          ...(status === undefined
            ? {}
            : { status: { ...status, ...(voice === undefined ? {} : { voice }) } }),
        }),
      };
    });

  test('only legal phases follow, final ones stay, and the gateway’s part is never written', () => {
    fc.assert(
      fc.property(observations, (observation) => {
        const from = observation.session.status?.phase ?? 'Pending';
        const { status } = decide(observation);
        expect(isLegal(from, status.phase ?? 'Pending')).toBe(true);
        if (isFinal(from)) expect(status.phase).toBe(from);
        expect(status).not.toHaveProperty('voice');
      }),
      { numRuns: 2000 },
    );
  });

  test('deciding again on what was just written changes nothing more, after a few steps', () => {
    fc.assert(
      fc.property(observations, (start) => {
        let observation = start;
        for (let step = 0; step < 9; step++) {
          const { status, action } = decide(observation);
          const settled = action.kind !== 'claim' && action.kind !== 'issue' && action.kind !== 'cleanUp';
          const same = status.phase === observation.session.status?.phase;
          if (settled && (same || action.kind !== 'none')) return;
          observation = {
            ...observation,
            session: { ...observation.session, status: { ...observation.session.status, ...status } },
            ...(action.kind === 'claim' ? { claims: held, certificate: issued } : {}),
            ...(action.kind === 'issue' ? { certificate: issued } : {}),
            ...(action.kind === 'cleanUp' ? { cleaned: true } : {}),
          };
        }
        throw new Error('it does not settle');
      }),
      { numRuns: 1000 },
    );
  });

  test('claims are given back only when no worker runs', () => {
    fc.assert(
      fc.property(observations, (observation) => {
        const { action } = decide({ ...observation, cleaned: false });
        const began = observation.session.status?.worker?.jobName !== undefined;
        const running = observation.pods.some(({ state }) => state === 'running');
        const over = isFinal(observation.session.status?.phase);
        if (began && running && !over) expect(action.kind).not.toBe('cleanUp');
      }),
      { numRuns: 2000 },
    );
  });
});
