import { describe, expect, test } from 'vitest';
import { decide } from './decide.ts';
import { at, condition, job, listening, observe, pod, tenant } from './fixtures.ts';
import { GATEWAY_GRACE_MS } from './worker-phase.ts';

const GRACE = GATEWAY_GRACE_MS / 1000;

/** The operator has not reached the gateway for so many seconds. */
function awayFor(seconds: number, voice: object = listening) {
  const discord = {
    ...condition('DiscordConnected', 'Unknown'),
    reason: 'GatewayUnreachable',
    lastTransitionTime: at(-seconds).toISOString(),
  };
  const conditions = [...(tenant.status?.conditions ?? []), discord];
  return observe('Active', {
    job,
    pods: [pod],
    status: { voice: { ...listening, ...voice } },
    tenant: { ...tenant, status: { ...tenant.status, conditions } },
  });
}

describe('a session whose gateway the operator does not reach', () => {
  test('is Degraded after a grace, and is looked at then', () => {
    const soon = decide(awayFor(GRACE - 4));
    expect(soon.status.phase).toBe('Active');
    expect(soon.wakeAt).toEqual(at(4));
    expect(decide(awayFor(GRACE)).status).toMatchObject({ phase: 'Degraded', reason: 'GatewayUnreachable' });
  });

  test('is Degraded for it when its worker was paused, too', () => {
    expect(decide(awayFor(GRACE, { state: 'Paused', reason: 'EveryNpcMuted' })).status).toMatchObject({
      phase: 'Degraded',
      reason: 'GatewayUnreachable',
    });
  });

  test('keeps the reason that its worker gave', () => {
    const voice = { state: 'Degraded', reason: 'ListeningFailed' };
    expect(decide(awayFor(60, voice)).status).toMatchObject({ phase: 'Degraded', reason: 'ListeningFailed' });
  });

  test('is Active as soon as the gateway answers', () => {
    const degraded = observe('Degraded', {
      job,
      pods: [pod],
      status: { phase: 'Degraded', voice: listening },
    });
    expect(decide(degraded).status.phase).toBe('Active');
  });
});
