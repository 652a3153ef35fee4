import { afterEach, describe, expect, it } from 'vitest';
import type { ProviderKind } from '../../src/api/provider-roles.ts';
import { toBytes } from '../../src/audio/wav.ts';
import { DeepgramDouble } from '../../test/providers/deepgram/double.ts';
import { ElevenLabsDouble } from '../../test/providers/elevenlabs/double.ts';
import type { VendorFault, VendorRequest } from '../../test/providers/vendor-double.ts';
import type { ProviderEndpoint } from '../provider/http.ts';
import { ProviderError } from '../provider/retry.ts';
import { DeepgramRecognition } from './deepgram.ts';
import { ElevenLabsRecognition } from './elevenlabs.ts';
import type { RecognitionRequest, SpeechToText } from './speech-to-text.ts';
import { type RecognitionLimits, recognitionLimits, StreamedRecognition } from './streamed-recognition.ts';

const KEY = 'secret-of-the-tenant';
const RATE = 16_000;

/** Sound of which no two parts are alike. */
function sound(seconds: number): Int16Array {
  return Int16Array.from({ length: seconds * RATE }, (_, n) => (n * 7919) % 65_536);
}

/** As packets come: 20 ms each. */
function packets(samples: Int16Array): Int16Array[] {
  return Array.from({ length: Math.ceil(samples.length / 320) }, (_, n) =>
    samples.subarray(n * 320, (n + 1) * 320),
  );
}

interface Vendor {
  readonly kind: ProviderKind;
  readonly model: string;
  readonly double: () => {
    start(): Promise<void>;
    stop(): Promise<void>;
    script(...texts: string[]): void;
    setFaults(faults: { stream?: VendorFault }): void;
    readonly baseURL: string;
    readonly requests: readonly VendorRequest<string>[];
  };
  readonly recogniser: (endpoint: ProviderEndpoint, limits: RecognitionLimits) => Required<SpeechToText>;
  /** Messages that come before anything was recognised. */
  readonly greetings: number;
}

const VENDORS: readonly Vendor[] = [
  {
    kind: 'deepgram',
    model: 'nova-3',
    double: () => new DeepgramDouble({ apiKey: KEY }),
    recogniser: (endpoint, limits) => new DeepgramRecognition(endpoint, limits),
    greetings: 0,
  },
  {
    kind: 'elevenlabs',
    model: 'scribe_v2_realtime',
    double: () => new ElevenLabsDouble({ apiKey: KEY }),
    recogniser: (endpoint, limits) => new ElevenLabsRecognition(endpoint, limits),
    greetings: 1,
  },
];

const open: { stop(): Promise<void> }[] = [];

afterEach(async () => {
  for (const double of open.splice(0)) await double.stop();
});

