import { describe, expect, it, vi } from 'vitest';
import { OpenAiSpeech } from './openai.ts';
import type { SpeechRequest } from './text-to-speech.ts';

const pcm = new Uint8Array(4800);

const network = vi.hoisted(() => ({
  send: async (_url: string, _init: { body: string }): Promise<Response> => Response.error(),
}));
vi.mock('../provider/guarded-fetch.ts', () => ({ fetchWithin: () => network.send }));

describe('OpenAiSpeech', () => {
  async function asked(baseUrl: string, changes: Partial<SpeechRequest>): Promise<unknown> {
    const bodies: unknown[] = [];
    network.send = async (_url, init) => {
      bodies.push(JSON.parse(init.body));
      return new Response(pcm, { headers: { 'content-type': 'audio/pcm' } });
    };
    const speech = new OpenAiSpeech({
      role: 'tts',
      kind: 'openai',
      pricePerUnitUSD: 0,
      baseUrl,
      model: 'tts-1',
      apiKey: undefined,
      reach: 'any',
    });
    const signal = new AbortController().signal;
    const request = { text: 'Well met.', voice: 'greta', speed: 1.5, pitch: undefined, signal, ...changes };
    for await (const _ of speech.speak(request));
    expect(bodies.length).toBe(1);
    return bodies[0];
  }

  const OPENAI = 'https://api.openai.com/v1';

  it("asks for the NPC's voice, and for one that OpenAI has when it has none", async () => {
    const body = { model: 'tts-1', input: 'Well met.', voice: 'greta', speed: 1.5, response_format: 'pcm' };
    expect(await asked(OPENAI, {})).toEqual(body);
    expect(await asked(OPENAI, { voice: undefined })).toEqual({ ...body, voice: 'alloy' });
  });

  it.each(['http://127.0.0.1:8090/v1', 'http://localhost:1/v1', 'http://[::1]:1/v1'])(
    'tells the server in its pod, %s, a pitch that is set',
    async (sidecar) => {
      expect(await asked(sidecar, { pitch: 0.8 })).toMatchObject({ pitch: 0.8 });
      for (const pitch of [undefined, 1]) expect(await asked(sidecar, { pitch })).not.toHaveProperty('pitch');
    },
  );

  it.each([OPENAI, 'https://127.0.0.1.example/v1', 'http://10.0.0.1/v1'])(
    'tells %s no pitch, which is no field of the API',
    async (other) => {
      expect(await asked(other, { pitch: 0.8 })).not.toHaveProperty('pitch');
    },
  );
});
