import { expect, test } from 'vitest';
import { WorkerState } from '../src/rpc/generated/skald/v1/gateway.ts';
import { type StateFacts, stateOf } from './state.ts';

const fault = { reason: 'ListeningFailed', message: 'the listening thread ended' } as const;
const pause = { reason: 'EveryNpcMuted', message: 'Every NPC is muted.' } as const;
const well: StateFacts = { stopped: false, begun: true, fault: undefined, pause: undefined };

test.each([
  ['that listens runs', well, WorkerState.RUNNING],
  ['with a fault is degraded', { ...well, fault }, WorkerState.DEGRADED],
  ['that would answer nobody is paused', { ...well, pause }, WorkerState.PAUSED],
  [
    'is degraded rather than paused: a fault wants to be mended',
    { ...well, fault, pause },
    WorkerState.DEGRADED,
  ],
  [
    'that has never listened is on its way, whatever else',
    { ...well, begun: false, fault, pause },
    WorkerState.INIT,
  ],
  ['that ends is stopped, whatever else', { stopped: true, begun: false, fault, pause }, WorkerState.STOPPED],
])('a session %s', (_, facts, state) => {
  expect(stateOf(facts)).toBe(state);
});
