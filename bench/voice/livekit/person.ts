/** A person in a LiveKit room: bench/peers/livekit/room, driven from here. */
import { z } from 'zod';
import { ContenderProcess } from '../../controller/contender-process.ts';
import { type Room, STARTED_MS } from './room.ts';
import { Ear } from './sound.ts';

const heardSchema = z.object({ at: z.number(), opus: z.base64() });
const saidSchema = z.object({ id: z.string(), times: z.array(z.number()).min(1) });

/** All times are epoch milliseconds of the person's clock, which does not step. */
export class Person {
  readonly #process: ContenderProcess;
  #ear = new Ear();

  private constructor(process: ContenderProcess) {
    this.#process = process;
    process.onEvent((event) => {
      if (event.event !== 'heard') return;
      const { at, opus } = heardSchema.parse(event);
      this.#ear.hear({ at, opus: Buffer.from(opus, 'base64') });
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
    let times: readonly number[] = [];
    const off = this.#process.onEvent((event) => {
      if (event.event === 'said' && event.id === id) times = saidSchema.parse(event).times;
    });
    try {
      const said = this.#process.event('said', signal);
      const encoded = frames.map((frame) => Buffer.from(frame).toString('base64'));
      this.#process.feed(JSON.stringify({ say: id, frames: encoded }));
      await said;
      return times;
    } finally {
      off();
    }
  }

  /** To the agent, as data. */
  send(text: string): void {
    this.#process.feed(JSON.stringify({ send: text }));
  }

  /** When packets with sound came, since `forget`. */
  get sounds(): readonly number[] {
    return this.#ear.sounds;
  }

  forget(): void {
    this.#ear = new Ear();
  }

  leave(): Promise<void> {
    return this.#process.stop();
  }
}
