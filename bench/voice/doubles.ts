/** The providers' doubles as a program of their own, with fixed delays. */
import { join } from 'node:path';
import type { GuardedProcess } from '../../hack/process/guarded.ts';
import type { RecordedRequest } from '../../test/providers/double.ts';
import type { Endpoint, Faults } from '../../test/providers/faults.ts';
import { startPinned, whenReady } from './pinned.ts';

const ROOT = new URL('../../', import.meta.url).pathname;

/** How long each provider on the way to an answer takes, milliseconds. */
export interface FixedDelays {
  /** From the recording to its text. */
  readonly sttMs: number;
  /** From the prompt to the first token; the others follow at once. */
  readonly firstTokenMs: number;
  /** From the sentence to its first sound. */
  readonly firstSoundMs: number;
}

export const DELAYS: FixedDelays = { sttMs: 150, firstTokenMs: 250, firstSoundMs: 120 };

/** Between two pieces of 20 ms of sound: five times as fast as it is spoken, milliseconds. */
const SOUND_EACH_MS = 4;

export interface DoublesOptions {
  readonly cores: readonly number[];
  readonly folder: string;
  readonly delays: FixedDelays;
  readonly signal: AbortSignal;
}

export class Doubles {
  /** OpenAI's API begins there. */
  readonly baseURL: string;
  readonly #url: string;
  readonly #program: GuardedProcess;

  private constructor(program: GuardedProcess, place: { url: string; baseURL: string }) {
    this.#program = program;
    this.#url = place.url;
    this.baseURL = place.baseURL;
  }

  static async start({ cores, folder, delays, signal }: DoublesOptions): Promise<Doubles> {
    const file = join(folder, 'doubles.json');
    const program = await startPinned("the providers' doubles", cores, {
      program: process.execPath,
      arguments: [join(ROOT, 'test/providers/main.ts'), '--ready-file', file],
      logFile: join(folder, 'doubles.log'),
    });
    try {
      const read = (text: string): { url: string; baseURL: string } => JSON.parse(text);
      const doubles = new Doubles(program, await whenReady(program, { file, read, signal }));
      await doubles.delay(delays);
      return doubles;
    } catch (error) {
      await program.stop();
      throw error;
    }
  }

  /**
   * From the next request on.
   * @param soundEachMs between two pieces of 20 ms of sound. @defaultValue 4, five times as fast as it is spoken
   */
  async delay(
    { sttMs, firstTokenMs, firstSoundMs }: FixedDelays,
    soundEachMs = SOUND_EACH_MS,
  ): Promise<void> {
    const faults: Faults = {
      transcriptions: { firstMs: sttMs },
      chat: { firstMs: firstTokenMs },
      speech: { firstMs: firstSoundMs, eachMs: soundEachMs },
    };
    await this.#post('faults', faults);
  }

  /** What the next recordings are heard as. */
  script(...texts: string[]): Promise<void> {
    return this.#post('transcripts', { texts });
  }

  async requests(): Promise<readonly RecordedRequest[]> {
    const response = await fetch(`${this.#url}/control/requests`);
    const { requests }: { requests: RecordedRequest[] } = JSON.parse(await response.text());
    return requests;
  }

  /** How much longer than it was asked to the double held its answers back, milliseconds, each request on its own. */
  async overshoot({ sttMs, firstTokenMs, firstSoundMs }: FixedDelays): Promise<number[]> {
    const asked: Readonly<Record<Endpoint, number>> = {
      transcriptions: sttMs,
      chat: firstTokenMs,
      speech: firstSoundMs,
    };
    const requests = await this.requests();
    return requests.flatMap(({ endpoint, heldMs }) =>
      heldMs === undefined ? [] : [heldMs - asked[endpoint]],
    );
  }

  stop(): Promise<void> {
    return this.#program.stop('SIGTERM');
  }

  async #post(what: string, body: object): Promise<void> {
    const response = await fetch(`${this.#url}/control/${what}`, {
      method: 'POST',
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`the provider double refused ${what}: ${await response.text()}`);
  }
}
