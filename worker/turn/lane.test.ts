import { describe, expect, it } from 'vitest';
import { Lane, type LaneEvent, type LaneSettings, laneDefaults, type Utterance } from './lane.ts';

/** Packets are one byte: 'v' carries voice, 'n' noise, anything else does not decode. */
const VOICE = Uint8Array.of(118, 0);
const NOISE = Uint8Array.of(110, 0);
const SILENCE = Uint8Array.of(0xf8, 0xff, 0xfe);
const BAD = Uint8Array.of(0);

class Speaker {
  readonly events: LaneEvent[] = [];
  readonly lane: Lane;
  now = 1000;
  private sequence = 1000;
  private ssrc = 1;

  constructor(
    settings: Partial<LaneSettings> = {},
    probability = async (frame: Float32Array) => ((frame[0] ?? 0) > 0.1 ? 0.9 : 0.05),
  ) {
    this.lane = new Lane(
      { ...laneDefaults, ...settings },
      {
        decode: (packet) => {
          if (packet === BAD) throw new Error('bad');
          return new Int16Array(320).fill(packet === VOICE ? 10_000 : packet === NOISE ? 100 : 0);
        },
        conceal: (packets, next) => new Int16Array(320 * packets).fill(next === VOICE ? 7000 : 70),
        voiceActivity: {
          probability,
          reset: () => {},
        },
        emit: (event) => this.events.push(event),
      },
    );
  }

  async send(packet: Uint8Array, ms: number): Promise<void> {
    for (let sent = 0; sent < ms; sent += 20) {
      this.lane.push(this.sequence++ & 0xffff, this.now, packet, this.ssrc);
      await this.lane.settled();
      this.lane.tick(this.now);
      this.now += 20;
    }
  }

  /** Sends nothing for so long, running the deadlines that fall in it. */
  pause(ms: number): void {
    const end = this.now + ms;
    for (let due = this.lane.deadline(); due !== undefined && due <= end; due = this.lane.deadline()) {
      this.lane.tick(due);
    }
    this.now = end;
  }

  /** Numbers begin anew, a little lower than they were. */
  reconnect(): void {
    this.ssrc++;
    this.sequence -= 100;
  }

  lose(packets: number): void {
    this.sequence += packets;
    this.now += packets * 20;
  }

  get utterances(): Utterance[] {
    return this.events.flatMap((event) => (event.type === 'utterance' ? [event.utterance] : []));
  }
}

