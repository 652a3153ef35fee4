import { cpuMsOf, type Memory, memoryOf } from '../processes.ts';
import type { Stage } from '../stage.ts';
import type { Table } from '../table.ts';
import type { Line } from '../wavs.ts';
import type { Contender, Said } from './contender.ts';
import { Ear } from './sound.ts';

/** Skald's worker at a table of the Discord simulator. */
export class SkaldContender implements Contender {
  readonly #stage: Stage;
  readonly #table: Table;
  readonly #pid: number;

  private constructor(stage: Stage, table: Table, pid: number) {
    this.#stage = stage;
    this.#table = table;
    this.#pid = pid;
  }

  static async open(stage: Stage): Promise<SkaldContender> {
    const table = await stage.table('Alice');
    return new SkaldContender(stage, table, await table.worker.pid(stage.options.signal));
  }

  async say(line: Line): Promise<Said> {
    const { startedAt, lastPacketAt } = await this.#table.listener.say(line.wav);
    return { firstAt: startedAt, lastAt: lastPacketAt };
  }

  speak(text: string): void {
    // An interruption is what the bench wants; its end is seen at the wire.
    this.#table.speak('Greta', text).catch(() => {});
  }

  async sounds(): Promise<number[]> {
    const { listener, botUserId } = this.#table;
    const arrivals = (await listener.heardArrivals(botUserId)).filter(({ silence }) => !silence);
    const packets = await listener.heardPackets(botUserId);
    if (packets.length < arrivals.length) {
      throw new Error(
        `${arrivals.length - packets.length} of ${arrivals.length} packets could not be decrypted`,
      );
    }
    const ear = new Ear();
    for (const [index, opus] of packets.entries()) {
      const arrival = arrivals[index];
      if (arrival !== undefined) ear.hear({ at: arrival.at, opus });
    }
    return ear.sounds;
  }

  now(): Promise<number> {
    return this.#stage.discord.now();
  }

  forget(): Promise<void> {
    return this.#table.listener.forgetHeard();
  }

  cpuMs(): Promise<number> {
    return cpuMsOf(this.#pid);
  }

  memory(): Promise<Memory> {
    return memoryOf(this.#pid);
  }

  close(): Promise<void> {
    return this.#stage.leave(this.#table);
  }
}
