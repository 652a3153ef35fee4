import { describe, expect, it } from 'vitest';
import { SILENCE_FRAME } from '../audio/rates.ts';
import { Pacer, type PacerClock } from './pacer.ts';

class FakeClock implements PacerClock {
  time = 0;
  /** Added to every timer: a busy event loop. */
  lag = 0;
  private timers: { at: number; callback: () => void }[] = [];

  now(): number {
    return this.time;
  }

  after(ms: number, callback: () => void): () => void {
    const timer = { at: this.time + ms + this.lag, callback };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((other) => other !== timer);
    };
  }

  run(until: number): void {
    for (;;) {
      const next = this.timers.sort((a, b) => a.at - b.at)[0];
      if (next === undefined || next.at > until) break;
      this.timers.shift();
      this.time = Math.max(this.time, next.at);
      next.callback();
    }
    this.time = Math.max(this.time, until);
  }
}

function setUp() {
  const clock = new FakeClock();
  const log: { at: number; what: string }[] = [];
  const state = { connected: true };
  const pacer = new Pacer(
    {
      send: (packet) => {
        if (!state.connected) return false;
        log.push({ at: clock.time, what: packet === SILENCE_FRAME ? 'silence' : packet.toString() });
        return true;
      },
      setSpeaking: (speaking) => log.push({ at: clock.time, what: speaking ? 'speaking' : 'quiet' }),
    },
    (frame) => Buffer.from(`f${frame[0]}`),
    clock,
  );
  const frames = (from: number, to: number): Int16Array[] =>
    Array.from({ length: to - from }, (_, n) => Int16Array.of(from + n));
  const voice = (): { at: number; what: string }[] => log.filter(({ what }) => what.startsWith('f'));
  return { clock, log, pacer, state, frames, voice };
}

