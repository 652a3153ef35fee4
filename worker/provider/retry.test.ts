import { describe, expect, it } from 'vitest';
import { isRetryableStatus, ProviderError, retryAfterMs, withRetries } from './retry.ts';

function plan(...outcomes: (number | 'ok' | 'reset')[]) {
  const waits: number[] = [];
  let tries = 0;
  const controller = new AbortController();
  const run = withRetries(
    async () => {
      const outcome = outcomes[tries++];
      if (outcome === 'ok') return tries;
      if (outcome === 'reset') throw new TypeError('fetch failed');
      throw new ProviderError('stt', `status ${outcome}`, outcome === undefined ? {} : { status: outcome });
    },
    {
      signal: controller.signal,
      random: () => 1,
      sleep: async (ms) => {
        waits.push(ms);
      },
    },
  );
  return { run, waits, controller, tries: () => tries };
}

describe('retries', () => {
  it('tries three times in all, waiting up to 250 ms and 500 ms', async () => {
    const { run, waits } = plan(500, 'reset', 'ok');
    expect(await run).toBe(3);
    expect(waits).toEqual([250, 500]);
  });

  it('gives the last error up', async () => {
    const { run, tries } = plan(500, 502, 503, 'ok');
    await expect(run).rejects.toThrow('status 503');
    expect(tries()).toBe(3);
  });

  it.each([400, 401, 403, 404, 422])('does not repeat a request that was refused with %i', async (status) => {
    const { run, tries } = plan(status, 'ok');
    await expect(run).rejects.toThrow(`status ${status}`);
    expect(tries()).toBe(1);
  });

  it('repeats after 429 and when no answer came', () => {
    expect([429, 500, 503, undefined].map(isRetryableStatus)).toEqual([true, true, true, true]);
  });

  it.each([
    [800, [800]],
    [1000, [1000]],
    // Sooner than the wait that it would have anyway.
    [100, [250]],
    [1001, []],
    [30_000, []],
  ])(
    'waits as long as Retry-After says, %i ms, and gives up when that is too long',
    async (after, waited) => {
      const waits: number[] = [];
      let tries = 0;
      const run = withRetries(
        async () => {
          if (tries++ === 0) throw new ProviderError('llm', 'busy', { status: 429, retryAfterMs: after });
          return 'words';
        },
        {
          signal: new AbortController().signal,
          random: () => 1,
          sleep: async (ms) => {
            waits.push(ms);
          },
        },
      );
      if (waited.length > 0) expect(await run).toBe('words');
      else await expect(run).rejects.toThrow('busy');
      expect(waits).toEqual(waited);
    },
  );

  it('reads Retry-After as seconds or as a date', () => {
    const now = Date.UTC(2026, 0, 1);
    expect(retryAfterMs('2', now)).toBe(2000);
    expect(retryAfterMs('0.5', now)).toBe(500);
    expect(retryAfterMs('Thu, 01 Jan 2026 00:00:03 GMT', now)).toBe(3000);
    expect(retryAfterMs('Wed, 31 Dec 2025 00:00:00 GMT', now)).toBe(0);
    expect([undefined, null, '', 'soon'].map((text) => retryAfterMs(text, now))).toEqual(
      Array(4).fill(undefined),
    );
  });

  it('stops at once when aborted', async () => {
    const controller = new AbortController();
    let tries = 0;
    const run = withRetries(
      async () => {
        tries++;
        controller.abort(new Error('barge-in'));
        throw new ProviderError('tts', 'aborted', {});
      },
      { signal: controller.signal },
    );
    await expect(run).rejects.toThrow('barge-in');
    expect(tries).toBe(1);
  });
});
