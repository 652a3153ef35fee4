import opus from '@discordjs/opus';
import type { Arrival, TalkSpurt } from '../api.ts';
import { FRAME_MS, SAMPLES_PER_FRAME, SILENCE_FRAME } from '../voice/rtp.ts';
import type { Sound } from '../wav.ts';
import type { HeardPacket } from './voice-link.ts';

/** A pause this long divides two spurts. */
const SPURT_GAP_MS = 400;
const SAMPLE_RATE = 48_000;

interface Spurt {
  userId: string;
  packets: HeardPacket[];
  lastPacketAt: number;
  highest: number;
  lowest: number;
  undecryptable: number;
}

/** What one person heard: every packet with its arrival, grouped into spurts by speaker. */
export class Recorder {
  #spurts: Spurt[] = [];
  readonly #current = new Map<string, Spurt>();
  readonly #watchers = new Set<() => void>();

  add(packet: HeardPacket): void {
    const silence = packet.opus?.equals(SILENCE_FRAME) ?? false;
    const current = this.#current.get(packet.userId);
    if (current && packet.at - current.lastPacketAt < SPURT_GAP_MS) {
      current.packets.push(packet);
      if (!silence) {
        current.lastPacketAt = packet.at;
        const distance = signed16(packet.sequence - current.highest);
        if (distance > 0) current.highest += distance;
      }
      if (!packet.opus) current.undecryptable += 1;
    } else if (!silence) {
      const spurt: Spurt = {
        userId: packet.userId,
        packets: [packet],
        lastPacketAt: packet.at,
        lowest: packet.sequence,
        highest: packet.sequence,
        undecryptable: packet.opus ? 0 : 1,
      };
      this.#current.set(packet.userId, spurt);
      this.#spurts.push(spurt);
    }
    for (const watcher of [...this.#watchers]) watcher();
  }

  watch(watcher: () => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  spurts(): TalkSpurt[] {
    return this.#spurts.map((spurt) => {
      const sounding = spurt.packets.filter((packet) => !packet.opus?.equals(SILENCE_FRAME));
      const firstPacketAt = spurt.packets[0]?.at ?? spurt.lastPacketAt;
      return {
        userId: spurt.userId,
        firstPacketAt,
        lastPacketAt: spurt.lastPacketAt,
        durationMs: spurt.lastPacketAt - firstPacketAt + FRAME_MS,
        packets: sounding.length,
        ...continuity(spurt),
        undecryptable: spurt.undecryptable,
      };
    });
  }

  /** Opus packets of one speaker in order of arrival, silence frames left out. */
  packets(userId: string): Buffer[] {
    return this.#spurts
      .filter((spurt) => spurt.userId === userId)
      .flatMap((spurt) => spurt.packets.flatMap((packet) => packet.opus ?? []))
      .filter((opus) => !opus.equals(SILENCE_FRAME));
  }

  arrivals(userId: string): Arrival[] {
    return this.#spurts
      .filter((spurt) => spurt.userId === userId)
      .flatMap(({ packets }) => packets)
      .map(({ at, sequence, opus }) => ({ at, sequence, silence: opus?.equals(SILENCE_FRAME) ?? false }));
  }

  /**
   * Everything heard as sound: spurts stand where they arrived, packets within a spurt where their RTP
   * timestamp says. Several speakers are added up.
   *
   * @param startAt monotonic milliseconds that become the first sample; earlier spurts are left out
   */
  render(options: { from?: string; afterMs?: number }): Sound {
    const chosen = this.#spurts.filter(
      (spurt) =>
        (options.from === undefined || spurt.userId === options.from) &&
        (spurt.packets[0]?.at ?? 0) >= (options.afterMs ?? Number.NEGATIVE_INFINITY),
    );
    const first = chosen[0]?.packets[0];
    if (!first) return { sampleRate: SAMPLE_RATE, samples: new Int16Array() };
    const origin = chosen.reduce(
      (earliest, spurt) => Math.min(earliest, spurt.packets[0]?.at ?? earliest),
      first.at,
    );
    const end = chosen.reduce(
      (latest, spurt) => Math.max(latest, spurt.packets.at(-1)?.at ?? latest),
      first.at,
    );
    const total = Math.ceil(((end - origin) / 1000) * SAMPLE_RATE) + SAMPLE_RATE;
    const mixed = new Int32Array(total);
    let length = 0;
    for (const spurt of chosen) length = Math.max(length, mixSpurt(spurt, origin, mixed));
    const samples = Int16Array.from(mixed.subarray(0, length), (value) =>
      Math.max(-32_768, Math.min(32_767, value)),
    );
    return { sampleRate: SAMPLE_RATE, samples };
  }

  clear(): void {
    this.#spurts = [];
    this.#current.clear();
  }
}

/**
 * How far a spurt is from an unbroken stream of frames. A silence frame in the middle counts as what it is: a packet that
 * came.
 */
function continuity({
  packets,
  lowest,
  highest,
}: Spurt): Omit<
  TalkSpurt,
  'userId' | 'firstPacketAt' | 'lastPacketAt' | 'durationMs' | 'packets' | 'undecryptable'
> {
  const within = packets.filter(({ sequence }) => signed16(sequence - (highest & 0xffff)) <= 0);
  const different = new Set(within.map(({ sequence }) => sequence)).size;
  let timestampJumps = 0;
  let longestGapMs = 0;
  for (const [index, packet] of within.entries()) {
    const before = within[index - 1];
    if (before === undefined || signed16(packet.sequence - before.sequence) !== 1) continue;
    if (((packet.timestamp - before.timestamp) | 0) !== SAMPLES_PER_FRAME) timestampJumps += 1;
    longestGapMs = Math.max(longestGapMs, packet.at - before.at);
  }
  return {
    lost: Math.max(0, highest - lowest + 1 - different),
    duplicated: within.length - different,
    timestampJumps,
    longestGapMs,
  };
}

/** Adds a spurt's sound to the mix; returns where it ends, in samples. */
function mixSpurt(spurt: Spurt, origin: number, mixed: Int32Array): number {
  const first = spurt.packets[0];
  if (!first) return 0;
  const decoder = new opus.OpusEncoder(SAMPLE_RATE, 1);
  const start = Math.round(((first.at - origin) / 1000) * SAMPLE_RATE);
  const ordered = [...spurt.packets].sort(
    (a, b) => signed16(a.sequence - first.sequence) - signed16(b.sequence - first.sequence),
  );
  let end = start;
  for (const packet of ordered) {
    if (!packet.opus) continue;
    const pcm = decoder.decode(packet.opus);
    const offset = start + ((packet.timestamp - first.timestamp) | 0);
    for (let index = 0; index < pcm.length / 2; index += 1) {
      const at = offset + index;
      if (at >= 0 && at < mixed.length) mixed[at] = (mixed[at] ?? 0) + pcm.readInt16LE(index * 2);
    }
    end = Math.min(mixed.length, Math.max(end, offset + SAMPLES_PER_FRAME));
  }
  return end;
}

/** Distance between 16-bit sequence numbers, with wrap-around. */
function signed16(distance: number): number {
  return (distance << 16) >> 16;
}
