import { once } from 'node:events';
import { request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { toBytes, wavHeader } from '../src/audio/wav.ts';
import { PoolFull } from './recogniser/pool.ts';
import type { Recognition } from './recogniser/recogniser.ts';
import { createSpeechServer, type SpeechServerOptions, type SpeechServices } from './server.ts';
import { EspeakVoices } from './voice/espeak.ts';

const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

const heard: Recognition = {
  words: [
    { word: 'Greta', start: 0.1, end: 0.4, posterior: 0.9 },
    { word: 'i', start: 0.4, end: 0.5, posterior: 1 },
    { word: 'agree', start: 0.5, end: 0.9, posterior: 0.5 },
  ],
  outOfVocabulary: ['Ольга', 'Zzx'],
};

function servicesWith(changes: Partial<SpeechServices> = {}): SpeechServices {
  return {
    pool: { hear: async () => heard },
    voices: new EspeakVoices(['en-gb', 'en-us'], ['m3', 'f2']),
    speak: async () => ({
      rate: 12_000,
      async *samples() {
        yield new Int16Array(6000).fill(100);
        yield new Int16Array(6000).fill(100);
      },
    }),
    mostSpoken: 1,
    ...changes,
  };
}

async function serve(changes: Partial<SpeechServices> = {}): Promise<string> {
  return await serveOnce(Promise.resolve(servicesWith(changes)));
}

async function serveOnce(
  services: Promise<SpeechServices>,
  more: Partial<SpeechServerOptions> = {},
): Promise<string> {
  const server = createSpeechServer({ services, openToNetwork: false, log: () => {}, ...more });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function recording(seconds: number, rate = 48_000): Blob {
  const data = toBytes(new Int16Array(seconds * rate));
  return new Blob([wavHeader(rate, data.length), data], { type: 'audio/wav' });
}

function form(fields: Record<string, string | Blob>): FormData {
  const data = new FormData();
  for (const [name, value] of Object.entries(fields)) data.set(name, value);
  return data;
}

const transcribe = (url: string, body: FormData, signal: AbortSignal | null = null) =>
  fetch(`${url}/v1/audio/transcriptions`, { method: 'POST', body, signal });

const speak = (url: string, fields: object, signal: AbortSignal | null = null) =>
  fetch(`${url}/v1/audio/speech`, {
    method: 'POST',
    signal,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'espeak-ng', input: 'Well met.', voice: 'en-gb+m3', ...fields }),
  });

describe('health', () => {
  it('is bad while the models load, and good from then on', async () => {
    const loading = Promise.withResolvers<SpeechServices>();
    const url = await serveOnce(loading.promise);
    expect((await fetch(`${url}/healthz`)).status).toBe(503);
    expect((await fetch(`${url}/v1/models`)).status).toBe(503);
    loading.resolve(servicesWith());
    await loading.promise;
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    expect((await fetch(`${url}/v1/models`)).status).toBe(200);
  });

  it('is good when they are loaded', async () => {
    expect((await fetch(`${await serve()}/healthz`)).status).toBe(200);
  });
});

describe('while the models load', () => {
  const requests: [string, (url: string, signal?: AbortSignal) => Promise<Response>][] = [
    ['a recording', (url, signal) => transcribe(url, form({ file: recording(1) }), signal)],
    ['a text', (url, signal) => speak(url, {}, signal)],
  ];

  /** A server whose services can be loaded when a request has come in and waits. */
  async function loadingServer(more: Partial<SpeechServerOptions> = {}) {
    const loading = Promise.withResolvers<SpeechServices>();
    const logged: Record<string, unknown>[] = [];
    const written = Promise.withResolvers<void>();
    const log = (_level: string, message: string, fields: Record<string, unknown>) => {
      logged.push({ message, ...fields });
      written.resolve();
    };
    const url = await serveOnce(loading.promise, { log, ...more });
    const server = servers.at(-1);
    const read = Promise.withResolvers<void>();
    server?.once('request', (request) => request.once('end', () => setImmediate(read.resolve)));
    return { url, loading, logged, written: written.promise, waits: read.promise };
  }

  it.each(requests)('%s waits, and is answered when they are there', async (_, ask) => {
    const { url, loading, waits } = await loadingServer();
    let answered = false;
    const asked = ask(url).finally(() => {
      answered = true;
    });
    await waits;
    expect((await fetch(`${url}/healthz`)).status).toBe(503);
    expect(answered).toBe(false);
    loading.resolve(servicesWith());
    const response = await asked;
    expect(response.status).toBe(200);
    expect((await response.arrayBuffer()).byteLength).toBeGreaterThan(10);
  });

  it.each(requests)('%s that has waited long enough is told to come back', async (_, ask) => {
    const { url } = await loadingServer({ patience: 1 });
    const refused = await ask(url);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
    expect(await refused.json()).toMatchObject({ error: { type: 'server_error', code: 'loading' } });
  });

  it.each(requests)('%s whose client leaves waits no longer', async (_, ask) => {
    const { url, logged, waits, written } = await loadingServer();
    const client = new AbortController();
    const asked = ask(url, client.signal);
    await waits;
    client.abort();
    await expect(asked).rejects.toThrow();
    await written;
    expect(logged).toEqual([expect.objectContaining({ message: 'client left', error: 'the client left' })]);
  });

  it.each(requests)('%s is refused at once when they cannot be loaded', async (_, ask) => {
    const { url, loading, waits } = await loadingServer();
    const asked = ask(url);
    await waits;
    loading.reject(new Error('no such file'));
    expect((await asked).status).toBe(503);
    expect((await fetch(`${url}/healthz`)).status).toBe(503);
  });

  it('a request that will never be good is refused without waiting', async () => {
    const { url } = await loadingServer();
    expect((await transcribe(url, form({}))).status).toBe(400);
    expect((await fetch(`${url}/v1/audio/speech`)).status).toBe(405);
    expect((await fetch(`${url}/v1/nothing`)).status).toBe(404);
  });
});

