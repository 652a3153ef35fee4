import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { LanguageModel } from '../npc/language-model.ts';
import type { ChatPrompt } from '../npc/prompt.ts';
import { ProviderError } from './retry.ts';
import { anEndpoint, aSecond, aService } from './served.fixtures.ts';
import { ServedLanguageModel } from './served-language-model.ts';
import { Standby } from './standby.ts';

/** 40 characters: 10 tokens. */
const prompt: ChatPrompt = {
  system: 'x'.repeat(30),
  messages: [{ role: 'user', content: 'y'.repeat(10) }],
  maxOutputTokens: 5,
};
const never = new AbortController().signal;
const down = new ProviderError('llm', 'llm: first answered 503', { status: 503 });

type Step = string | Error | 'hang';

/** What each request meets, piece by piece; the last goes for all that follow. */
function scripted(...requests: readonly (readonly Step[])[]) {
  const signals: AbortSignal[] = [];
  const model: LanguageModel = {
    async *answer(_prompt, signal) {
      const steps = requests[Math.min(signals.length, requests.length - 1)] ?? [];
      signals.push(signal);
      for (const step of steps) {
        if (step instanceof Error) throw step;
        if (step !== 'hang') yield step;
        else
          await new Promise((_, reject) => {
            signal.addEventListener('abort', () => reject(signal.reason), { once: true });
          });
      }
      return { tokens: 7 };
    },
  };
  return { model, signals };
}

function pair(first: ReturnType<typeof scripted>, second?: ReturnType<typeof scripted>) {
  const known = aService();
  const one = { endpoint: anEndpoint('llm'), client: first.model };
  const other = second && { endpoint: aSecond('llm'), client: second.model };
  const model = new ServedLanguageModel(new Standby(one, other, known.service), known.service);
  const ask = async (signal = never): Promise<string> => {
    let words = '';
    for await (const piece of model.answer(prompt, signal)) words += piece;
    return words;
  };
  return { ...known, model, ask };
}

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

describe('a language model with a fallback', () => {
  it('answers itself as long as it works; the other is not asked', async () => {
    const second = scripted(['second']);
    const { ask, used, told } = pair(scripted(['one ', 'two']), second);
    expect(await ask()).toBe('one two');
    expect(second.signals).toEqual([]);
    expect(used).toEqual([['first', { llmTokens: 7, spendUSD: 7 }]]);
    expect(told).toEqual([]);
  });

  it('that fails is stood in for in the same turn, at the other’s price, and it is said why', async () => {
    const { ask, used, told, service } = pair(scripted([down]), scripted(['second']));
    expect(await ask()).toBe('second');
    expect(used).toEqual([['second', { llmTokens: 7, spendUSD: 70 }]]);
    expect(told).toEqual([
      'llm: https://second.example/v1 with model second serves, because llm: first answered 503',
    ]);
    const endpoint = { ...anEndpoint('llm'), fallback: aSecond('llm') };
    expect(service.modelOf(endpoint)).toBe('second');
  });

  it('is left alone after three failures, tried again after 15 s, and then serves again', async () => {
    const first = scripted([down], [down], [down], ['first']);
    const { ask, told, clock } = pair(first, scripted(['second']));
    for (const _ of 'xxxxx') expect(await ask()).toBe('second');
    expect(first.signals).toHaveLength(3);
    expect(told.at(-1)).toContain('it is not asked again for 15 s');
    clock.now = 15_000;
    expect(await ask()).toBe('first');
    expect(told.at(-1)).toBeUndefined();
  });

  it('that breaks off is not stood in for: nobody hears half an answer twice', async () => {
    const second = scripted(['second']);
    const { ask, used } = pair(scripted(['half ', down]), second);
    await expect(ask()).rejects.toBe(down);
    expect(second.signals).toEqual([]);
    // What was asked, 10, and one piece.
    expect(used).toEqual([['first', { llmTokens: 11, spendUSD: 11 }]]);
  });

  it('that breaks off three times is left alone, too', async () => {
    const { ask } = pair(scripted(['half ', down]), scripted(['second']));
    for (const _ of 'xxx') await expect(ask()).rejects.toBe(down);
    expect(await ask()).toBe('second');
  });

  it('that does not begin is stood in for after 6 s, and its request is ended', async () => {
    const first = scripted(['hang']);
    const { ask, told } = pair(first, scripted(['second']));
    const asked = ask();
    await vi.advanceTimersByTimeAsync(5999);
    expect(first.signals[0]?.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(await asked).toBe('second');
    expect(first.signals[0]?.aborted).toBe(true);
    expect(told.at(-1)).toContain('did not answer within 6000 ms');
  });

  it('that refuses one request is not blamed for it, though the other may answer', async () => {
    const refused = new ProviderError('llm', 'llm: answered 400', { status: 400 });
    const first = scripted([refused]);
    const { ask } = pair(first, scripted(['second']));
    for (const _ of 'xxxxx') expect(await ask()).toBe('second');
    expect(first.signals).toHaveLength(5);
  });

  it('fails when both do, with what the other said', async () => {
    const worse = new ProviderError('llm', 'llm: second answered 500', { status: 500 });
    const { ask, used, told } = pair(scripted([down]), scripted([worse]));
    await expect(ask()).rejects.toBe(worse);
    expect([used, told]).toEqual([[], []]);
  });

  it('that is not wanted any more ends, asks nobody else, and is charged for what it read', async () => {
    const second = scripted(['second']);
    const { ask, used } = pair(scripted(['hang']), second);
    const leaving = new AbortController();
    const asked = ask(leaving.signal);
    await vi.advanceTimersByTimeAsync(100);
    leaving.abort(new Error('barge-in'));
    await expect(asked).rejects.toThrow('barge-in');
    expect(second.signals).toEqual([]);
    expect(used).toEqual([['first', { llmTokens: 10, spendUSD: 10 }]]);
  });

  it('whose listener stops in the middle is charged for what came', async () => {
    const { model, used } = pair(scripted(['one', 'two', 'three']));
    for await (const piece of model.answer(prompt, never)) if (piece === 'two') break;
    expect(used).toEqual([['first', { llmTokens: 12, spendUSD: 12 }]]);
  });
});

describe('a language model without one', () => {
  it('is left alone for 5 s after three failures, which is said with what it failed with', async () => {
    const first = scripted([down], [down], [down], ['first']);
    const { ask, clock, told } = pair(first);
    for (const _ of 'xxx') await expect(ask()).rejects.toBe(down);
    await expect(ask()).rejects.toThrow('llm: first answered 503 (it is not asked again for 5 s)');
    expect(first.signals).toHaveLength(3);
    clock.now = 5000;
    expect(await ask()).toBe('first');
    expect(told).toEqual([]);
  });
});
