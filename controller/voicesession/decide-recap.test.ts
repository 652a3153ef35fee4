import { describe, expect, test } from 'vitest';
import type { VoiceSessionStatus } from '../../src/api/index.ts';
import { decide, maxDurationSeconds } from './decide.ts';
import { at, campaign, exited, issued, job, observe, pod, session, tenant } from './fixtures.ts';
import type { Observation } from './observation.ts';
import { RECAP_SECONDS } from './recaps.ts';

const spec = { mode: 'Recap', recapOf: 'friday' } as const;

/** A recap in the phase, with everything healthy around it. */
function recap(
  phase: NonNullable<VoiceSessionStatus['phase']>,
  changes: Partial<Observation> = {},
  voice?: VoiceSessionStatus['voice'],
): Observation {
  const base = observe(phase, changes);
  const { status } = base.session;
  return {
    ...base,
    session: session({
      spec,
      finalizers: ['skald.dev/session'],
      status: { ...status, ...(voice === undefined ? {} : { voice }) },
    }),
  };
}

/** As the gateway reports a worker that is in no channel. */
const writing = { connected: false, state: 'Listening', podUID: pod.uid } as const;
const served = { job, pods: [pod], campaign };

describe('a recap', () => {
  test('is admitted with a sentence of its own', () => {
    const { status, action } = decide(recap('Pending', { claims: { state: 'held' }, certificate: issued }));
    expect(action.kind).toBe('provision');
    expect(status.conditions?.find(({ type }) => type === 'Admitted')?.message).toBe(
      'The recap of friday may be written.',
    );
  });

  test('is Active while it is being written, in no voice channel', () => {
    const connecting = decide(recap('Connecting', served, { ...writing, state: 'Connecting' }));
    expect(connecting.status).toMatchObject({ phase: 'Connecting', reason: 'WorkerConnecting' });
    const active = decide(recap('Connecting', served, writing));
    expect(active.status).toMatchObject({ phase: 'Active', reason: 'Summarising' });
    expect(active.status.conditions?.find(({ type }) => type === 'Ready')).toMatchObject({
      status: 'True',
      message: 'The recap of friday is being written.',
    });
  });

  test('is Degraded when the gateway misses its worker', () => {
    const { status } = decide(recap('Active', served, { ...writing, state: 'Detached' }));
    expect(status).toMatchObject({ phase: 'Degraded', reason: 'GatewayUnreachable' });
  });

  test.each([
    ['Completed', 'Ended'],
    ['NothingToRecap', 'Failed'],
    ['WorkerFailed', 'Failed'],
    ['SpendCap', 'Ended'],
  ] as const)('that ends with %s is %s, in the worker’s words', (endReason, phase) => {
    const pods = [exited(0, JSON.stringify({ endReason, message: 'As it was.', llmTokens: 12 }))];
    const draining = decide(recap('Active', { ...served, pods }, writing)).status;
    expect(draining).toMatchObject({ phase: 'Draining', endReason, result: { llmTokens: 12 } });
    const over = {
      ...recap('Draining', { cleaned: true, pods }),
      session: session({ spec, status: draining }),
    };
    const { status } = decide(over);
    expect(status).toMatchObject({ phase, endReason });
    expect(status.conditions?.find(({ type }) => type === 'Ended')?.message).toBe('As it was.');
  });

  test('may take five minutes, or less', () => {
    const wants = (seconds?: number) =>
      session({ spec: { ...spec, ...(seconds === undefined ? {} : { maxDurationSeconds: seconds }) } });
    expect(maxDurationSeconds({ session: wants(), tenant })).toBe(RECAP_SECONDS);
    expect(maxDurationSeconds({ session: wants(14_400), tenant })).toBe(RECAP_SECONDS);
    expect(maxDurationSeconds({ session: wants(60), tenant })).toBe(60);
    const late = decide(recap('Active', { ...served, now: at(RECAP_SECONDS) }, writing));
    expect(late.status).toMatchObject({ phase: 'Draining', endReason: 'DeadlineExceeded' });
  });
});
