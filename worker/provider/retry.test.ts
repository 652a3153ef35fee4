import { describe, expect, it } from 'vitest';
import { isRetryableStatus, ProviderError, withRetries } from './retry.ts';

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
