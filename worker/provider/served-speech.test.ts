import { describe, expect, it } from 'vitest';
import { readWav, writeWav } from '../../src/audio/wav.ts';
import type { RecognitionRequest, SpeechToText } from '../stt/speech-to-text.ts';
import type { SpeechRequest, TextToSpeech } from '../tts/text-to-speech.ts';
import { ProviderError } from './retry.ts';
import { anEndpoint, aSecond, aService } from './served.fixtures.ts';
import { ServedSpeechToText } from './served-speech-to-text.ts';
import { ServedTextToSpeech } from './served-text-to-speech.ts';
import { Standby } from './standby.ts';

const signal = new AbortController().signal;

describe('a voice', () => {
  const down = new ProviderError('tts', 'tts: first answered 503', { status: 503 });
  const request: SpeechRequest = { text: 'Well met.', voice: 'greta', speed: 1, pitch: undefined, signal };

  function voices(first: Error | 'works' | 'breaks', kind: 'openai' | 'deepgram' = 'deepgram') {
    const known = aService();
    const said: [who: string, voice: string | undefined][] = [];
    const client = (who: string, how: Error | 'works' | 'breaks'): TextToSpeech => ({
      async *speak({ voice }) {
        said.push([who, voice]);
        if (how instanceof Error) throw how;
        yield new Float32Array(1);
        if (how === 'breaks') throw down;
      },
    });
    const standby = new Standby(
      { endpoint: anEndpoint('tts'), client: client('first', first) },
      { endpoint: { ...aSecond('tts'), kind }, client: client('second', 'works') },
      known.service,
    );
    const tts = new ServedTextToSpeech(standby, known.service);
    const speak = async (): Promise<number> => {
      let pieces = 0;
      for await (const _ of tts.speak(request)) pieces++;
      return pieces;
    };
    return { ...known, said, speak };
  }

  it('counts the characters of what it said', async () => {
    const { speak, used, said } = voices('works');
    expect(await speak()).toBe(1);
    expect(used).toEqual([['first', { ttsCharacters: 9, spendUSD: 9 }]]);
    expect(said).toEqual([['first', 'greta']]);
  });

  it('that fails is stood in for by one of another kind with a voice of its own', async () => {
    const { speak, used, said } = voices(down);
    expect(await speak()).toBe(1);
    expect(used).toEqual([['second', { ttsCharacters: 9, spendUSD: 90 }]]);
    expect(said).toEqual([
      ['first', 'greta'],
      ['second', undefined],
    ]);
  });

  it('that fails is stood in for by one of its kind with the same voice', async () => {
    const { speak, said } = voices(down, 'openai');
    await speak();
    expect(said.at(-1)).toEqual(['second', 'greta']);
  });

  it('that breaks off in the middle of a sentence is not stood in for', async () => {
    const { speak, said } = voices('breaks');
    await expect(speak()).rejects.toBe(down);
    expect(said).toEqual([['first', 'greta']]);
  });
});

describe('a recogniser', () => {
  const down = new ProviderError('stt', 'stt: first broke off', {});
  const request: RecognitionRequest = { names: ['Greta'], language: 'en', signal };
  /** Half a second of one sample's value. */
  const sound = (value: number): Int16Array => new Int16Array(8000).fill(value);

  interface Behaviour {
    readonly transcribe?: Error;
    /** What a stream ends with; absent: it has none. */
    readonly stream?: Error | string;
  }

  function recognisers(first: Behaviour, second?: Behaviour) {
    const known = aService();
    const heard: [who: string, what: string][] = [];
    const client = (who: string, { transcribe, stream }: Behaviour): SpeechToText => ({
      async transcribe({ wav, names }) {
        const { samples } = readWav(wav);
        heard.push([who, `${names}: ${samples.length} samples, ${samples[0]} to ${samples.at(-1)}`]);
        if (transcribe !== undefined) throw transcribe;
        return `${who} understood`;
      },
      ...(stream === undefined
        ? {}
        : {
            open: ({ onInterim }) => ({
              push: () => onInterim?.('well', false),
              finish: async () => {
                if (stream instanceof Error) throw stream;
                return stream;
              },
              cancel: () => heard.push([who, 'cancelled']),
            }),
          }),
    });
    const one = { endpoint: anEndpoint('stt'), client: client('first', first) };
    const other = second && { endpoint: aSecond('stt'), client: client('second', second) };
    const stt = new ServedSpeechToText(new Standby(one, other, known.service), known.service);
    const stream = async (): Promise<string> => {
      const recognition = stt.open?.(request);
      recognition?.push(sound(1));
      recognition?.push(sound(2));
      return (await recognition?.finish()) ?? 'no stream';
    };
    return { ...known, stt, heard, stream };
  }

  it('counts the seconds that it heard', async () => {
    const { stream, used, stt } = recognisers({ stream: 'well met' });
    const interims: string[] = [];
    stt.open?.({ ...request, onInterim: (text) => interims.push(text) }).push(sound(1));
    expect(await stream()).toBe('well met');
    expect(used).toEqual([['first', { sttSeconds: 1, spendUSD: 1 }]]);
    expect(interims).toEqual(['well']);
  });

  it('has streams when its provider has, whatever its fallback can', () => {
    expect(recognisers({}, { stream: 'x' }).stt.open).toBeUndefined();
    expect(recognisers({ stream: 'x' }, {}).stt.open).toBeDefined();
  });

  it('whose stream breaks hands all of what was said to its fallback', async () => {
    const { stream, used, heard, told } = recognisers({ stream: down }, {});
    expect(await stream()).toBe('second understood');
    expect(heard).toEqual([
      ['first', 'cancelled'],
      ['second', 'Greta: 16000 samples, 1 to 2'],
    ]);
    expect(used).toEqual([['second', { sttSeconds: 1, spendUSD: 10 }]]);
    expect(told.at(-1)).toContain('because stt: first broke off');
  });

  it('whose streams keep breaking is left alone, and its fallback hears the whole or a stream', async () => {
    const whole = recognisers({ stream: down }, {});
    for (const _ of 'xxxx') expect(await whole.stream()).toBe('second understood');
    expect(whole.heard.filter(([who]) => who === 'first')).toHaveLength(3);
    const streamed = recognisers({ stream: down }, { stream: 'streamed' });
    for (const _ of 'xxx') await streamed.stream();
    expect(await streamed.stream()).toBe('streamed');
  });

  it('whose stream breaks and that has no fallback says so', async () => {
    await expect(recognisers({ stream: down }).stream()).rejects.toBe(down);
  });

  it('that is cancelled is charged for what it heard, and does not block the next one that tries', async () => {
    const { stt, used, heard, clock, stream } = recognisers({ stream: down }, {});
    for (const _ of 'xxx') await stream();
    clock.now = 15_000;
    const recognition = stt.open?.(request);
    recognition?.push(sound(1));
    recognition?.cancel();
    recognition?.cancel();
    expect(heard.at(-1)).toEqual(['first', 'cancelled']);
    expect(used.at(-1)).toEqual(['first', { sttSeconds: 0.5, spendUSD: 0.5 }]);
    stt.open?.(request).push(sound(1));
    expect(heard.filter(([who]) => who === 'first')).toHaveLength(4);
  });

  it('that fails is stood in for with recordings, too', async () => {
    const { stt, used } = recognisers({ transcribe: down }, {});
    const wav = writeWav(new Int16Array(16_000), 16_000);
    expect(await stt.transcribe({ ...request, wav })).toBe('second understood');
    expect(used).toEqual([['second', { sttSeconds: 1, spendUSD: 10 }]]);
  });
});
