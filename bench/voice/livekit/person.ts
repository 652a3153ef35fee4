/** A person in a LiveKit room: bench/peers/livekit/room, driven from here. */
import { once } from 'node:events';
import { z } from 'zod';
import { type ContenderEvent, ContenderProcess } from '../../controller/contender-process.ts';
import { type Room, STARTED_MS } from './room.ts';

/** One RTP packet as it came. */
export interface Packet {
  /** Epoch milliseconds of the person's clock, which does not step. */
  readonly at: number;
  readonly opus: Uint8Array;
}

const heardSchema = z.object({ at: z.number(), opus: z.base64() });
const saidSchema = z.object({ id: z.string(), times: z.array(z.number()).min(1) });

export class Person {
  readonly #process: ContenderProcess;
  #packets: Packet[] = [];

  private constructor(process: ContenderProcess) {
    this.#process = process;
    process.onEvent((event) => {
      if (event.event !== 'heard') return;
      const { at, opus } = heardSchema.parse(event);
      this.#packets.push({ at, opus: Buffer.from(opus, 'base64') });
    });
  }

  /** Resolves when the agent's track is heard. */
  static async join(
    room: Room,
    { program, cores, signal }: { program: string; cores: readonly number[]; signal: AbortSignal },
  ): Promise<Person> {
    const { url, key, secret, name } = room;
    const args = ['--url', url, '--key', key, '--secret', secret, '--room', name];
    const process = new ContenderProcess('the person', { command: program, args }, cores);
    const person = new Person(process);
    try {
      await process.event('subscribed', AbortSignal.any([signal, AbortSignal.timeout(STARTED_MS)]));
      return person;
    } catch (error) {
      await person.leave();
      throw error;
    }
  }

  /** Sends the frames 20 ms apart. Resolves with the moment at which each of them left. */
  async say(frames: readonly Uint8Array[], signal: AbortSignal): Promise<readonly number[]> {
    const id = crypto.randomUUID();
    const said = new EventTarget();
    let times: readonly number[] = [];
    const off = this.#process.onEvent((event: ContenderEvent) => {
      if (event.event !== 'said' || event.id !== id) return;
      times = saidSchema.parse(event).times;
      said.dispatchEvent(new Event('said'));
    });
    try {
      const done = once(said, 'said', { signal: AbortSignal.any([signal, AbortSignal.timeout(STARTED_MS)]) });
      this.#process.feed(
        JSON.stringify({ say: id, frames: frames.map((frame) => Buffer.from(frame).toString('base64')) }),
      );
      await done;
      return times;
    } finally {
      off();
    }
  }

  /** To the agent, as data. */
  send(text: string): void {
    this.#process.feed(JSON.stringify({ send: text }));
  }

  get packets(): readonly Packet[] {
    return this.#packets;
  }

  forget(): void {
    this.#packets = [];
  }

  leave(): Promise<void> {
    return this.#process.stop();
  }
}