describe('Pacer', () => {
  it('sends the first frame at once and each further one 20 ms after, then five silence frames and quiet', () => {
    const { clock, log, pacer, frames } = setUp();
    const playback = pacer.begin();
    for (const frame of frames(0, 3)) playback.push(frame);
    playback.end();
    clock.run(1000);
    expect(log.map(({ at, what }) => `${at} ${what}`)).toEqual([
      '0 f0',
      '20 f1',
      '40 f2',
      '60 silence',
      '80 silence',
      '100 silence',
      '120 silence',
      '140 silence',
      '140 quiet',
    ]);
  });

  it('does not drift when every timer is late', () => {
    const { clock, pacer, frames, voice } = setUp();
    clock.lag = 3;
    const playback = pacer.begin();
    for (const frame of frames(0, 500)) playback.push(frame);
    clock.run(20_000);
    const last = voice().at(-1);
    expect(last?.at).toBeLessThanOrEqual(499 * 20 + 3);
  });

  it('catches up by at most three packets after a stall and then moves the schedule', () => {
    const { clock, pacer, frames, voice } = setUp();
    const playback = pacer.begin();
    for (const frame of frames(0, 100)) playback.push(frame);
    clock.run(100);
    clock.lag = 500;
    clock.run(140);
    clock.lag = 0;
    clock.run(1200);
    const at = voice().map((entry) => entry.at);
    const counts = new Map<number, number>();
    for (const time of at) counts.set(time, (counts.get(time) ?? 0) + 1);
    expect(Math.max(...counts.values())).toBe(3);
    expect(pacer.latePackets).toBeGreaterThan(0);
    const after = at.slice(-5);
    expect(after.slice(1).map((time, n) => time - (after[n] ?? 0))).toEqual([20, 20, 20, 20]);
  });

  it('cuts at once: no frame of the reply leaves after the cut', async () => {
    const { clock, log, pacer, frames } = setUp();
    const playback = pacer.begin();
    for (const frame of frames(0, 50)) playback.push(frame);
    clock.run(100);
    const before = log.length;
    playback.cut();
    clock.run(1000);
    expect(log.slice(before).map(({ what }) => what)).toEqual([...Array(5).fill('silence'), 'quiet']);
    expect(await playback.ended).toBe('cut');
    expect(playback.sent).toBe(6);
  });

  it('leaks nothing of a cut reply into the next one', () => {
    const { clock, pacer, frames, voice } = setUp();
    const first = pacer.begin();
    for (const frame of frames(0, 50)) first.push(frame);
    clock.run(60);
    first.cut();
    const second = pacer.begin();
    for (const frame of frames(900, 903)) second.push(frame);
    clock.run(1000);
    expect(voice().map(({ what }) => what)).toEqual(['f0', 'f1', 'f2', 'f3', 'f900', 'f901', 'f902']);
  });

  it('fills a pause of the speech engine with five silence frames and goes on when it comes back', () => {
    const { clock, log, pacer, frames } = setUp();
    const playback = pacer.begin();
    for (const frame of frames(0, 2)) playback.push(frame);
    clock.run(1000);
    expect(log.map(({ what }) => what)).toEqual(['f0', 'f1', ...Array(5).fill('silence'), 'quiet']);
    for (const frame of frames(2, 4)) playback.push(frame);
    clock.run(1020);
    expect(log.slice(-2)).toEqual([
      { at: 1000, what: 'f2' },
      { at: 1020, what: 'f3' },
    ]);
  });

  it('is silent while it is held, also at its end, and goes on with the next frame', async () => {
    const { clock, log, pacer, frames } = setUp();
    const playback = pacer.begin();
    for (const frame of frames(0, 4)) playback.push(frame);
    clock.run(30);
    playback.hold();
    playback.end();
    clock.run(1000);
    expect(log.map(({ what }) => what)).toEqual(['f0', 'f1', ...Array(5).fill('silence'), 'quiet']);
    expect(log.at(-1)?.at).toBe(120);
    playback.resume();
    clock.run(1100);
    expect(log.slice(8, 10)).toEqual([
      { at: 1000, what: 'f2' },
      { at: 1020, what: 'f3' },
    ]);
    expect(await playback.ended).toBe('played');
  });

  it('can be cut while it is held', async () => {
    const { clock, pacer, frames, voice } = setUp();
    const playback = pacer.begin();
    for (const frame of frames(0, 4)) playback.push(frame);
    clock.run(30);
    playback.hold();
    clock.run(500);
    playback.cut();
    playback.resume();
    clock.run(1000);
    expect(await playback.ended).toBe('cut');
    expect(voice()).toHaveLength(2);
    expect(() => pacer.begin()).not.toThrow();
  });

  it('keeps frames while the voice connection is away, and gives the reply up after 10 s', async () => {
    const { clock, pacer, frames, state, voice } = setUp();
    const playback = pacer.begin();
    for (const frame of frames(0, 1000)) playback.push(frame);
    clock.run(40);
    state.connected = false;
    clock.run(5000);
    state.connected = true;
    clock.run(5060);
    expect(
      voice()
        .slice(0, 5)
        .map(({ what }) => what),
    ).toEqual(['f0', 'f1', 'f2', 'f3', 'f4']);
    state.connected = false;
    clock.run(20_000);
    expect(await playback.ended).toBe('cut');
  });

  it('says when the first packet went out', () => {
    const { clock, pacer, frames } = setUp();
    let first: number | undefined;
    clock.run(70);
    const playback = pacer.begin((at) => {
      first = at;
    });
    expect(first).toBeUndefined();
    for (const frame of frames(0, 1)) playback.push(frame);
    expect(first).toBe(70);
  });

  it('has one floor', () => {
    const { pacer } = setUp();
    pacer.begin();
    expect(() => pacer.begin()).toThrow('one voice at a time');
  });

  it('ends a reply without any audio', async () => {
    const { pacer, log } = setUp();
    const playback = pacer.begin();
    playback.end();
    expect(await playback.ended).toBe('played');
    expect(log).toEqual([]);
  });

  describe('with a sound under all speech', () => {
    /** 100 alone, 200 and more under speech. */
    const bed = {
      next: (speech?: Int16Array) => Int16Array.of(speech === undefined ? 100 : 200 + (speech[0] ?? 0)),
    };

    it('sends it when nobody speaks, and speech over it in the same rhythm', () => {
      const { clock, log, pacer, frames } = setUp();
      pacer.lay(bed);
      clock.run(30);
      const playback = pacer.begin();
      for (const frame of frames(0, 2)) playback.push(frame);
      playback.end();
      clock.run(100);
      expect(log.map(({ at, what }) => `${at} ${what}`)).toEqual([
        '0 f100',
        '20 f100',
        '40 f200',
        '60 f201',
        '80 f100',
        '100 f100',
      ]);
    });

    it('goes on without a connection, keeping nothing for later, and ends like speech', () => {
      const { clock, log, pacer, state } = setUp();
      pacer.lay(bed);
      state.connected = false;
      clock.run(1000);
      state.connected = true;
      const before = log.length;
      clock.run(1050);
      pacer.lay(undefined);
      clock.run(2000);
      expect(log.slice(before).map(({ what }) => what)).toEqual([
        ...['f100', 'f100', 'silence', 'silence', 'silence', 'silence', 'silence', 'quiet'],
      ]);
    });

    it('speech that is cut leaves it alone', async () => {
      const { clock, pacer, frames, voice } = setUp();
      pacer.lay(bed);
      const playback = pacer.begin();
      for (const frame of frames(0, 100)) playback.push(frame);
      clock.run(100);
      playback.cut();
      clock.run(200);
      expect(await playback.ended).toBe('cut');
      expect(voice().at(-1)?.what).toBe('f100');
    });
  });
});