describe.each(VENDORS)('a stream to $kind', (vendor) => {
  async function start(fault: VendorFault = {}, limits: Partial<RecognitionLimits> = {}, apiKey = KEY) {
    const double = vendor.double();
    open.push(double);
    await double.start();
    double.setFaults({ stream: fault });
    const endpoint: ProviderEndpoint = {
      role: 'stt',
      kind: vendor.kind,
      baseUrl: double.baseURL,
      model: vendor.model,
      apiKey,
      reach: 'any',
      pricePerUnitUSD: 0,
    };
    const recogniser = vendor.recogniser(endpoint, {
      ...recognitionLimits,
      retry: { tries: 3, firstMs: 1, mostMs: 1 },
      ...limits,
    });
    const interims: [string, boolean][] = [];
    const recognition = (changes: Partial<RecognitionRequest> = {}) => {
      const opened = recogniser.open({
        names: ['Greta'],
        language: 'en',
        signal: new AbortController().signal,
        onInterim: (text, stable) => interims.push([text, stable]),
        ...changes,
      });
      if (!(opened instanceof StreamedRecognition)) throw new Error('not streamed');
      return opened;
    };
    return { double, recognition, interims };
  }

  async function failure(finished: Promise<string>): Promise<ProviderError> {
    const reason: unknown = await finished.then(
      (text) => `recognised "${text}"`,
      (error: unknown) => error,
    );
    if (!(reason instanceof ProviderError)) throw new Error(`no ProviderError: ${reason}`);
    expect(reason.provider).toBe('stt');
    expect(String(reason)).not.toContain(KEY);
    return reason;
  }

  it('gives the words while they are spoken, and all of them at the end', async () => {
    const { double, recognition, interims } = await start();
    double.script('Greta, good evening.|How is the ale today?');
    const hearing = recognition();
    const samples = sound(1.23);
    for (const packet of packets(samples)) hearing.push(packet);
    await expect.poll(() => interims.length, { timeout: 10_000 }).toBeGreaterThan(2);
    expect(interims).toContainEqual(['Greta, good evening.', true]);
    expect(interims.at(-1)).toEqual(['Greta, good evening. How is the', false]);
    expect(await hearing.finish()).toBe('Greta, good evening. How is the ale today?');
    expect(double.requests).toHaveLength(1);
    // Every sample came, in order, and none twice.
    expect(Buffer.from(double.requests[0]?.audio ?? []).equals(toBytes(samples))).toBe(true);
    await double.requests[0]?.closed;
  });

  it('keeps what is said until it is open, also when the turn ends before', async () => {
    const { double, recognition } = await start({ firstMs: 100 });
    double.script('Good evening.');
    const hearing = recognition();
    const samples = sound(0.5);
    for (const packet of packets(samples)) hearing.push(packet);
    expect(await hearing.finish()).toBe('Good evening.');
    expect(double.requests[0]?.audio.length).toBe(samples.length * 2);
  });

  it('is opened anew after 429, without losing a word', async () => {
    const { double, recognition } = await start({ status: 429, times: 2 });
    double.script('Good evening.');
    const hearing = recognition();
    hearing.push(sound(0.5));
    expect(await hearing.finish()).toBe('Good evening.');
    expect(double.requests.map(({ status }) => status)).toEqual([429, 429, 101]);
    expect(double.requests[2]?.audio.length).toBe(RATE);
  });

  it('that is cut before anything is final is replaced by one that hears all of it', async () => {
    const { double, recognition, interims } = await start({ cutAfter: vendor.greetings + 1, times: 1 });
    double.script('Good evening, Greta.', 'Good evening, Greta.');
    const hearing = recognition();
    hearing.push(sound(0.5));
    await expect.poll(() => interims.length, { timeout: 10_000 }).toBeGreaterThan(0);
    await double.requests[0]?.closed;
    hearing.push(sound(0.3));
    expect(await hearing.finish()).toBe('Good evening, Greta.');
    expect(double.requests).toHaveLength(2);
    expect(double.requests[1]?.audio.length).toBe(RATE * 2 * 0.8);
  });

  it('that is cut once words are final is not repeated', async () => {
    const { double, recognition, interims } = await start({ cutAfter: vendor.greetings + 1 });
    double.script('Greta,|good evening.');
    const hearing = recognition();
    hearing.push(sound(0.2));
    await expect.poll(() => interims, { timeout: 10_000 }).toEqual([['Greta,', true]]);
    const error = await failure(hearing.finish());
    expect(error.message).toContain('the connection ended with 1006');
    expect(error.retryable).toBe(false);
    expect(double.requests).toHaveLength(1);
  });

  it.each([
    ['the key is refused', { repeatKey: true, status: 401 }, /answered 401/, 1],
    ['the vendor wants to be left alone for long', { status: 429, retryAfter: 60 }, /answered 429/, 1],
    ['no handshake is answered', { hang: true }, /not open within 50 ms/, 3],
    ['a message is no JSON', { malformed: true }, /a message is no JSON/, 3],
    ['no transcript comes', { silent: true }, /no transcript within 50 ms/, 3],
    ['the vendor says that it failed', { errorMessage: true }, /the model failed/, 3],
  ] as const)('fails when %s', async (_what, fault, message, tries) => {
    const { double, recognition } = await start(fault, {
      ...('hang' in fault ? { openMs: 50 } : {}),
      ...('silent' in fault ? { finalMs: 50 } : {}),
    });
    const hearing = recognition();
    hearing.push(sound(0.5));
    expect((await failure(hearing.finish())).message).toMatch(message);
    expect(double.requests).toHaveLength(tries);
    // Whoever still speaks does no harm.
    hearing.push(sound(0.1));
  });

  it('is not made with a key that the vendor does not know', async () => {
    const { recognition } = await start({}, {}, 'another');
    expect((await failure(recognition().finish())).status).toBe(401);
  });

  it.each(['cancelled', 'aborted'] as const)('that is %s ends at once', async (how) => {
    const { double, recognition } = await start();
    const owner = new AbortController();
    const hearing = recognition({ signal: owner.signal });
    hearing.push(sound(0.5));
    await expect.poll(() => double.requests[0]?.audio.length, { timeout: 10_000 }).toBe(RATE);
    const at = Date.now();
    if (how === 'cancelled') hearing.cancel();
    else owner.abort(new Error('the session is ending'));
    expect(((await double.requests[0]?.closed) ?? Number.NaN) - at).toBeLessThan(1000);
    const why = how === 'cancelled' ? 'not wanted any more' : 'the session is ending';
    await expect(hearing.finish()).rejects.toThrow(why);
    expect(double.requests).toHaveLength(1);
  });

  it('that is cancelled in its handshake ends at once', async () => {
    const { double, recognition } = await start({ hang: true });
    const hearing = recognition();
    await expect.poll(() => double.requests.length, { timeout: 10_000 }).toBe(1);
    const at = Date.now();
    hearing.cancel();
    expect(((await double.requests[0]?.closed) ?? Number.NaN) - at).toBeLessThan(1000);
  });

  it('keeps a bounded part of what is said while it is not open, the latest, and says how much is lost', async () => {
    const second = RATE * 2;
    const { double, recognition } = await start({ hang: true, times: 1 }, { openMs: 50, mostBytes: second });
    const hearing = recognition();
    const samples = sound(3);
    hearing.push(samples);
    const kept = toBytes(samples.subarray(2 * RATE));
    await expect.poll(() => double.requests[1]?.audio.length, { timeout: 10_000 }).toBe(second);
    expect(Buffer.from(double.requests[1]?.audio ?? []).equals(kept)).toBe(true);
    const error = await failure(hearing.finish());
    expect(error.message).toContain('the first 2000 ms of the utterance are lost');
    expect(error.retryable).toBe(false);
    await double.requests[1]?.closed;
  });

  it('that lasted longer than what is kept is not repeated without its beginning', async () => {
    const { double, recognition } = await start({}, { mostBytes: RATE });
    const hearing = recognition();
    hearing.push(sound(0.2));
    await expect.poll(() => double.requests[0]?.audio.length, { timeout: 10_000 }).toBe(RATE * 0.4);
    hearing.push(sound(1));
    await expect.poll(() => double.requests[0]?.audio.length, { timeout: 10_000 }).toBe(RATE * 2.4);
    await double.stop();
    const error = await failure(hearing.finish());
    expect(error.message).toContain('the connection ended');
    expect(error.retryable).toBe(false);
  });
});