describe('transcriptions', () => {
  it('answers in the format that is asked for', async () => {
    const url = await serve();
    const json = await transcribe(url, form({ file: recording(1), model: 'any' }));
    expect(await json.json()).toEqual({ text: 'Greta I agree' });
    const text = await transcribe(url, form({ file: recording(1), response_format: 'text' }));
    expect(await text.text()).toBe('Greta I agree\n');
    const verbose = await transcribe(url, form({ file: recording(1), response_format: 'verbose_json' }));
    expect(await verbose.json()).toMatchObject({
      task: 'transcribe',
      language: 'english',
      duration: 1,
      text: 'Greta I agree',
      words: [{ word: 'Greta', start: 0.1, end: 0.4 }, { word: 'i' }, { word: 'agree' }],
      segments: [{ start: 0.1, end: 0.9 }],
    });
  });

  it('gives the recogniser 16 kHz and the names of the prompt, and reports those it does not know', async () => {
    let given: { samples: number; names: string[] } | undefined;
    const url = await serve({
      pool: {
        hear: async (samples, prompt) => {
          given = { samples: samples.length, names: [...prompt.names.values()] };
          return heard;
        },
      },
    });
    const response = await transcribe(url, form({ file: recording(0.5), prompt: 'Greta, Bruno' }));
    expect(given).toEqual({ samples: 8000, names: ['Greta', 'Bruno'] });
    expect(response.headers.get('x-skald-out-of-vocabulary')?.split(', ').map(decodeURIComponent)).toEqual([
      'Ольга',
      'Zzx',
    ]);
  });

  it.each([
    ['no file', {}, 400, { param: 'file' }],
    ['a file that is no wav', { file: new Blob(['hello']) }, 400, { param: 'file', code: 'invalid_audio' }],
    ['more than a minute', { file: recording(61, 8000) }, 413, { code: 'audio_too_long' }],
    ['another language', { file: recording(1), language: 'de' }, 400, { param: 'language' }],
    ['another format', { file: recording(1), response_format: 'srt' }, 400, { param: 'response_format' }],
  ])('refuses %s in the shape of an OpenAI error', async (_, fields, status, error) => {
    const response = await transcribe(await serve(), form(fields));
    expect(response.status).toBe(status);
    const body: unknown = await response.json();
    expect(body).toMatchObject({ error: { type: 'invalid_request_error', ...error } });
  });

  it('refuses a body that is no form, or no good one', async () => {
    const url = await serve();
    const post = (type: string) =>
      fetch(`${url}/v1/audio/transcriptions`, {
        method: 'POST',
        body: 'x',
        headers: { 'content-type': type },
      });
    expect((await post('application/json')).status).toBe(415);
    expect((await post('multipart/form-data; boundary=abc')).status).toBe(400);
  });

  it('refuses a body over the limit before reading it', async () => {
    const { port } = new URL(await serve());
    const upload = httpRequest({
      port,
      method: 'POST',
      path: '/v1/audio/transcriptions',
      headers: { 'content-type': 'multipart/form-data; boundary=abc', 'content-length': 20_000_000 },
    });
    upload.on('error', () => {});
    upload.flushHeaders();
    const [response] = await once(upload, 'response');
    expect(response.statusCode).toBe(413);
    upload.destroy();
  });

  it('answers 429 when too many wait, and says when to come back', async () => {
    const url = await serve({
      pool: {
        hear: async () => {
          throw new PoolFull('all busy');
        },
      },
    });
    const response = await transcribe(url, form({ file: recording(1) }));
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, '1']);
    expect(await response.json()).toMatchObject({ error: { type: 'rate_limit_error', code: 'queue_full' } });
  });

  it('stops a recognition whose client has left', async () => {
    const left = Promise.withResolvers<unknown>();
    const started = Promise.withResolvers<void>();
    const url = await serve({
      pool: {
        hear: async (_samples, _prompt, signal) => {
          signal.addEventListener('abort', () => left.resolve(signal.reason));
          started.resolve();
          return new Promise(() => {});
        },
      },
    });
    const client = new AbortController();
    const body = form({ file: recording(1) });
    const asked = fetch(`${url}/v1/audio/transcriptions`, { method: 'POST', body, signal: client.signal });
    await started.promise;
    client.abort();
    await expect(asked).rejects.toThrow();
    expect(await left.promise).toMatchObject({ message: 'the client left' });
  });
});

