import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MS_PER_WORD, RealtimeDouble } from '../../test/providers/realtime/double.ts';
import type { NpcTool } from '../npc/tools/tool.ts';
import { OpenAiRealtime } from './openai-realtime.ts';
import type { SpokenConversation, SpokenTurn } from './speech-to-speech.ts';

const KEY = 'sk-realtime-12345';
let double: RealtimeDouble;
let conversation: SpokenConversation;

beforeEach(async () => {
  double = new RealtimeDouble(KEY);
  await double.start();
  conversation = open();
});

afterEach(async () => {
  conversation.close();
  await double[Symbol.asyncDispose]();
});

function open(changes: { apiKey?: string; voice?: string; primary?: string } = {}): SpokenConversation {
  const endpoint = {
    ...({
      role: 'speechToSpeech',
      kind: 'openai',
      model: 'gpt-realtime',
      pricePerUnitUSD: 0,
      reach: 'any',
    } as const),
    ...{ baseUrl: double.baseURL, apiKey: changes.apiKey ?? KEY },
  };
  const { primary } = changes;
  const first = primary === undefined ? endpoint : { ...endpoint, baseUrl: primary, fallback: endpoint };
  return new OpenAiRealtime(first).open({ id: changes.voice ?? 'cedar', speed: 1, pitch: undefined });
}

const user = (content: string) => ({ role: 'user' as const, content });
const assistant = (content: string) => ({ role: 'assistant' as const, content });

function turn(messages: SpokenTurn['prompt']['messages'], changes: Partial<SpokenTurn> = {}): SpokenTurn {
  return {
    prompt: { system: 'You are Greta.', messages, maxOutputTokens: 120 },
    audio: new Int16Array(16_000).fill(1000),
    tools: [],
    signal: new AbortController().signal,
    ...changes,
  };
}

/** Everything of an answer. */
async function answer(asked: SpokenTurn, from = conversation) {
  let words = '';
  let samples = 0;
  const pieces = from.answer(asked);
  for (let next = await pieces.next(); ; next = await pieces.next()) {
    if (next.done === true) return { words, ms: samples / 24, tokens: next.value.tokens };
    if (next.value.type === 'text') words += next.value.text;
    else samples += next.value.samples.length;
  }
}

/** The texts that the model was told on a connection. */
const told = (connection: number) =>
  (double.connections[connection]?.events ?? []).flatMap((event) =>
    event.type === 'conversation.item.create' ? [JSON.stringify(event.item)] : [],
  );

