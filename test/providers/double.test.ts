import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { APICallError, generateText, streamText } from 'ai';
import { afterEach, describe, expect, it } from 'vitest';
import { ProviderDouble, type ProviderDoubleOptions } from './double.ts';

const KEY = 'test-key';
const GRETA = 'You are Greta, the innkeeper of the Silver Stag. Greta brews the darkest ale in the valley.';
const BRUNO = 'You are Bruno, a blacksmith. Bruno mends swords and distrusts wizards.';

const open: ProviderDouble[] = [];

afterEach(async () => {
  for (const double of open.splice(0)) await double.stop();
});

async function start(options: ProviderDoubleOptions = {}): Promise<ProviderDouble> {
  const double = new ProviderDouble(options);
  open.push(double);
  await double.start();
  return double;
}

/** The client is the ai SDK: written by others against OpenAI's documentation. */
function modelOf(double: ProviderDouble, apiKey?: string) {
  const provider = createOpenAICompatible({
    name: 'double',
    baseURL: double.baseURL,
    includeUsage: true,
    ...(apiKey === undefined ? {} : { apiKey }),
  });
  return provider('double');
}

async function streamed(double: ProviderDouble, system: string, prompt: string) {
  const errors: unknown[] = [];
  const result = streamText({
    model: modelOf(double),
    system,
    prompt,
    maxRetries: 0,
    onError: ({ error }) => void errors.push(error),
  });
  const pieces: string[] = [];
  try {
    for await (const piece of result.textStream) pieces.push(piece);
  } catch (error) {
    errors.push(error);
  }
  return { pieces, text: pieces.join(''), errors, result };
}

describe('chat completions', () => {
  it('streams an answer word by word, with its end and its usage', async () => {
    const double = await start();
    const { pieces, text, errors, result } = await streamed(
      double,
      GRETA,
      'Greta, what do you have to drink?',
    );
    expect(errors).toEqual([]);
    expect(pieces.length).toBeGreaterThan(5);
    expect(await result.finishReason).toBe('stop');
    const usage = await result.usage;
    expect(usage.outputTokens).toBe(text.split(/\s+/).length);
    expect(usage.inputTokens).toBeGreaterThan(15);
    expect(double.requests).toMatchObject([{ endpoint: 'chat', status: 200, text, complete: true }]);
  });

  it('answers the same whether streamed or whole', async () => {
    const double = await start();
    const prompt = 'Who rules this land?';
    const whole = await generateText({ model: modelOf(double), system: GRETA, prompt });
    expect((await streamed(double, GRETA, prompt)).text).toBe(whole.text);
    expect(whole.finishReason).toBe('stop');
  });

  it('writes the events that OpenAI documents', async () => {
    const double = await start();
    const response = await fetch(`${double.baseURL}/chat/completions`, {
      method: 'POST',
      body: JSON.stringify({
        model: 'm',
        stream: true,
        stream_options: { include_usage: true },
        messages: [{ role: 'user', content: 'Hello' }],
      }),
    });
    expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
    const events = (await response.text()).split('\n\n').filter((event) => event !== '');
    expect(events.every((event) => event.startsWith('data: '))).toBe(true);
    expect(events.at(-1)).toBe('data: [DONE]');
    const chunks = events.slice(0, -1).map((event) => JSON.parse(event.slice('data: '.length)));
    expect(chunks[0].choices[0].delta).toEqual({ role: 'assistant', content: '', refusal: null });
    expect(chunks.at(-2).choices[0]).toMatchObject({ delta: {}, finish_reason: 'stop' });
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { prompt_tokens: 1 } });
    expect(chunks.slice(0, -1).every((chunk) => chunk.usage === null)).toBe(true);
  });

  it('ends with "length" when the answer is longer than allowed', async () => {
    const double = await start();
    const result = await generateText({
      model: modelOf(double),
      system: GRETA,
      prompt: 'Hello',
      maxOutputTokens: 3,
    });
    expect(result.finishReason).toBe('length');
    expect(result.text.split(' ')).toHaveLength(3);
  });

  it('refuses a missing and a wrong key, and takes the right one', async () => {
    const double = await start({ apiKey: KEY });
    const ask = (key?: string) =>
      generateText({ model: modelOf(double, key), prompt: 'Hello', maxRetries: 0 });
    await expect(ask()).rejects.toMatchObject({
      statusCode: 401,
      message: expect.stringContaining('API key'),
    });
    await expect(ask('other')).rejects.toMatchObject({
      statusCode: 401,
      message: 'Incorrect API key provided.',
    });
    await expect(ask(KEY)).resolves.toMatchObject({ finishReason: 'stop' });
  });

  it('refuses a body without messages in the shape of an OpenAI error', async () => {
    const double = await start();
    const response = await fetch(`${double.baseURL}/chat/completions`, {
      method: 'POST',
      body: '{"model":"m"}',
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      error: { type: 'invalid_request_error', param: 'messages' },
    });
  });
});

