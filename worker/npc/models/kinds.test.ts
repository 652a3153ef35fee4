/** What is expected of a language model, whatever its provider's protocol. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ProviderKind } from '../../../src/api/provider-roles.ts';
import { AnthropicDouble } from '../../../test/providers/anthropic/double.ts';
import { ProviderDouble } from '../../../test/providers/double.ts';
import { GoogleDouble } from '../../../test/providers/google/double.ts';
import type { LanguageModelFault } from '../../../test/providers/language-model-double.ts';
import { ProviderError } from '../../provider/retry.ts';
import { StreamedLanguageModel, type StreamedLanguageModelOptions } from '../language-model.ts';
import type { ChatPrompt } from '../prompt.ts';
import type { NpcTool } from '../tools/tool.ts';

const KEY = 'secret-of-the-tenant';
const never = new AbortController().signal;

interface Vendor {
  readonly requests: readonly { readonly body: unknown; readonly leftAt?: number }[];
  readonly baseURL: string;
  start(): Promise<void>;
  stop(): Promise<void>;
  setFault(fault: LanguageModelFault): void;
}

function openAi(): Vendor {
  const double = new ProviderDouble({ apiKey: KEY });
  return {
    requests: double.requests,
    get baseURL() {
      return double.baseURL;
    },
    start: () => double.start(),
    stop: () => double.stop(),
    setFault: ({ silent, ...fault }) =>
      double.setFaults({ chat: { ...fault, ...(silent === true ? { firstMs: 60_000 } : {}) } }),
  };
}

const VENDORS: readonly [ProviderKind, () => Vendor][] = [
  ['openai', openAi],
  ['google', () => new GoogleDouble({ apiKey: KEY })],
  ['anthropic', () => new AnthropicDouble({ apiKey: KEY })],
];

const prompt: ChatPrompt = {
  system: 'You are Bruno, the blacksmith. You hid the crown under the anvil.',
  messages: [
    { role: 'user', content: '[Alice] Good evening.' },
    { role: 'assistant', content: 'Well met.' },
    { role: 'user', content: '[Alice] Can you mend my sword?' },
  ],
  maxOutputTokens: 100,
};

describe.each(VENDORS)('a language model of kind %s', (kind, make) => {
  let vendor: Vendor;

  beforeEach(async () => {
    vendor = make();
    await vendor.start();
  });

  afterEach(async () => {
    await vendor.stop();
  });

  async function model(
    options: StreamedLanguageModelOptions & { readonly apiKey?: string | undefined } = {},
  ) {
    const { apiKey = KEY, ...rest } = options;
    return await StreamedLanguageModel.load(
      {
        ...{ role: 'llm', kind, baseUrl: vendor.baseURL, model: 'double', reach: 'any', pricePerUnitUSD: 0 },
        apiKey: apiKey === '' ? undefined : apiKey,
      },
      rest,
    );
  }

  /** All of an answer. */
  async function answer(
    tools: readonly NpcTool[] = [],
    options: StreamedLanguageModelOptions & { readonly apiKey?: string } = {},
  ) {
    const stream = (await model(options)).answer(prompt, never, tools);
    const pieces: string[] = [];
    for (let next = await stream.next(); ; next = await stream.next()) {
      if (next.done === true) return { words: pieces.join(''), pieces: pieces.length, ...next.value };
      pieces.push(next.value);
    }
  }

  const failing = async (options: StreamedLanguageModelOptions & { readonly apiKey?: string } = {}) => {
    const error: unknown = await answer([], options).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (!(error instanceof ProviderError)) throw new Error(`no ProviderError: ${error}`);
    return error;
  };

  it('answers what was said, in pieces, and says what it used', async () => {
    const { words, pieces, tokens } = await answer();
    expect(words).toContain('Bruno, the blacksmith');
    expect(words).toMatch(/sword/i);
    expect(pieces).toBeGreaterThan(5);
    // Read and written, as its provider counts them.
    expect(tokens).toBeGreaterThan(25);
    const body = JSON.stringify(vendor.requests[0]?.body);
    expect(body).toContain('Well met.');
    expect(body).not.toContain(KEY);
  });

  it('says no more than it may', async () => {
    const stream = (await model()).answer({ ...prompt, maxOutputTokens: 3 }, never);
    let words = '';
    for await (const piece of stream) words += piece;
    expect(words.trim().split(/\s+/)).toHaveLength(3);
  });

  it('uses a tool that it was given, and answers with what came back', async () => {
    vendor.setFault({ callTool: { name: 'bell', arguments: '{"times":2}' }, times: 1 });
    const given: unknown[] = [];
    const bell: NpcTool = {
      name: 'bell',
      description: 'Rings.',
      input: { type: 'object', properties: { times: { type: 'number' } } },
      run: async (input) => {
        given.push(input);
        return 'it rang twice';
      },
    };
    expect((await answer([bell])).words).toContain('it rang twice');
    expect(given).toEqual([{ times: 2 }]);
    expect(vendor.requests).toHaveLength(2);
  });

  it.each([429, 503])('that answers %i is asked again', async (status) => {
    vendor.setFault({ status, retryAfter: 0, times: 1 });
    expect((await answer()).words).toContain('Bruno');
    expect(vendor.requests).toHaveLength(2);
  });

  it('that wants to be left alone for half a minute is not asked again', async () => {
    vendor.setFault({ status: 429, retryAfter: 30 });
    expect(await failing()).toMatchObject({ status: 429, retryAfterMs: 30_000 });
    expect(vendor.requests).toHaveLength(1);
  });

  it('that keeps failing is asked three times', async () => {
    vendor.setFault({ status: 503 });
    expect(await failing()).toMatchObject({ provider: 'llm', status: 503 });
    expect(vendor.requests).toHaveLength(3);
  });

  it('that is cut before its first word is asked again', async () => {
    vendor.setFault({ cutAfter: 0, times: 1 });
    expect((await answer()).words).toContain('Bruno');
    expect(vendor.requests).toHaveLength(2);
  });

  it.each([
    ['is cut', { cutAfter: 2 }],
    ['sends broken JSON', { malformed: true }],
  ])('that %s in the middle is not asked again: its words were heard', async (_how, fault) => {
    vendor.setFault(fault);
    expect((await failing()).message).toContain('broke off');
    expect(vendor.requests).toHaveLength(1);
  });

  it('may be slow to begin', async () => {
    vendor.setFault({ firstMs: 300 });
    expect((await answer()).words).toContain('Bruno');
    expect(vendor.requests).toHaveLength(1);
  });

  it('that never begins is given up, and its connections are closed', async () => {
    vendor.setFault({ silent: true });
    expect((await failing({ firstTokenMs: 100 })).message).toContain('sent no token within 100 ms');
    expect(vendor.requests).toHaveLength(3);
    await expect
      .poll(() => vendor.requests.map(({ leftAt }) => leftAt !== undefined), { timeout: 10_000 })
      .toEqual([true, true, true]);
  });

  it('that refuses the key says so without the key, is not asked again, and tells nothing of the prompt', async () => {
    vendor.setFault({ status: 401, repeatKey: true });
    const error = await failing();
    expect(error).toMatchObject({ status: 401, retryable: false });
    expect(error.message).toContain(`${vendor.baseURL} with model double answered 401`);
    const all = JSON.stringify(error, Object.getOwnPropertyNames(error));
    for (const secret of [KEY, 'crown', 'sword']) expect(all).not.toContain(secret);
    expect(vendor.requests).toHaveLength(1);
  });

  it('without a key takes none from the environment', async () => {
    const names = ['OPENAI_API_KEY', 'GOOGLE_GENERATIVE_AI_API_KEY', 'ANTHROPIC_API_KEY'];
    for (const name of names) process.env[name] = KEY;
    try {
      expect(await failing({ apiKey: '' })).toMatchObject({ status: 401 });
    } finally {
      for (const name of names) delete process.env[name];
    }
  });

  describe('that is not wanted any more', () => {
    /** From the moment that it is stopped until the provider knows. */
    async function left(stop: () => void): Promise<number> {
      const since = Date.now();
      stop();
      await expect.poll(() => vendor.requests[0]?.leftAt, { timeout: 10_000 }).toBeDefined();
      return (vendor.requests[0]?.leftAt ?? Number.POSITIVE_INFINITY) - since;
    }

    it('before its first word closes its connection within a second', async () => {
      vendor.setFault({ silent: true });
      const leaving = new AbortController();
      const first = (await model()).answer(prompt, leaving.signal).next();
      first.catch(() => {});
      await expect.poll(() => vendor.requests.length, { timeout: 10_000 }).toBe(1);
      expect(await left(() => leaving.abort(new Error('barge-in')))).toBeLessThan(1000);
      await expect(first).rejects.toThrow('barge-in');
    });

    it('in the middle closes its connection within a second', async () => {
      vendor.setFault({ eachMs: 500 });
      const leaving = new AbortController();
      const stream = (await model()).answer(prompt, leaving.signal);
      await stream.next();
      const next = stream.next();
      next.catch(() => {});
      expect(await left(() => leaving.abort(new Error('barge-in')))).toBeLessThan(1000);
      await expect(next).rejects.toThrow('barge-in');
    });

    it('by whoever reads it closes its connection within a second', async () => {
      vendor.setFault({ eachMs: 500 });
      const stream = (await model()).answer(prompt, never);
      await stream.next();
      expect(await left(() => void stream.return({ tokens: 0 }))).toBeLessThan(1000);
    });
  });
});
