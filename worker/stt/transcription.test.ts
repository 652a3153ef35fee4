import { afterEach, describe, expect, it } from 'vitest';
import type { ProviderKind } from '../../src/api/provider-roles.ts';
import { toBytes, writeWav } from '../../src/audio/wav.ts';
import { DeepgramDouble } from '../../test/providers/deepgram/double.ts';
import { ProviderDouble } from '../../test/providers/double.ts';
import { ElevenLabsDouble } from '../../test/providers/elevenlabs/double.ts';
import type { VendorFault, VendorRequest } from '../../test/providers/vendor-double.ts';
import type { ProviderEndpoint } from '../provider/http.ts';
import { ProviderError } from '../provider/retry.ts';
import { DeepgramRecognition, recognitionQuery } from './deepgram.ts';
import { ElevenLabsRecognition } from './elevenlabs.ts';
import { OpenAiTranscription } from './openai.ts';
import type { SpeechToText, TranscriptionRequest } from './speech-to-text.ts';

const KEY = 'secret-of-the-tenant';
const SAMPLES = Int16Array.from({ length: 16_000 }, (_, n) => (n * 7919) % 65_536);

/** The vendor's double as these tests need it. */
interface Stage {
  readonly baseUrl: string;
  script(text: string): void;
  fault(fault: VendorFault): void;
  /** What was asked, one each. */
  asked(): readonly { readonly status: number; readonly body: unknown }[];
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
  readonly recogniser: (endpoint: ProviderEndpoint) => SpeechToText;
}

const KINDS: readonly Kind[] = [
  {
    kind: 'openai',
    stage: async () => {
      const double = await started(new ProviderDouble({ apiKey: KEY }));
      return {
        baseUrl: double.baseURL,
        script: (text) => double.script(text),
        fault: (transcriptions) => double.setFaults({ transcriptions }),
        asked: () => double.requests,
      };
    },
    recogniser: (endpoint) => new OpenAiTranscription(endpoint),
  },
  {
    kind: 'deepgram',
    stage: async () => {
      const double = await started(new DeepgramDouble({ apiKey: KEY }));
      return {
        baseUrl: double.baseURL,
        script: (text) => double.script(text),
        fault: (listen) => double.setFaults({ listen }),
        asked: () => double.requests,
      };
    },
    recogniser: (endpoint) => new DeepgramRecognition(endpoint),
  },
  {
    kind: 'elevenlabs',
    stage: async () => {
      const double = await started(new ElevenLabsDouble({ apiKey: KEY }));
      return {
        baseUrl: double.baseURL,
        script: (text) => double.script(text),
        fault: (transcribe) => double.setFaults({ transcribe }),
        asked: () => double.requests,
      };
    },
    recogniser: (endpoint) => new ElevenLabsRecognition(endpoint),
  },
];

const MODELS: Readonly<Record<string, string>> = {
  openai: 'whisper-1',
  deepgram: 'nova-3',
  elevenlabs: 'scribe_v2_realtime',
};

function endpointFor(kind: ProviderKind, baseUrl: string): ProviderEndpoint {
  const model = MODELS[kind] ?? '';
  return { role: 'stt', kind, baseUrl, model, apiKey: KEY, reach: 'any', pricePerUnitUSD: 0 };
}

function recording(changes: Partial<TranscriptionRequest> = {}): TranscriptionRequest {
  const { signal } = new AbortController();
  return { wav: writeWav(SAMPLES, 16_000), names: ['Greta', 'Bruno'], language: 'en', signal, ...changes };
}

describe.each(KINDS)('a recording to $kind', ({ kind, stage, recogniser }) => {
  async function start(fault: VendorFault = {}) {
    const vendor = await stage();
    vendor.fault(fault);
    return { vendor, stt: recogniser(endpointFor(kind, vendor.baseUrl)) };
  }

  it('gives its words', async () => {
    const { vendor, stt } = await start();
    vendor.script('Greta, good evening.');
    expect(await stt.transcribe(recording())).toBe('Greta, good evening.');
    expect(vendor.asked()).toHaveLength(1);
  });

  it('is sent again after 429, and when the answer is cut off before its first byte', async () => {
    for (const fault of [
      { status: 429, times: 1 },
      { cutAfter: 0, times: 1 },
    ] satisfies VendorFault[]) {
      const { vendor, stt } = await start(fault);
      vendor.script('Good evening.');
      // What was cut off had been recognised: then the next text is the recording's own.
      expect(await stt.transcribe(recording())).not.toBe('');
      expect(vendor.asked()).toHaveLength(2);
    }
  });

  it.each([
    ['the key is refused', { status: 401, repeatKey: true }, 'answered 401', 1],
    ['the answer is no JSON', { malformed: true }, 'is no JSON', 3],
    ['the vendor is at a loss', { status: 500 }, 'answered 500', 3],
  ] as const)('fails when %s, without showing the key', async (_what, fault, message, tries) => {
    const { vendor, stt } = await start(fault);
    const error: unknown = await stt.transcribe(recording()).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ProviderError);
    expect(String(error)).toContain(message);
    expect(String(error)).not.toContain(KEY);
    expect(vendor.asked()).toHaveLength(tries);
  });

  it('that nobody wants any more is given up', async () => {
    const { vendor, stt } = await start({ firstMs: 60_000 });
    const owner = new AbortController();
    const heard = stt.transcribe(recording({ signal: owner.signal }));
    await expect.poll(() => vendor.asked().length, { timeout: 10_000 }).toBe(1);
    owner.abort(new Error('the session is ending'));
    await expect(heard).rejects.toThrow('the session is ending');
    expect(vendor.asked()).toHaveLength(1);
  });
});