describe('a stream to Deepgram', () => {
  async function start(limits: Partial<RecognitionLimits>, interims: [string, boolean][] = []) {
    const double = new DeepgramDouble();
    open.push(double);
    await double.start();
    const baseUrl = double.baseURL;
    const endpoint: ProviderEndpoint = {
      role: 'stt',
      kind: 'deepgram',
      baseUrl,
      model: 'nova-3',
      apiKey: undefined,
      reach: 'any',
      pricePerUnitUSD: 0,
    };
    const hearing = new DeepgramRecognition(endpoint, { ...recognitionLimits, ...limits }).open({
      names: [],
      language: 'en',
      signal: new AbortController().signal,
      onInterim: (text, stable) => interims.push([text, stable]),
    });
    return { double, hearing };
  }

  it('that nobody speaks into is kept open', async () => {
    const { double, hearing } = await start({ keepAliveMs: 10 });
    await expect
      .poll(() => double.requests[0]?.messages, { timeout: 10_000 })
      .toContainEqual({ type: 'KeepAlive' });
    await hearing.finish();
    expect(double.requests[0]?.messages.at(-1)).toEqual({ type: 'CloseStream' });
  });

  it('has its words stand at a pause, for it may be the end, and takes more afterwards', async () => {
    const interims: [string, boolean][] = [];
    const { double, hearing } = await start({}, interims);
    double.script('Good evening, Greta. How is the ale?');
    hearing.push(sound(0.65));
    await expect.poll(() => interims, { timeout: 10_000 }).toContainEqual(['Good evening, Greta.', false]);
    hearing.pause?.();
    await expect.poll(() => interims, { timeout: 10_000 }).toContainEqual(['Good evening, Greta.', true]);
    // All of it had come by then: also what fills no message.
    expect(double.requests[0]?.audio.length).toBe(0.65 * RATE * 2);
    expect(double.requests[0]?.messages).toContainEqual({ type: 'Finalize' });
    hearing.push(sound(0.5));
    expect(await hearing.finish()).toBe('Good evening, Greta. How is the ale?');
  });
});
