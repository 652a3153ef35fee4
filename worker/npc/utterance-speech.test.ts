import { describe, expect, it } from 'vitest';
import type { Playback } from '../transport/pacer.ts';
import type { SpeechRequest, TextToSpeech } from '../tts/text-to-speech.ts';
import { UtteranceSpeech } from './utterance-speech.ts';

/** Takes frames; `play` sends some of them. */
class ManualPlayback implements Playback {
  sent = 0;
  waiting = 0;
  firstSentAt: number | undefined;
  private readonly outcome = Promise.withResolvers<'played' | 'cut'>();
  private waiters: (() => void)[] = [];
  private ending = false;
  readonly ended = this.outcome.promise;

  push(): void {
    this.waiting++;
  }

  end(): void {
    this.ending = true;
    if (this.waiting === 0) this.outcome.resolve('played');
  }

  cut(): void {
    this.waiting = 0;
    this.outcome.resolve('cut');
    for (const wake of this.waiters.splice(0)) wake();
  }

  hold(): void {}

  resume(): void {}

  async drainedTo(frames: number): Promise<void> {
    while (this.waiting > frames) {
      await new Promise<void>((resolve) => {
        this.waiters.push(resolve);
      });
    }
  }

  play(frames = this.waiting): void {
    const count = Math.min(frames, this.waiting);
    this.sent += count;
    this.waiting -= count;
    for (const wake of this.waiters.splice(0)) wake();
    if (this.ending && this.waiting === 0) this.outcome.resolve('played');
  }
}

/** Ten frames a word; fails at the word "fail". */
class WordSpeech implements TextToSpeech {
  readonly asked: string[] = [];

  async *speak({ text }: SpeechRequest): AsyncGenerator<Float32Array, void, undefined> {
    this.asked.push(text);
    for (const word of text.split(' ')) {
      if (word === 'fail') throw new Error('the voice broke');
      yield new Float32Array(960 * 10);
    }
  }
}

async function* sentences(...texts: string[]): AsyncGenerator<string, void, undefined> {
  yield* texts;
}

const settle = async (): Promise<void> => {
  for (let n = 0; n < 50; n++) await Promise.resolve();
};

function setUp() {
  const playback = new ManualPlayback();
  const tts = new WordSpeech();
  const abort = new AbortController();
  const speech = new UtteranceSpeech(playback, tts, { id: 'v', speed: 1, pitch: undefined }, abort.signal);
  return { playback, tts, abort, speech };
}

describe('UtteranceSpeech', () => {
  it('speaks sentence after sentence and has been heard in full', async () => {
    const { playback, speech } = setUp();
    const done = speech.speak(sentences('one two three.', 'four five.'));
    await settle();
    playback.play();
    await settle();
    playback.play();
    await settle();
    playback.play();
    expect(await done).toBe('played');
    expect(speech.heard()).toBe('one two three. four five.');
    expect(speech.characters).toBe('one two three.'.length + 'four five.'.length);
  });

  it('synthesises the next sentence while the first plays, and no further ahead', async () => {
    const { tts, speech, abort } = setUp();
    const done = speech.speak(sentences('one two three.', 'a.', 'b.', 'c.', 'd.'));
    await settle();
    expect(tts.asked.length).toBeGreaterThanOrEqual(2);
    expect(tts.asked.length).toBeLessThanOrEqual(3);
    abort.abort(new Error('enough'));
    await done;
  });

  it('knows which words were heard when it is cut', async () => {
    const { playback, speech, abort } = setUp();
    const done = speech.speak(sentences('one two three four.', 'five six.'));
    await settle();
    playback.play(25);
    abort.abort(new Error('barge-in'));
    expect(await done).toBe('cut');
    expect(speech.heard()).toBe('one two…');
  });

  it('was not heard at all when it is cut before the first packet', async () => {
    const { speech, abort } = setUp();
    const done = speech.speak(sentences('one two.'));
    await settle();
    abort.abort(new Error('barge-in'));
    expect(await done).toBe('cut');
    expect(speech.heard()).toBe('');
  });

  it('finishes the sentence that plays and leaves the others', async () => {
    const { playback, speech } = setUp();
    const done = speech.speak(sentences('one two three.', 'four.', 'five.'));
    await settle();
    speech.finish();
    playback.play();
    await settle();
    playback.play();
    expect(await done).toBe('played');
    expect(speech.heard()).toBe('one two three.');
  });

  it('plays what there is of a sentence whose voice broke, and says so', async () => {
    const { playback, speech } = setUp();
    const done = speech.speak(sentences('one two fail four.'));
    done.catch(() => {});
    await settle();
    playback.play();
    await expect(done).rejects.toThrow('the voice broke');
    expect(playback.sent).toBe(20);
  });

  it('reports a model that failed after its first sentence was spoken', async () => {
    const { playback, speech } = setUp();
    async function* broken(): AsyncGenerator<string, void, undefined> {
      yield 'one two.';
      throw new Error('the model broke');
    }
    const done = speech.speak(broken());
    done.catch(() => {});
    await settle();
    playback.play();
    await expect(done).rejects.toThrow('the model broke');
    expect(speech.heard()).toBe('one two.');
  });

  describe('judged', () => {
    const refusing = (word: string) => async (sentence: string) => !sentence.includes(word);

    it('ends before a sentence that must not be said, and was heard up to there', async () => {
      const { playback, speech } = setUp();
      const done = speech.speak(sentences('one two.', 'a secret.', 'three.'), refusing('secret'), 'no.');
      await settle();
      playback.play();
      await settle();
      playback.play();
      expect(await done).toBe('played');
      expect(speech.heard()).toBe('one two.');
      expect(playback.sent).toBe(20);
    });

    it('says something else when it must not begin', async () => {
      const { playback, speech } = setUp();
      const done = speech.speak(sentences('a secret.', 'three.'), refusing('secret'), 'ask me else.');
      await settle();
      playback.play();
      expect(await done).toBe('played');
      expect(speech.heard()).toBe('ask me else.');
    });

    it('synthesises while it is being judged, and plays nothing before it is', async () => {
      const { playback, speech, tts } = setUp();
      const judged = Promise.withResolvers<boolean>();
      const done = speech.speak(sentences('one two.'), () => judged.promise);
      await settle();
      expect(tts.asked).toEqual(['one two.']);
      expect(playback.waiting).toBe(0);
      judged.resolve(true);
      await settle();
      expect(playback.waiting).toBe(20);
      playback.play();
      expect(await done).toBe('played');
    });
  });
});
