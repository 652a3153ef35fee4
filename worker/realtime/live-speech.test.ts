import { describe, expect, it } from 'vitest';
import type { Judge } from '../npc/moderation/judging.ts';
import type { Playback } from '../transport/pacer.ts';
import { LiveSpeech } from './live-speech.ts';
import type { SpokenPiece } from './speech-to-speech.ts';

/** Plays what it is given when it is told to. */
class ManualPlayback implements Playback {
  sent = 0;
  waiting = 0;
  firstSentAt: number | undefined;
  private readonly outcome = Promise.withResolvers<'played' | 'cut'>();
  readonly ended = this.outcome.promise;
  private ending = false;
  over = false;

  push(): void {
    if (!this.over) this.waiting++;
  }

  end(): void {
    this.ending = true;
    this.play(0);
  }

  cut(): void {
    this.over = true;
    this.waiting = 0;
    this.outcome.resolve('cut');
  }

  play(frames = this.waiting): void {
    const count = Math.min(frames, this.waiting);
    this.sent += count;
    this.waiting -= count;
    if (this.ending && this.waiting === 0 && !this.over) this.outcome.resolve('played');
  }

  hold(): void {}
  resume(): void {}
  async drainedTo(): Promise<void> {}
}

/** Words, each with 100 ms of sound behind it; throws at "fail". */
async function* said(text: string): AsyncGenerator<SpokenPiece, { readonly tokens: number }, undefined> {
  for (const word of text.split(' ')) {
    if (word === 'fail') throw new Error('the model broke off');
    yield { type: 'text', text: `${word} ` };
    yield { type: 'audio', samples: new Float32Array(2400).fill(0.1) };
  }
  return { tokens: 77 };
}

const settle = async (): Promise<void> => {
  for (let n = 0; n < 200; n++) await Promise.resolve();
};

function setUp(judge: Judge = async () => true, waits = false) {
  const playback = new ManualPlayback();
  const abort = new AbortController();
  const speech = new LiveSpeech({ playback, signal: abort.signal, judge, waits });
  return { playback, abort, speech };
}

describe('an answer that comes as sound', () => {
  it('is played as it comes, and was heard in full', async () => {
    const { playback, speech } = setUp();
    const done = speech.speak(said('Good evening. Sit down.'));
    await settle();
    expect(playback.waiting).toBeGreaterThan(18);
    playback.play();
    expect(await done).toBe('played');
    expect(playback.sent).toBe(20);
    expect(speech.heard()).toBe('Good evening. Sit down.');
    expect(speech.heardMs).toBe(Number.POSITIVE_INFINITY);
    expect(speech.tokens).toBe(77);
  });

  it('was heard as far as it was played, by sound and by words', async () => {
    const { playback, speech, abort } = setUp();
    const done = speech.speak(said('one two three four'));
    await settle();
    playback.play(10);
    abort.abort(new Error('barge-in'));
    expect(await done).toBe('cut');
    expect(speech.heard()).toBe('one two…');
    expect(speech.heardMs).toBe(200);
  });

  it('that is cut before it is complete costs what its sound costs', async () => {
    const { speech, abort } = setUp();
    async function* endless(): AsyncGenerator<SpokenPiece, { readonly tokens: number }, undefined> {
      yield { type: 'audio', samples: new Float32Array(24_000) };
      await new Promise((_, reject) =>
        speech.signal.addEventListener('abort', () => reject(speech.signal.reason)),
      );
      return { tokens: 1 };
    }
    const done = speech.speak(endless());
    await settle();
    abort.abort(new Error('barge-in'));
    expect(await done).toBe('cut');
    expect(speech.tokens).toBe(20);
  });

  it('that breaks off is played as far as it came, and says so', async () => {
    const { playback, speech } = setUp();
    const done = speech.speak(said('one two fail'));
    done.catch(() => {});
    await settle();
    playback.play();
    await expect(done).rejects.toThrow('the model broke off');
    expect(playback.sent).toBe(10);
  });
});

describe('an answer that comes as sound, judged', () => {
  const refusing: Judge = async (sentence) => !sentence.includes('secret');

  it('is cut when it says what it must not', async () => {
    const { playback, speech } = setUp(refusing);
    const done = speech.speak(said('A secret word. More.'));
    await settle();
    expect(await done).toBe('cut');
    expect(speech.withheld).toBe(true);
    expect(playback.sent).toBe(0);
    expect(speech.heard()).toBe('');
  });

  it('does not begin before its first sentence is judged, where that is wanted', async () => {
    const judged = Promise.withResolvers<boolean>();
    const { playback, speech } = setUp(() => judged.promise, true);
    const done = speech.speak(said('Good evening. Sit down.'));
    await settle();
    expect(playback.waiting).toBe(0);
    judged.resolve(true);
    await settle();
    playback.play();
    expect(await done).toBe('played');
    expect(playback.sent).toBe(20);
  });

  it('plays nothing of a sentence that is not over when it breaks off', async () => {
    const { playback, speech } = setUp(refusing, true);
    const done = speech.speak(said('one two fail'));
    await expect(done).rejects.toThrow('the model broke off');
    expect(playback.sent + playback.waiting).toBe(0);
  });

  it('is not taken for withheld when somebody cuts it', async () => {
    const { speech, abort } = setUp(async () => !abort.signal.aborted);
    const done = speech.speak(said('one two three.'));
    abort.abort(new Error('barge-in'));
    await done;
    await settle();
    expect(speech.withheld).toBe(false);
  });
});
