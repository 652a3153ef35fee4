import { describe, expect, it } from 'vitest';
import { isStuck, messageWithoutResult, nextStep, type WorkerExit } from './decisions.ts';

const exit = (code: number | null, ranMs = 1000): WorkerExit => ({
  code,
  signal: code === null ? 'SIGKILL' : null,
  ranMs,
});
const running = { stopping: false, failures: 0 };

describe('supervisor', () => {
  it.each([0, 64, 65, 69, 143])('passes the final code %i on', (code) => {
    expect(nextStep(exit(code), running)).toEqual({ type: 'exit', code });
  });

  it.each([1, 75, 134, null])('respawns after %s, the first time at once', (code) => {
    expect(nextStep(exit(code), running)).toEqual({ type: 'respawn', afterMs: 100, failures: 1 });
  });

  it('backs off 1, 2, 4 … 30 s while it goes on failing, and then gives the pod up', () => {
    const waits: number[] = [];
    let failures = 0;
    for (;;) {
      const step = nextStep(exit(null), { stopping: false, failures });
      if (step.type === 'exit') {
        expect(step.code).toBe(75);
        break;
      }
      waits.push(step.afterMs);
      failures = step.failures;
    }
    expect(waits).toEqual([100, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000, 30_000]);
  });

  it('begins anew after a process that ran a minute', () => {
    expect(nextStep(exit(null, 60_000), { stopping: false, failures: 7 })).toMatchObject({
      afterMs: 100,
      failures: 1,
    });
  });

  it('does not respawn while the pod ends', () => {
    expect(nextStep(exit(null), { stopping: true, failures: 0 })).toEqual({ type: 'exit', code: 143 });
    expect(nextStep(exit(75), { stopping: true, failures: 0 })).toEqual({ type: 'exit', code: 143 });
    expect(nextStep(exit(0), { stopping: true, failures: 0 })).toEqual({ type: 'exit', code: 0 });
  });

  it('takes 15 s without a beat for stuck', () => {
    expect(isStuck(15_000)).toBe(false);
    expect(isStuck(15_001)).toBe(true);
  });

  it('says why the session ended when the worker could not, and nothing when it goes on elsewhere', () => {
    expect(JSON.parse(messageWithoutResult(69) ?? '')).toMatchObject({ endReason: 'DiscordRefused' });
    expect(messageWithoutResult(143)).toBeUndefined();
  });
});