describe('speech to speech', () => {
  it('is given who it is and what was said, and answers in sound and words', async () => {
    double.script.push('Good evening, traveller.');
    expect(await answer(turn([user('[Ayla] Hello, Greta')]))).toEqual({
      words: 'Good evening, traveller.',
      ms: 3 * MS_PER_WORD,
      tokens: 103,
    });
    const [connection] = double.connections;
    expect(connection?.url).toBe('/v1/realtime?model=gpt-realtime');
    expect(connection?.heardSeconds).toEqual([expect.closeTo(1, 2)]);
    expect(double.sent('session.update')).toMatchObject([
      {
        session: {
          type: 'realtime',
          instructions: expect.stringContaining('You are Greta.'),
          output_modalities: ['audio'],
          audio: {
            input: { format: { type: 'audio/pcm', rate: 24_000 }, turn_detection: null },
            output: { format: { type: 'audio/pcm', rate: 24_000 }, voice: 'cedar' },
          },
        },
      },
    ]);
    expect(double.sent('conversation.item.create')).toMatchObject([
      {
        item: {
          type: 'message',
          role: 'user',
          content: [{ type: 'input_text', text: '[Ayla] Hello, Greta' }, { type: 'input_audio' }],
        },
      },
    ]);
  });

  it('is told only what it has not heard, on the same connection', async () => {
    double.script.push('One.', 'Two.');
    await answer(turn([user('[Ayla] a')]));
    conversation.heard(Number.POSITIVE_INFINITY, 'One.');
    await answer(turn([user('[Ayla] a'), user('[Bo] b'), assistant('One.'), user('[Ayla] c')]));
    expect(double.connections).toHaveLength(1);
    expect(told(0).map((item) => /\[\w+\] \w/.exec(item)?.[0])).toEqual(['[Ayla] a', '[Bo] b', '[Ayla] c']);
    expect(double.connections[0]?.heardSeconds).toHaveLength(2);
    expect(double.sent('session.update')).toHaveLength(1);
  });

  it('remembers no more of an answer than was heard', async () => {
    double.script.push('One two three four.');
    await answer(turn([user('[Ayla] a')]));
    conversation.heard(2 * MS_PER_WORD, 'One two…');
    conversation.heard(0, '');
    await expect
      .poll(() => double.sent('conversation.item.truncate'), { timeout: 10_000 })
      .toMatchObject([
        { content_index: 0, audio_end_ms: 2 * MS_PER_WORD, item_id: expect.stringMatching(/^item_/) },
      ]);
    expect(double.sent('conversation.item.delete')).toEqual([]);
  });

  it('forgets an answer of which nothing was heard', async () => {
    await answer(turn([user('[Ayla] a')]));
    conversation.heard(0, '');
    await expect.poll(() => double.sent('conversation.item.delete').length, { timeout: 10_000 }).toBe(1);
  });

  it('stops the model when it is cut, and answers the next time', async () => {
    double.script.push('One two three four.', 'Five.');
    double.fault = { pauseAfterWords: 2, times: 1 };
    const cut = new AbortController();
    const pieces = conversation.answer(turn([user('[Ayla] a')], { signal: cut.signal }));
    for (let n = 0; n < 4; n++) await pieces.next();
    const waiting = pieces.next();
    cut.abort(new Error('barge-in'));
    await expect(waiting).rejects.toThrow('barge-in');
    conversation.heard(100, '');
    expect(await answer(turn([user('[Ayla] a'), user('[Ayla] b')]))).toMatchObject({ words: 'Five.' });
    expect(double.connections).toHaveLength(1);
    expect(double.sent('response.cancel')).toHaveLength(1);
    expect(double.sent('conversation.item.truncate')).toMatchObject([{ audio_end_ms: 100 }]);
  });

  it('begins anew, with what the room remembers, when the connection is gone', async () => {
    await answer(turn([user('[Ayla] a')]));
    conversation.heard(Number.POSITIVE_INFINITY, 'Well met.');
    double.hangUp();
    await expect.poll(() => double.connections[0]?.closed, { timeout: 10_000 }).toBe(true);
    await answer(turn([user('[Ayla] a'), assistant('Well met.'), user('[Ayla] b')]));
    expect(told(1)).toEqual([
      expect.stringContaining('[Ayla] a'),
      expect.stringContaining('{"type":"output_text","text":"Well met."}'),
      expect.stringContaining('[Ayla] b'),
    ]);
  });

  it('begins anew when something of what it heard is to be forgotten', async () => {
    await answer(turn([user('[Ayla] a'), user('[Bo] b')]));
    await answer(turn([user('[Cy] c')]));
    expect(double.connections).toHaveLength(2);
    expect(told(1)).toEqual([expect.stringContaining('[Cy] c')]);
  });

  it('is told a changed persona, and keeps its voice', async () => {
    await answer(turn([user('a')]));
    const changed = turn([user('a'), user('b')]);
    await answer({ ...changed, prompt: { ...changed.prompt, system: 'You are Greta, in mourning.' } });
    expect(double.sent('session.update').map((event) => JSON.stringify(event))).toEqual([
      expect.stringContaining('You are Greta.'),
      expect.stringContaining('in mourning'),
    ]);
    expect(double.connections).toHaveLength(1);
  });
});

