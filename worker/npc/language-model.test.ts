import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ProviderDouble } from '../../test/providers/double.ts';
import { StreamedLanguageModel } from './language-model.ts';
import type { ChatPrompt } from './prompt.ts';
import { diceTool } from './tools/dice-tool.ts';
import type { NpcTool } from './tools/tool.ts';

const never = new AbortController().signal;
let double: ProviderDouble;

beforeEach(async () => {
  double = new ProviderDouble();
  await double.start();
});

afterEach(async () => {
  await double.stop();
});

const asked = (text: string): ChatPrompt => ({
  system: 'You are Bruno, the blacksmith.',
  messages: [{ role: 'user', content: `[Alice] ${text}` }],
  maxOutputTokens: 100,
});

async function answer(text: string, tools: readonly NpcTool[]): Promise<{ words: string; tokens: number }> {
  const model = await StreamedLanguageModel.load(
    {
      role: 'llm',
      kind: 'openai',
      pricePerUnitUSD: 0,
      baseUrl: double.baseURL,
      model: 'double',
      apiKey: undefined,
      reach: 'any',
    },
    { send: fetch },
  );
  const stream = model.answer(asked(text), never, tools);
  let words = '';
  for (let next = await stream.next(); ; next = await stream.next()) {
    if (next.done === true) return { words, tokens: next.value.tokens };
    words += next.value;
  }
}

/** Counts its uses. */
function bell(run: NpcTool['run'] = async () => 'it rang'): NpcTool & { uses: unknown[] } {
  const uses: unknown[] = [];
  return {
    name: 'bell',
    description: 'Rings.',
    input: { type: 'object' },
    uses,
    run: (input, signal) => {
      uses.push(input);
      return run(input, signal);
    },
  };
}

describe('a language model with tools', () => {
  it('uses a tool that it was given, and answers with what came back', async () => {
    const { words, tokens } = await answer('Roll 2d6+3 for me, Bruno.', [diceTool]);
    expect(words).toMatch(/^Let us see\. 2d6\+3: \(\d \+ \d\) \+ 3 = \d+\.$/);
    const [first, second] = double.requests;
    expect(first?.body).toMatchObject({ tools: [{ function: { name: 'dice' } }] });
    expect(JSON.stringify(second?.body)).toContain('"role":"tool"');
    expect(double.requests).toHaveLength(2);
    expect(tokens).toBeGreaterThan(10);
  });

  it('is offered no tools when it has none', async () => {
    const { words } = await answer('Roll 2d6+3 for me, Bruno.', []);
    expect(words).toContain('Bruno');
    expect(double.requests[0]?.body).not.toHaveProperty('tools');
    expect(double.requests).toHaveLength(1);
  });

  it('cannot use a tool that it was not given', async () => {
    const own = bell();
    double.setFaults({ chat: { callTool: { name: 'open_the_gate', arguments: '{}' }, times: 1 } });
    const { words } = await answer('Open the gate.', [own]);
    expect(own.uses).toEqual([]);
    expect(words).toContain('Let us see');
    expect(JSON.stringify(double.requests[1]?.body)).toMatch(/open_the_gate.*unavailable|No such tool/i);
  });

  it('hears what was wrong with its input, and that a tool failed', async () => {
    double.setFaults({ chat: { callTool: { name: 'dice', arguments: '{"dice":"many"}' }, times: 1 } });
    await answer('Roll.', [diceTool]);
    expect(JSON.stringify(double.requests[1]?.body)).toContain('no dice notation');
    double.setFaults({ chat: { callTool: { name: 'dice', arguments: '{"dice":' }, times: 1 } });
    const { words } = await answer('Roll.', [diceTool]);
    expect(words).toContain('Let us see');
  });

  it('stops when it uses tools without end', async () => {
    const own = bell();
    double.setFaults({ chat: { callTool: { name: 'bell', arguments: '{}' } } });
    // The double answers a tool's result in words, so every request is made to look like the first.
    const model = await StreamedLanguageModel.load(
      {
        role: 'llm',
        kind: 'openai',
        pricePerUnitUSD: 0,
        baseUrl: double.baseURL,
        model: 'double',
        apiKey: undefined,
        reach: 'any',
      },
      {
        send: (url, init) => {
          const body = JSON.parse(String(init?.body));
          body.messages = body.messages.filter(({ role }: { role: string }) => role === 'user');
          return fetch(url, { ...init, body: JSON.stringify(body) });
        },
      },
    );
    for await (const _ of model.answer(asked('Ring.'), never, [own]));
    expect(own.uses).toHaveLength(4);
  });

  it('does not use a tool twice because the answer broke off after it', async () => {
    const own = bell();
    double.setFaults({ chat: { callTool: { name: 'bell', arguments: '{}' }, times: 1 } });
    const model = await StreamedLanguageModel.load(
      {
        role: 'llm',
        kind: 'openai',
        pricePerUnitUSD: 0,
        baseUrl: double.baseURL,
        model: 'double',
        apiKey: undefined,
        reach: 'any',
      },
      {
        send: (url, init) =>
          String(init?.body).includes('"role":"tool"')
            ? Promise.reject(new TypeError('cut'))
            : fetch(url, init),
      },
    );
    const all = async () => {
      for await (const _ of model.answer(asked('Ring.'), never, [own]));
    };
    await expect(all()).rejects.toThrow('llm:');
    expect(own.uses).toHaveLength(1);
  });
});
