import { HANN, resample } from '../../../src/audio/resampler.ts';
import { readWav, toMono } from '../../../src/audio/wav.ts';
import { encodeFrames } from '../../../test/discord/people/speech.ts';
import { cpuMsOf, type Memory, memoryOf } from '../processes.ts';
import type { Line } from '../wavs.ts';
import { Agent, type AgentOptions } from './agent.ts';
import type { Contender, Said } from './contender.ts';
import { Person } from './person.ts';
import { Room } from './room.ts';

export interface LiveKitOptions {
  readonly agent: AgentOptions;
  /** Of LiveKit's server, and of the person. */
  readonly programs: { readonly server: string; readonly person: string };
  /** Of both. */
  readonly cores: readonly number[];
}

/** LiveKit's agent in a room of LiveKit's server. */
export class LiveKitContender implements Contender {
  readonly #parts: { readonly room: Room; readonly agent: Agent; readonly person: Person };
  readonly #signal: AbortSignal;

  private constructor(parts: { room: Room; agent: Agent; person: Person }, signal: AbortSignal) {
    this.#parts = parts;
    this.#signal = signal;
  }

  /** Resolves when the person and the agent hear each other. */
  static async open({ agent: options, programs, cores }: LiveKitOptions): Promise<LiveKitContender> {
    const { signal } = options;
    const opened: (() => Promise<void>)[] = [];
    try {
      const room = await Room.open(programs.server, cores, signal);
      opened.unshift(() => room.close());
      const agent = await Agent.start(room, options);
      opened.unshift(() => agent.stop());
      const person = await Person.join(room, { program: programs.person, cores, signal });
      opened.unshift(() => person.leave());
      await agent.inSession(signal);
      return new LiveKitContender({ room, agent, person }, signal);
    } catch (error) {
      for (const close of opened) await close();
      throw error;
    }
  }

  async say(line: Line): Promise<Said> {
    const times = await this.#parts.person.say(framesOf(line), this.#signal);
    const [firstAt, lastAt] = [times[0], times.at(-1)];
    if (firstAt === undefined || lastAt === undefined) throw new Error('nothing was said');
    return { firstAt, lastAt };
  }

  speak(text: string): void {
    this.#parts.person.send(text);
  }

  async sounds(): Promise<number[]> {
    return [...this.#parts.person.sounds];
  }

  async now(): Promise<number> {
    // The person's clock is this machine's; it is asked for rough moments only.
    return Date.now();
  }

  async forget(): Promise<void> {
    this.#parts.person.forget();
  }

  cpuMs(): Promise<number> {
    return cpuMsOf(this.#parts.agent.job);
  }

  memory(): Promise<Memory> {
    return memoryOf(this.#parts.agent.job);
  }

  async close(): Promise<void> {
    const { room, agent, person } = this.#parts;
    await person.leave();
    await agent.stop();
    await room.close();
  }
}

/** The very frames that a person of the Discord simulator sends. */
function framesOf({ wav }: Line): Uint8Array[] {
  const pcm = readWav(wav);
  return [...encodeFrames(resample(toMono(pcm), pcm.rate, 48_000, HANN))].map(({ opus }) => opus);
}