describe('speech to speech with tools', () => {
  const dice: NpcTool = {
    name: 'dice',
    description: 'Rolls.',
    input: { type: 'object' },
    run: async (input) => `rolled ${JSON.stringify(input)}`,
  };
  const outputs = () =>
    double
      .sent('conversation.item.create')
      .flatMap(({ item }) =>
        typeof item === 'object' && item !== null && 'output' in item ? [item.output] : [],
      );

  it('uses those that it was given', async () => {
    double.fault = { callTool: { name: 'dice', arguments: '{"dice":"d20"}' }, times: 1 };
    double.script.push('Seventeen!');
    expect(await answer(turn([user('roll')], { tools: [dice] }))).toMatchObject({
      words: 'Seventeen!',
      tokens: 201,
    });
    expect(outputs()).toEqual(['rolled {"dice":"d20"}']);
    expect(double.sent('session.update')).toMatchObject([{ session: { tools: [{ name: 'dice' }] } }]);
  });

  it('cannot use another one, whatever it asks for, nor go on asking for ever', async () => {
    double.fault = { callTool: { name: 'delete_everything', arguments: 'not json' } };
    expect(await answer(turn([user('roll')], { tools: [dice] }))).toMatchObject({ words: '' });
    expect(outputs()).toEqual(Array(3).fill('There is no tool delete_everything.'));
    expect(double.sent('response.create').at(-1)).toMatchObject({ response: { tool_choice: 'none' } });
  });
});

describe('speech to speech that fails', () => {
  it.each([
    ['an overloaded vendor', { status: 503, times: 1 }],
    ['a cut before the first word', { cutAfterWords: 0, times: 1 }],
    ['no JSON', { malformed: true, times: 1 }],
    ['an error of the server', { error: { type: 'server_error', code: 'oops' }, times: 1 }],
    ['a response that fails', { failed: { type: 'server_error', code: 'oops' }, times: 1 }],
  ])('tries again: %s', async (_, fault) => {
    double.fault = fault;
    double.script.push(...Array(2).fill('Here I am.'));
    expect(await answer(turn([user('a')]))).toMatchObject({ words: 'Here I am.' });
  });

  it('does not show a key that was refused', async () => {
    const refused = answer(turn([user('a')]), open({ apiKey: 'sk-wrong-987654321' }));
    await expect(refused).rejects.toThrow(/speechToSpeech: .*401/);
    await expect(refused).rejects.not.toThrow('sk-wrong');
    expect(double.connections).toEqual([]);
  });

  it('says which field the vendor does not take, once, and nothing of what was said', async () => {
    const refused = answer(turn([user('my darkest secret')]), open({ voice: 'nobody' }));
    await expect(refused).rejects.toThrow(
      'answered an error (invalid_request_error, invalid_value, session.audio.output.voice)',
    );
    await expect(refused).rejects.not.toThrow('darkest');
    expect(double.connections).toHaveLength(1);
  });

  it('goes on with the fallback, and comes back when that connection is gone', async () => {
    await using primary = new RealtimeDouble(KEY);
    await primary.start();
    primary.fault = { status: 401 };
    const two = open({ primary: primary.baseURL });
    expect(await answer(turn([user('a')]), two)).toMatchObject({ words: 'Well met.' });
    expect(two.endpoint.baseUrl).toBe(double.baseURL);
    primary.fault = {};
    await answer(turn([user('a'), user('b')]), two);
    expect(primary.connections).toEqual([]);
    two.close();
    await answer(turn([user('a'), user('b'), user('c')]), two);
    expect(primary.connections).toHaveLength(1);
    two.close();
  });

  it('does not begin a second time what was heard in part', async () => {
    double.fault = { cutAfterWords: 1 };
    double.script.push('One two.');
    await expect(answer(turn([user('a')]))).rejects.toThrow('the connection ended');
    expect(double.connections).toHaveLength(1);
    double.fault = {};
    double.script.push('Again.');
    expect(await answer(turn([user('a'), user('b')]))).toMatchObject({ words: 'Again.' });
  });

  it('ends when nobody waits any more for a vendor that never answers', async () => {
    double.fault = { silent: true };
    const cut = new AbortController();
    const waiting = answer(turn([user('a')], { signal: cut.signal }));
    await expect.poll(() => double.sent('response.create').length, { timeout: 10_000 }).toBe(1);
    cut.abort(new Error('barge-in'));
    await expect(waiting).rejects.toThrow('barge-in');
  });
});