describe('Lane', () => {
  it('ends an utterance the endpointing delay after the last packet with voice, though nothing more arrives', async () => {
    const speaker = new Speaker();
    await speaker.send(VOICE, 1000);
    const last = speaker.now - 20;
    speaker.pause(2000);
    expect(speaker.utterances).toHaveLength(1);
    expect(speaker.utterances[0]?.lastPacketAt).toBe(last);
    const endpointed = speaker.utterances[0]?.endpointedAt ?? 0;
    expect(endpointed - last).toBeGreaterThan(500 - 33);
    expect(endpointed - last).toBeLessThanOrEqual(500);
  });

  it('ends it just so when the microphone stays open and sends noise', async () => {
    const speaker = new Speaker();
    await speaker.send(VOICE, 1000);
    const voiceEnded = speaker.now;
    await speaker.send(NOISE, 1000);
    expect(speaker.utterances).toHaveLength(1);
    const [utterance] = speaker.utterances;
    expect((utterance?.endpointedAt ?? 0) - voiceEnded).toBeLessThan(540);
    expect(utterance?.lastPacketAt).toBe(utterance?.lastVoiceAt);
    // About 200 ms of the tail are kept, not all of it.
    expect((utterance?.samples.length ?? 0) / 16).toBeLessThan(1300);
  });

  it('does not count the silence frames that clients send at the end as the last packet', async () => {
    const speaker = new Speaker();
    await speaker.send(VOICE, 600);
    const last = speaker.now - 20;
    await speaker.send(SILENCE, 100);
    speaker.pause(1000);
    expect(speaker.utterances[0]?.lastPacketAt).toBe(last);
  });

  it('does not wait longer because the model still hears voice in the silence frames', async () => {
    const speaker = new Speaker({}, async () => 0.9);
    await speaker.send(VOICE, 600);
    const last = speaker.now - 20;
    await speaker.send(SILENCE, 100);
    speaker.pause(1000);
    const [utterance] = speaker.utterances;
    expect(utterance?.lastVoiceAt).toBe(last);
    expect((utterance?.endpointedAt ?? 0) - last).toBe(500);
  });

  it('keeps a pause shorter than the endpoint inside one utterance, and its length', async () => {
    const speaker = new Speaker();
    await speaker.send(VOICE, 500);
    speaker.pause(300);
    await speaker.send(VOICE, 500);
    speaker.pause(1000);
    expect(speaker.utterances).toHaveLength(1);
    const ms = (speaker.utterances[0]?.samples.length ?? 0) / 16;
    expect(ms).toBeGreaterThan(1250);
    expect(ms).toBeLessThan(1350);
  });

  it('makes two utterances of a pause longer than the endpoint', async () => {
    const speaker = new Speaker();
    await speaker.send(VOICE, 500);
    speaker.pause(700);
    await speaker.send(VOICE, 500);
    speaker.pause(700);
    expect(speaker.utterances).toHaveLength(2);
  });

  it('keeps the first syllable: what came before speech was certain is in the utterance', async () => {
    const speaker = new Speaker();
    await speaker.send(NOISE, 1000);
    await speaker.send(VOICE, 500);
    speaker.pause(1000);
    const samples = speaker.utterances[0]?.samples ?? new Int16Array();
    expect(samples.filter((x) => x === 10_000).length).toBe(500 * 16);
    expect(samples[0]).toBe(100);
  });

  it('takes a click for no speech', async () => {
    const speaker = new Speaker();
    await speaker.send(NOISE, 200);
    await speaker.send(VOICE, 40);
    await speaker.send(NOISE, 1000);
    expect(speaker.events).toEqual([]);
  });

  it('reports continuous voice each 250 ms, and begins to count again after a break', async () => {
    const speaker = new Speaker();
    await speaker.send(VOICE, 600);
    speaker.pause(200);
    await speaker.send(VOICE, 200);
    const voicing = speaker.events.flatMap((e) => (e.type === 'voicing' ? [e.continuousMs] : []));
    expect(voicing).toEqual([256, 512]);
  });

  it('hands on an endless utterance when it reaches the limit, and says that it is not complete', async () => {
    const speaker = new Speaker({ maxUtteranceMs: 1000 });
    await speaker.send(VOICE, 1500);
    expect(speaker.utterances.map((u) => u.complete)).toEqual([false]);
    speaker.pause(1000);
    expect(speaker.utterances.map((u) => u.complete)).toEqual([false, true]);
    const heard = speaker.utterances.reduce((sum, u) => sum + u.samples.length, 0);
    expect(heard).toBeGreaterThanOrEqual(1500 * 16);
  });

  it('fills the place of lost packets by what the next one tells, and counts the ones that do not decode', async () => {
    const speaker = new Speaker();
    await speaker.send(VOICE, 300);
    speaker.lose(2);
    await speaker.send(VOICE, 300);
    await speaker.send(BAD, 20);
    await speaker.send(VOICE, 300);
    speaker.pause(1000);
    const [utterance] = speaker.utterances;
    expect(utterance?.samples.filter((x) => x === 7000).length).toBe(2 * 320);
    expect(utterance?.samples.filter((x) => x === 0).length).toBe(320);
    expect(speaker.lane.concealedPackets).toBe(2);
    expect(speaker.lane.badPackets).toBe(1);
  });

  it('goes on at once with the stream of a speaker who connected anew, whatever its numbers are', async () => {
    const speaker = new Speaker();
    await speaker.send(VOICE, 300);
    speaker.reconnect();
    await speaker.send(VOICE, 300);
    speaker.pause(1000);
    expect(speaker.utterances).toHaveLength(1);
    expect((speaker.utterances[0]?.samples.filter((x) => x === 10_000).length ?? 0) / 16).toBe(600);
    expect(speaker.lane.latePackets).toBe(0);
  });

  it('takes of what is missing across a pause only the packet right before what follows', async () => {
    const speaker = new Speaker();
    await speaker.send(VOICE, 300);
    speaker.lose(4);
    speaker.pause(1000);
    await speaker.send(VOICE, 300);
    speaker.pause(1000);
    const [, second] = speaker.utterances;
    expect(second?.samples.filter((x) => x === 7000).length).toBe(320);
  });

  it('goes on when the model fails', async () => {
    const events: LaneEvent[] = [];
    let fails = true;
    const lane = new Lane(laneDefaults, {
      decode: () => new Int16Array(512).fill(9000),
      conceal: () => new Int16Array(),
      voiceActivity: {
        probability: async () => {
          if (fails) throw new Error('no memory');
          return 0.9;
        },
        reset: () => {},
      },
      emit: (event) => events.push(event),
    });
    lane.push(1, 0, VOICE);
    await lane.settled();
    fails = false;
    for (let n = 2; n < 6; n++) lane.push(n, n * 32, VOICE);
    await lane.settled();
    expect(events.map((e) => e.type)).toEqual(['failed', 'started']);
  });

  describe('while an utterance is spoken', () => {
    const looking = { pauseMs: 200, stream: true, endpointMs: 2000 };
    const kinds = (speaker: Speaker) =>
      speaker.events.map(({ type }) => type).filter((type) => type !== 'voicing');
    const pauses = (speaker: Speaker) => speaker.events.filter((event) => event.type === 'pause');

    it('hands on every sample once, in order, from the pre-roll to the end', async () => {
      const speaker = new Speaker({ ...looking, endpointMs: 500 });
      await speaker.send(NOISE, 200);
      await speaker.send(VOICE, 700);
      speaker.pause(300);
      await speaker.send(VOICE, 400);
      speaker.pause(1000);
      const pieces = speaker.events.flatMap((event) => (event.type === 'audio' ? [...event.samples] : []));
      expect(pieces).toEqual([...(speaker.utterances[0]?.samples ?? [])]);
      expect(kinds(speaker).slice(0, 3)).toEqual(['started', 'audio', 'audio']);
      expect(kinds(speaker).at(-1)).toBe('utterance');
    });

    it('reports a pause with what an utterance would have that ends there, and that the speaker goes on', async () => {
      const speaker = new Speaker(looking);
      await speaker.send(VOICE, 600);
      speaker.pause(300);
      const [pause] = pauses(speaker);
      await speaker.send(VOICE, 100);
      const resumed = speaker.events.find((event) => event.type === 'resumed');
      expect(resumed?.silentMs).toBeGreaterThanOrEqual(300);
      expect(resumed?.silentMs).toBeLessThan(400);
      speaker.pause(3000);
      expect(pauses(speaker).map((event) => event.pause)).toEqual([1, 2]);
      expect(pause?.samples).toHaveLength(600 * 16);
      const [utterance] = speaker.utterances;
      expect(utterance?.pause).toBe(2);
      expect(pauses(speaker)[1]?.samples).toEqual(utterance?.samples);
    });

    it('ends when the pause has lasted as long as it was said to', async () => {
      const speaker = new Speaker(looking);
      await speaker.send(VOICE, 600);
      const last = speaker.now - 20;
      speaker.pause(250);
      speaker.lane.endpoint(1, 400);
      speaker.pause(1000);
      expect((speaker.utterances[0]?.endpointedAt ?? 0) - last).toBeLessThanOrEqual(400);
      expect((speaker.utterances[0]?.endpointedAt ?? 0) - last).toBeGreaterThan(400 - 33);
    });

    it('ends at once when that was known too late, and not for what was said of an earlier pause', async () => {
      const speaker = new Speaker(looking);
      await speaker.send(VOICE, 600);
      speaker.pause(300);
      speaker.lane.endpoint(1, 1000);
      await speaker.send(VOICE, 300);
      speaker.pause(250);
      speaker.lane.endpoint(1, 300);
      speaker.pause(600);
      expect(speaker.utterances).toEqual([]);
      speaker.lane.endpoint(2, 300);
      speaker.lane.tick(speaker.now);
      expect(speaker.utterances[0]?.endpointedAt).toBe(speaker.now);
    });

    it('takes other settings in the middle of a sentence', async () => {
      const speaker = new Speaker();
      await speaker.send(VOICE, 600);
      speaker.lane.settings = { ...laneDefaults, ...looking, endpointMs: 900 };
      await speaker.send(VOICE, 200);
      speaker.pause(800);
      expect([...new Set(kinds(speaker))]).toEqual(['started', 'audio', 'pause']);
      speaker.pause(200);
      expect(speaker.utterances).toHaveLength(1);
      expect(speaker.utterances[0]?.samples).toHaveLength(800 * 16);
    });
  });
});
