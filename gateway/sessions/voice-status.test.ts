import { describe, expect, test } from 'vitest';
import { Counters, WorkerReport, WorkerState } from '../../src/rpc/generated/skald/v1/gateway.ts';
import {
  detachedVoice,
  isStateChange,
  STATUS_INTERVAL_MS,
  voiceFromReport,
  writeDelay,
} from './voice-status.ts';

const NOW = new Date('2026-01-01T12:00:00Z');
const LATER = new Date('2026-01-01T12:00:10Z');
const report = WorkerReport.create({ state: WorkerState.RUNNING, voiceConnected: true, daveVersion: 1 });

describe('voiceFromReport', () => {
  test('keeps since when the bot is connected', () => {
    const first = voiceFromReport(report, 'pod-1', undefined, NOW);
    expect(first).toMatchObject({ connected: true, connectedAt: '2026-01-01T12:00:00Z', state: 'Listening' });
    expect(voiceFromReport(report, 'pod-1', first, LATER).connectedAt).toBe('2026-01-01T12:00:00Z');
  });

  test('begins anew after an interruption', () => {
    const first = voiceFromReport(report, 'pod-1', undefined, NOW);
    const lost = voiceFromReport({ ...report, voiceConnected: false }, 'pod-1', first, NOW);
    expect(lost.connectedAt).toBeUndefined();
    expect(voiceFromReport(report, 'pod-1', lost, LATER).connectedAt).toBe('2026-01-01T12:00:10Z');
  });

  test('says what the session has spent, once it has', () => {
    const spent = (spendUsd: number) => {
      const counters = { ...Counters.create(), spendUsd };
      return voiceFromReport({ ...report, counters }, 'pod-1', undefined, NOW).spendUSD;
    };
    expect(spent(0)).toBeUndefined();
    expect(spent(0.12345678)).toBe(0.123457);
  });

  test('writes nothing that the schema refuses', () => {
    const wild = { ...report, packetLoss: 1.7, jitterMs: -3, responseP50Ms: 0, message: 'x'.repeat(5000) };
    const voice = voiceFromReport(wild, 'pod-1', undefined, NOW);
    expect(voice).toMatchObject({ packetLoss: 1, jitterMs: 0 });
    expect(voice.responseP50Ms).toBeUndefined();
    expect(voice.message).toHaveLength(1024);
  });

  test.each([
    [WorkerState.UNSPECIFIED, 'Connecting'],
    [WorkerState.INIT, 'Connecting'],
    [WorkerState.DEGRADED, 'Degraded'],
    [WorkerState.PAUSED, 'Paused'],
    [WorkerState.STOPPED, 'Stopped'],
  ] as const)('%s is %s', (state, word) => {
    expect(voiceFromReport({ ...report, state }, 'pod-1', undefined, NOW).state).toBe(word);
  });
});

test('a lost stream keeps what was measured, and says that it is lost', () => {
  const before = voiceFromReport({ ...report, responseP50Ms: 800 }, 'pod-1', undefined, NOW);
  expect(detachedVoice(before, LATER)).toMatchObject({
    connected: false,
    state: 'Detached',
    responseP50Ms: 800,
    podUID: 'pod-1',
  });
  expect(detachedVoice(before, LATER).connectedAt).toBeUndefined();
});

describe('writeDelay', () => {
  const before = voiceFromReport(report, 'pod-1', undefined, NOW);

  test('is none for a change of state', () => {
    const after = voiceFromReport({ ...report, state: WorkerState.DEGRADED }, 'pod-1', before, LATER);
    expect(isStateChange(before, after)).toBe(true);
    expect(writeDelay(before, after, 1000, 1001)).toBe(0);
    expect(writeDelay(undefined, before, Number.NEGATIVE_INFINITY, 0)).toBe(0);
  });

  test('is the rest of the interval for a measurement', () => {
    const after = voiceFromReport({ ...report, jitterMs: 12 }, 'pod-1', before, LATER);
    expect(isStateChange(before, after)).toBe(false);
    expect(writeDelay(before, after, 1000, 5000)).toBe(STATUS_INTERVAL_MS - 4000);
    expect(writeDelay(before, after, 1000, 1_000_000)).toBe(0);
  });

  test('is never when only the time of the report differs', () => {
    expect(writeDelay(before, voiceFromReport(report, 'pod-1', before, LATER), 0, 1_000_000)).toBeUndefined();
  });
});
