import { describe, expect, test } from 'vitest';
import type { LanguageModel } from '../npc/language-model.ts';
import { ProviderError } from '../provider/retry.ts';
import { RecapModel } from './recap-model.ts';

const prompt = { system: 's', messages: [], maxOutputTokens: 10 };
const { signal } = new AbortController();

type Attempt = readonly string[] | Error;

/** Each attempt is pieces, or pieces before an error. */
function scripted(...attempts: readonly { readonly pieces?: Attempt; readonly fails?: Error }[]) {
  let asked = 0;
  const model: LanguageModel = {
    async *answer() {
      const { pieces = [], fails } = attempts[asked++] ?? {};
      if (pieces instanceof Error) throw pieces;
      yield* pieces;
      if (fails !== undefined) throw fails;
      return { tokens: 7 };
    },
  };
  const policy = { tries: 3, firstMs: 0, mostMs: 0 };
  return { model: new RecapModel(model, policy), asked: () => asked };
}

const broken = new ProviderError('llm', 'llm: broke off', {});

describe('the writer of notes', () => {
  test('gives the whole answer', async () => {
    const { model } = scripted({ pieces: [' The bridge', ' fell. '] });
    expect(await model.ask(prompt, signal)).toBe('The bridge fell.');
  });

  test('asks again for an answer that broke off, and keeps nothing of it', async () => {
    const { model, asked } = scripted(
      { pieces: ['The bri'], fails: broken },
      { pieces: ['The bridge fell.'] },
    );
    expect(await model.ask(prompt, signal)).toBe('The bridge fell.');
    expect(asked()).toBe(2);
  });

  test('asks again for an answer without words, which costs all the same', async () => {
    const { model, asked } = scripted({ pieces: [' '] }, { pieces: ['Well.'] });
    expect(await model.ask(prompt, signal)).toBe('Well.');
    expect(asked()).toBe(2);
  });

  test('gives up in the end, and at once where trying again cannot help', async () => {
    const away = scripted({ fails: broken }, { fails: broken }, { fails: broken }, { pieces: ['late'] });
    await expect(away.model.ask(prompt, signal)).rejects.toThrow('broke off');
    const refused = scripted({ fails: new ProviderError('llm', 'llm: answered 401', { status: 401 }) });
    await expect(refused.model.ask(prompt, signal)).rejects.toThrow('401');
    expect([away.asked(), refused.asked()]).toEqual([3, 1]);
  });
});
