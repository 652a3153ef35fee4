import { afterEach, describe, expect, it } from 'vitest';
import type { ProviderKind } from '../../src/api/provider-roles.ts';
import { MILLISECONDS_PER_CHARACTER } from '../../test/providers/audio.ts';
import { DeepgramDouble } from '../../test/providers/deepgram/double.ts';
import { ProviderDouble } from '../../test/providers/double.ts';
import { ElevenLabsDouble, type ElevenLabsOptions } from '../../test/providers/elevenlabs/double.ts';
import type { VendorFault } from '../../test/providers/vendor-double.ts';
import type { ProviderEndpoint } from '../provider/http.ts';
import { ProviderError } from '../provider/retry.ts';
import { DeepgramSpeech, deepgramVoice } from './deepgram.ts';
import { ElevenLabsSpeech } from './elevenlabs.ts';
import { OpenAiSpeech } from './openai.ts';
import type { SpeechRequest, TextToSpeech } from './text-to-speech.ts';

const KEY = 'secret-of-the-tenant';
const TEXT = 'Well met, traveller. What brings you to the ford so late?';
/** At 48 kHz. */
const SAMPLES = TEXT.length * MILLISECONDS_PER_CHARACTER * 48;

/** The vendor's double as these tests need it. */
interface Stage {
  readonly baseUrl: string;
  fault(fault: VendorFault): void;
  asked(): readonly {
    readonly status: number;
    readonly complete: boolean;
    readonly closed?: Promise<number>;
  }[];
}

const open: { stop(): Promise<void> }[] = [];

afterEach(async () => {
  for (const double of open.splice(0)) await double.stop();
});

async function started<Double extends { start(): Promise<void>; stop(): Promise<void> }>(double: Double) {
  open.push(double);
  await double.start();
  return double;
}

interface Kind {
  readonly kind: ProviderKind;
  readonly stage: () => Promise<Stage>;
  readonly voice: string;
  readonly speech: (endpoint: ProviderEndpoint) => TextToSpeech;
}

const KINDS: readonly Kind[] = [
  {
    kind: 'openai',
    stage: async () => {
      const double = await started(new ProviderDouble({ apiKey: KEY }));
      return {
        baseUrl: double.baseURL,
        fault: (speech) => double.setFaults({ speech }),
        asked: () => double.requests,
      };
    },
    voice: 'alloy',
    speech: (endpoint) => new OpenAiSpeech(endpoint),
  },
  {
    kind: 'deepgram',
    stage: async () => {
      const double = await started(new DeepgramDouble({ apiKey: KEY }));
      return {
        baseUrl: double.baseURL,
        fault: (speak) => double.setFaults({ speak }),
        asked: () => double.requests,
      };
    },
    voice: 'aura-2-draco-en',
    speech: (endpoint) => new DeepgramSpeech(endpoint, 'en'),
  },
  {
    kind: 'elevenlabs',
    stage: async () => {
      const double = await started(new ElevenLabsDouble({ apiKey: KEY }));
      return {
        baseUrl: double.baseURL,
        fault: (speak) => double.setFaults({ speak }),
        asked: () => double.requests,
      };
    },
    voice: '21m00Tcm4TlvDq8ikWAM',
    speech: (endpoint) => new ElevenLabsSpeech(endpoint, 'en'),
  },
];

function endpointFor(kind: ProviderKind, baseUrl: string, model: string): ProviderEndpoint {
  return { role: 'tts', kind, baseUrl, model, apiKey: KEY, reach: 'any', pricePerUnitUSD: 0 };
}

function sentence(changes: Partial<SpeechRequest> = {}): SpeechRequest {
  const { signal } = new AbortController();
  return { text: TEXT, voice: undefined, speed: 1, pitch: undefined, signal, ...changes };
}

async function lengthOf(audio: AsyncIterable<Float32Array>): Promise<number> {
  let samples = 0;
  for await (const part of audio) samples += part.length;
  return samples;
}

describe.each(KINDS)('a sentence by $kind', ({ kind, stage, voice, speech }) => {
  async function start(fault: VendorFault = {}) {
    const vendor = await stage();
    vendor.fault(fault);
    return { vendor, tts: speech(endpointFor(kind, vendor.baseUrl, 'a-model')) };
  }

  it('is heard whole, at 48 kHz', async () => {
    const { vendor, tts } = await start();
    expect(Math.abs((await lengthOf(tts.speak(sentence({ voice })))) - SAMPLES)).toBeLessThan(100);
    expect(vendor.asked()).toHaveLength(1);
  });

  it('is heard from its first piece on', async () => {
    const { vendor, tts } = await start({ eachMs: 5 });
    for await (const first of tts.speak(sentence({ voice }))) {
      expect(first.length).toBeLessThan(SAMPLES / 2);
      break;
    }
    // Who does not listen to the end ends it at the vendor.
    await vendor.asked()[0]?.closed;
    expect(vendor.asked()).toMatchObject([{ complete: false }]);
  });

  it('is asked for again after 429, and when the answer is cut off before its first byte', async () => {
    for (const fault of [
      { status: 429, times: 1 },
      { cutAfter: 0, times: 1 },
    ] satisfies VendorFault[]) {
      const { vendor, tts } = await start(fault);
      expect(await lengthOf(tts.speak(sentence({ voice })))).toBeGreaterThan(0);
      expect(vendor.asked()).toHaveLength(2);
    }
  });

  it.each([
    ['the key is refused', { status: 401, repeatKey: true }, 'answered 401', 1],
    ['it breaks off, and is not said twice', { cutAfter: 5 }, 'the audio broke off', 1],
    ['the vendor is at a loss', { status: 503 }, 'answered 503', 3],
  ] as const)('fails when %s, without showing the key', async (_what, fault, message, tries) => {
    const { vendor, tts } = await start(fault);
    const error: unknown = await lengthOf(tts.speak(sentence({ voice }))).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ProviderError);
    expect(String(error)).toContain(message);
    expect(String(error)).not.toContain(KEY);
    expect(vendor.asked()).toHaveLength(tries);
  });

  it.each(['before it is heard', 'in the middle'] as const)(
    'that is cut %s ends at the vendor',
    async (when) => {
      const { vendor, tts } = await start(when === 'in the middle' ? { eachMs: 20 } : { firstMs: 60_000 });
      const owner = new AbortController();
      const heard = lengthOf(tts.speak(sentence({ voice, signal: owner.signal })));
      await expect.poll(() => vendor.asked().length, { timeout: 10_000 }).toBe(1);
      const at = Date.now();
      owner.abort(new Error('barge-in'));
      await expect(heard).rejects.toThrow('barge-in');
      const [asked] = vendor.asked();
      // The double of OpenAI does not say when.
      if (asked?.closed !== undefined) expect((await asked.closed) - at).toBeLessThan(1000);
      expect(asked?.complete).toBe(false);
    },
  );
});