describe('faults of chat completions', () => {
  it('answers 429 once, with Retry-After, and is healthy again', async () => {
    const double = await start({ faults: { chat: { status: 429, retryAfter: 0, times: 1 } } });
    const failure = await generateText({ model: modelOf(double), prompt: 'Hello', maxRetries: 0 }).catch(
      (e) => e,
    );
    expect(APICallError.isInstance(failure)).toBe(true);
    expect(failure).toMatchObject({
      statusCode: 429,
      isRetryable: true,
      responseHeaders: { 'retry-after': '0' },
    });
    await expect(generateText({ model: modelOf(double), prompt: 'Hello' })).resolves.toBeDefined();
  });

  it('answers 500 until the fault is lifted over HTTP', async () => {
    const double = await start();
    const set = (faults: object) =>
      fetch(`${double.url}/control/faults`, { method: 'POST', body: JSON.stringify(faults) });
    expect((await set({ chat: { status: 500 } })).status).toBe(200);
    const ask = () => generateText({ model: modelOf(double), prompt: 'Hello', maxRetries: 0 });
    await expect(ask()).rejects.toMatchObject({ statusCode: 500 });
    await expect(ask()).rejects.toMatchObject({ statusCode: 500 });
    await set({});
    await expect(ask()).resolves.toBeDefined();
    expect((await set({ chat: { stauts: 500 } })).status).toBe(400);
  });

  it('cuts the stream after some tokens, so that the client sees an error and not an end', async () => {
    const double = await start({ faults: { chat: { cutAfter: 3 } } });
    const { errors, pieces } = await streamed(double, GRETA, 'Hello');
    expect(errors).toHaveLength(1);
    expect(pieces).toHaveLength(3);
    expect(double.requests).toMatchObject([{ status: 200, complete: false }]);
  });

  it('cuts the connection before the first byte', async () => {
    const double = await start({ faults: { chat: { cutAfter: 0 } } });
    const ask = fetch(`${double.baseURL}/chat/completions`, {
      method: 'POST',
      body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'Hi' }] }),
    });
    await expect(ask).rejects.toThrow('fetch failed');
    expect(double.requests).toMatchObject([{ status: 0, complete: false }]);
  });

  it('sends JSON that cannot be parsed', async () => {
    const double = await start({ faults: { chat: { malformed: true } } });
    expect((await streamed(double, GRETA, 'Hello')).errors).toHaveLength(1);
  });

  it('waits before the first token and between tokens', async () => {
    const waits: number[] = [];
    const double = await start({
      faults: { chat: { firstMs: 700, eachMs: 30 } },
      wait: async (milliseconds) => void waits.push(milliseconds),
    });
    const { pieces } = await streamed(double, GRETA, 'Hello');
    expect(waits).toEqual([700, ...pieces.slice(1).map(() => 30)]);
  });

  it('tells how long it really held an answer back, and nothing where nothing was to wait for', async () => {
    const double = await start({ faults: { chat: { firstMs: 1, times: 1 } } });
    await streamed(double, GRETA, 'Hello');
    await streamed(double, GRETA, 'Hello');
    const [held, atOnce] = double.requests;
    expect(held?.heldMs).toBeGreaterThan(0);
    expect(atOnce?.heldMs).toBeUndefined();
  });
});