describe('speech', () => {
  it('streams 24 kHz samples without a header as pcm', async () => {
    const response = await speak(await serve(), { response_format: 'pcm' });
    expect(response.headers.get('content-type')).toBe('audio/pcm;rate=24000;channels=1');
    const samples = new Int16Array(await response.arrayBuffer());
    expect(samples.length).toBe(24_000);
    expect(samples[12_000]).toBe(100);
  });

  it('streams a wav whose length is not known yet, when no format is asked for', async () => {
    const response = await speak(await serve(), {});
    const body = Buffer.from(await response.arrayBuffer());
    expect([response.headers.get('content-type'), body.toString('latin1', 0, 4)]).toEqual([
      'audio/wav',
      'RIFF',
    ]);
    expect([body.readUInt32LE(24), body.readUInt32LE(40), body.length]).toEqual([24_000, 0xffffffff, 48_044]);
  });

  it('passes voice, speed and pitch on', async () => {
    const manners: unknown[] = [];
    const url = await serve({
      speak: async (_text, manner) => {
        manners.push(manner);
        return { rate: 24_000, async *samples() {} };
      },
    });
    await speak(url, {});
    await speak(url, { voice: 'en-us+f2', speed: 1.5, pitch: 0.5 });
    expect(manners).toEqual([
      { voice: 'en-gb+m3', speed: 1, pitch: 1 },
      { voice: 'en-us+f2', speed: 1.5, pitch: 0.5 },
    ]);
  });

  it("knows OpenAI's voices by their names", async () => {
    const spoken: string[] = [];
    const url = await serve({
      speak: async (_text, { voice }) => {
        spoken.push(voice);
        return { rate: 24_000, async *samples() {} };
      },
    });
    expect((await speak(url, { voice: 'nova' })).status).toBe(200);
    expect(spoken).toEqual(['en-us+f2']);
  });

  it.each([
    ['a voice that is not there', { voice: 'greta' }, 'voice'],
    ['a variant that is not there', { voice: 'en-gb+m99' }, 'voice'],
    ['an option in place of a voice', { voice: '--path=/' }, 'voice'],
    ['no text', { input: ' ' }, 'input'],
    ['too long a text', { input: 'a'.repeat(5000) }, 'input'],
    ['too fast a speed', { speed: 5 }, 'speed'],
    ['too high a pitch', { pitch: 2.1 }, 'pitch'],
    ['another format', { response_format: 'mp3' }, 'response_format'],
  ])('refuses %s and names the field', async (_, fields, param) => {
    const response = await speak(await serve(), fields);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { type: 'invalid_request_error', param } });
  });

  it('lists voices to someone who asked for another', async () => {
    const response = await speak(await serve(), { voice: 'greta' });
    expect(await response.text()).toMatch(/en-gb\+m3/);
  });

  it('cuts the stream when the voice fails in the middle, so that half a sentence is no whole one', async () => {
    const url = await serve({
      speak: async () => ({
        rate: 24_000,
        async *samples() {
          yield new Int16Array(9000);
          throw new Error('espeak-ng ended');
        },
      }),
    });
    await expect(speak(url, {}).then((response) => response.arrayBuffer())).rejects.toThrow();
  });
});

describe('anything else', () => {
  it('is answered with 404, and the wrong method with 405', async () => {
    const url = await serve();
    expect((await fetch(`${url}/v1/nothing`)).status).toBe(404);
    expect((await fetch(`${url}/v1/audio/speech`)).status).toBe(405);
    expect(await (await fetch(`${url}/v1/models`)).json()).toMatchObject({ data: [{ object: 'model' }, {}] });
  });
});