describe('a sentence by Deepgram', () => {
  async function asked(model: string, language: string, changes: Partial<SpeechRequest> = {}) {
    const double = await started(new DeepgramDouble());
    const tts = new DeepgramSpeech(endpointFor('deepgram', double.baseURL, model), language);
    await lengthOf(tts.speak(sentence({ text: 'Aye.', ...changes })));
    return double.requests[0];
  }

  it('names voice and format in the query, and the key as a token', async () => {
    const request = await asked('aura-2', 'en', { voice: 'aura-2-draco-en' });
    expect(Object.fromEntries(request?.query ?? [])).toEqual({
      ...{ model: 'aura-2-draco-en', encoding: 'linear16', sample_rate: '48000', container: 'none' },
    });
    expect(request?.key).toBe(`Token ${KEY}`);
    expect(request?.body).toEqual({ text: 'Aye.' });
  });

  it.each([
    [3, 'aura-2-draco-en', '1.5'],
    [0.5, 'aura-2-celeste-es', '0.7'],
    [1.2, 'aura-2-draco-en', '1.2'],
    // Those voices refuse to be told.
    [1.2, 'aura-2-elara-de', null],
  ])('at speed %d by %s is told %j', async (speed, voice, told) => {
    expect((await asked('aura-2', 'en', { speed, voice }))?.query.get('speed')).toBe(told);
  });

  it.each([
    ['aura-2', 'de-AT', 'aura-2-elara-de'],
    ['aura-2', 'en-GB', 'aura-2-thalia-en'],
    ['aura-2', '', 'aura-2-thalia-en'],
    // It has no voice for it.
    ['aura-2', 'pl', 'aura-2-thalia-en'],
    ['aura-2-zeus-en', 'de', 'aura-2-zeus-en'],
  ])('with the model %s in %j is spoken by %s, unless the NPC has a voice', (model, language, voice) => {
    expect(deepgramVoice(model, language)).toBe(voice);
  });
});

describe('a sentence by ElevenLabs', () => {
  async function spoken(
    model: string,
    language: string,
    changes: Partial<SpeechRequest>,
    options: ElevenLabsOptions = {},
  ) {
    const double = await started(new ElevenLabsDouble(options));
    const tts = new ElevenLabsSpeech(endpointFor('elevenlabs', double.baseURL, model), language);
    const samples = await lengthOf(tts.speak(sentence({ text: 'Aye.', ...changes })));
    return { double, tts, samples };
  }

  it('names the voice in the path and the format in the query', async () => {
    const { double } = await spoken('eleven_flash_v2_5', 'de-AT', { voice: 'a/b?c', speed: 3 });
    expect(double.requests).toMatchObject([
      {
        path: '/v1/text-to-speech/a%2Fb%3Fc/stream',
        key: KEY,
        body: {
          ...{ text: 'Aye.', model_id: 'eleven_flash_v2_5', language_code: 'de' },
          voice_settings: { speed: 1.2 },
        },
      },
    ]);
    expect(double.requests[0]?.query.get('output_format')).toBe('pcm_48000');
  });

  it('leaves to the voice what is not set, and the language to models that hear it', async () => {
    const { double } = await spoken('eleven_multilingual_v2', 'de', {});
    expect(double.requests[0]?.body).toEqual({ text: 'Aye.', model_id: 'eleven_multilingual_v2' });
    expect(double.requests[0]?.path).toContain('JBFqnCBsd6RMkjVDRZzb');
  });

  it("is asked for at 24 kHz when the account's plan has no 48, from then on at once", async () => {
    const { double, tts, samples } = await spoken('eleven_flash_v2_5', 'en', {}, { mostRate: 24_000 });
    expect(Math.abs(samples - 4 * MILLISECONDS_PER_CHARACTER * 48)).toBeLessThan(100);
    await lengthOf(tts.speak(sentence({ text: 'Nay.' })));
    expect(double.requests.map(({ status }) => status)).toEqual([403, 200, 200]);
  });
});
