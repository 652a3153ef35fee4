/** What the recogniser's double hears next, and what was asked of the doubles since. */
import { writeWav } from '../../../src/audio/wav.ts';
import type { RecordedRequest } from '../../../test/providers/double.ts';
import type { Doubles } from '../doubles.ts';

export class Script {
  readonly #doubles: Doubles;
  /** Requests that were there before the text was given. */
  #before: number;
  #pending = false;

  private constructor(doubles: Doubles, before: number) {
    this.#doubles = doubles;
    this.#before = before;
  }

  static async over(doubles: Doubles): Promise<Script> {
    return new Script(doubles, (await doubles.requests()).length);
  }

  /** Nobody asked for the text before it, if a turn was not heard: then it is taken back first. */
  async next(text: string): Promise<void> {
    const unheard =
      this.#pending && !(await this.requests()).some(({ endpoint }) => endpoint === 'transcriptions');
    if (unheard) await takeText(this.#doubles.baseURL);
    await this.#doubles.script(text);
    this.#before = (await this.#doubles.requests()).length;
    this.#pending = true;
  }

  /** Since the text was given. */
  async requests(): Promise<readonly RecordedRequest[]> {
    return (await this.#doubles.requests()).slice(this.#before);
  }
}

async function takeText(baseURL: string): Promise<void> {
  const form = new FormData();
  form.set('model', 'double-stt');
  form.set('file', new File([new Uint8Array(writeWav(new Int16Array(160), 16_000))], 'nothing.wav'));
  await fetch(`${baseURL}/audio/transcriptions`, { method: 'POST', body: form });
}