describe('what the vendors are told', () => {
  async function vendor(kind: 'deepgram' | 'elevenlabs', changes: Partial<TranscriptionRequest>) {
    const double = await started(kind === 'deepgram' ? new DeepgramDouble() : new ElevenLabsDouble());
    const endpoint = endpointFor(kind, double.baseURL);
    const stt = kind === 'deepgram' ? new DeepgramRecognition(endpoint) : new ElevenLabsRecognition(endpoint);
    await stt.transcribe(recording(changes));
    const hearing = stt.open({ ...recording(changes) });
    hearing.push(SAMPLES);
    await hearing.finish();
    const [whole, stream]: readonly (VendorRequest<string> | undefined)[] = double.requests;
    if (whole === undefined || stream === undefined) throw new Error('not both were asked');
    return { whole, stream };
  }

  it('Deepgram: the key, the language and the names in the query, a WAV or its samples', async () => {
    const { whole, stream } = await vendor('deepgram', { language: 'de-AT' });
    expect([whole.key, stream.key]).toEqual([`Token ${KEY}`, `Token ${KEY}`]);
    const both = [
      ['model', 'nova-3'],
      ['punctuate', 'true'],
      ['language', 'de'],
      ['keyterm', 'Greta'],
      ['keyterm', 'Bruno'],
    ];
    expect([...whole.query]).toEqual(both);
    expect([...stream.query].slice(0, both.length)).toEqual(both);
    expect(Object.fromEntries(stream.query)).toMatchObject({
      ...{ encoding: 'linear16', sample_rate: '16000', channels: '1', interim_results: 'true' },
    });
    expect(Buffer.from(whole.audio).equals(writeWav(SAMPLES, 16_000))).toBe(true);
    expect(Buffer.from(stream.audio).equals(toBytes(SAMPLES))).toBe(true);
  });

  it('ElevenLabs: the key, the language and the names, samples without a header, the model for the way', async () => {
    const { whole, stream } = await vendor('elevenlabs', {
      language: 'de-AT',
      names: ['Greta', 'x'.repeat(21)],
    });
    expect([whole.key, stream.key]).toEqual([KEY, KEY]);
    expect(whole.body).toEqual({
      model_id: ['scribe_v2'],
      file_format: ['pcm_s16le_16'],
      tag_audio_events: ['false'],
      timestamps_granularity: ['none'],
      language_code: ['de'],
      keyterms: ['Greta', 'x'.repeat(21)],
    });
    expect([...stream.query]).toEqual([
      ['model_id', 'scribe_v2_realtime'],
      ['audio_format', 'pcm_16000'],
      ['commit_strategy', 'manual'],
      ['language_code', 'de'],
      ['keyterms', 'Greta'],
    ]);
    for (const { audio } of [whole, stream]) expect(Buffer.from(audio).equals(toBytes(SAMPLES))).toBe(true);
  });

  it.each([
    ['nova-3', '', 'multi'],
    ['nova-3', 'en', 'en'],
    ['nova-3', 'en-us', 'en-US'],
    ['nova-3', 'en-IE', 'en'],
    ['nova-3', 'de-AT', 'de'],
    ['nova-3', 'de-CH', 'de-CH'],
    ['nova-3', 'es-419', 'es-419'],
    ['nova-3', 'zh-Hant', 'zh-Hant'],
    ['nova-2', '', null],
    ['nova-2', 'pt-BR', 'pt-BR'],
  ])('Deepgram %s: a language %j is %j', (model, language, told) => {
    expect(recognitionQuery(model, { language, names: [] }).get('language')).toBe(told);
  });

  it('Deepgram before Nova-3: single words as keywords', () => {
    const query = recognitionQuery('nova-2', { language: 'en', names: ['Old Greta', 'Bruno'] });
    expect(query.getAll('keywords')).toEqual(['Old', 'Greta', 'Bruno']);
    expect(query.has('keyterm')).toBe(false);
  });

  it('ElevenLabs: no language when it is not known', async () => {
    const { whole, stream } = await vendor('elevenlabs', { language: '' });
    expect(whole.body).not.toHaveProperty('language_code');
    expect(stream.query.has('language_code')).toBe(false);
  });
});