describe('speech', () => {
  const speak = (double: ProviderDouble, fields: object) =>
    fetch(`${double.baseURL}/audio/speech`, {
      method: 'POST',
      body: JSON.stringify({ model: 'tts', voice: 'onyx', response_format: 'pcm', ...fields }),
    });

  it('lasts as long as its text, and half as long at twice the speed', async () => {
    const double = await start();
    const bytes = async (fields: object) => (await (await speak(double, fields)).arrayBuffer()).byteLength;
    const one = await bytes({ input: 'Well met, traveller.' });
    expect(one / 2 / 24_000).toBeCloseTo(20 * 0.065, 3);
    expect(await bytes({ input: 'Well met, traveller.', speed: 2 })).toBe(one / 2);
  });

  it('is loud enough to be heard and differs between voices', async () => {
    const double = await start();
    const [a, b] = await Promise.all(
      ['onyx', 'nova'].map(async (voice) => {
        const response = await speak(double, { input: 'Good evening', voice });
        return new Int16Array(await response.arrayBuffer());
      }),
    );
    expect(Math.max(...(a ?? []))).toBeGreaterThan(5000);
    expect(a).not.toEqual(b);
  });

  it('is cut in the middle when asked to be', async () => {
    const double = await start({ faults: { speech: { cutAfter: 4 } } });
    const response = await speak(double, { input: 'A long sentence that never ends' });
    expect(response.status).toBe(200);
    await expect(response.arrayBuffer()).rejects.toThrow();
  });
});

describe('transcriptions', () => {
  function recording(seconds: number, value = 100): Blob {
    const wav = Buffer.alloc(44 + seconds * 32_000, value);
    wav.write('RIFF', 0, 'latin1');
    wav.writeUInt32LE(32_000, 28);
    return new Blob([wav], { type: 'audio/wav' });
  }
  async function hear(double: ProviderDouble, file: Blob) {
    const form = new FormData();
    form.set('file', file, 'a.wav');
    form.set('model', 'stt');
    const response = await fetch(`${double.baseURL}/audio/transcriptions`, { method: 'POST', body: form });
    const body: { text?: string } = JSON.parse(await response.text());
    return { status: response.status, body };
  }

  it('hears what was scripted, in order, and then what the recording makes', async () => {
    const double = await start();
    double.script('Greta, good evening.', 'And you, Bruno?');
    expect((await hear(double, recording(1))).body).toEqual({ text: 'Greta, good evening.' });
    expect((await hear(double, recording(1))).body).toEqual({ text: 'And you, Bruno?' });
    const computed = await hear(double, recording(2));
    expect(computed.body.text?.split(' ')).toHaveLength(4);
    expect(await hear(double, recording(2))).toEqual(computed);
    expect(await hear(double, recording(2, 7))).not.toEqual(computed);
  });

  it('hears what it is to assume, as often as it is asked, once nothing else is scripted', async () => {
    const double = await start();
    double.assume('Greta, good evening.');
    double.script('And you, Bruno?');
    expect((await hear(double, recording(1))).body).toEqual({ text: 'And you, Bruno?' });
    expect((await hear(double, recording(1))).body).toEqual({ text: 'Greta, good evening.' });
    expect((await hear(double, recording(2))).body).toEqual({ text: 'Greta, good evening.' });
  });

  it('refuses what is no recording', async () => {
    const double = await start();
    expect(await hear(double, new Blob(['text']))).toMatchObject({
      status: 400,
      body: { error: { param: 'file' } },
    });
  });
});

describe('two characters', () => {
  it('answer the same question differently, each by its own name', async () => {
    const double = await start();
    const question = 'What do you know about the missing caravan?';
    const [greta, bruno] = [await streamed(double, GRETA, question), await streamed(double, BRUNO, question)];
    expect(greta.text).toMatch(/I am Greta, the innkeeper of the Silver Stag\..*I brew the darkest ale/);
    expect(bruno.text).toMatch(/I am Bruno, the blacksmith\..*I mend swords/);
    expect(greta.text).toMatch(/caravan/i);
    expect(bruno.text).toMatch(/caravan/i);
  });
});
