import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';

/** One recognised word; times are seconds from the start of the recording. */
export interface RecognisedWord {
  readonly word: string;
  readonly start: number;
  readonly end: number;
  /** 0..1: how sure the recogniser is of this word among the alternatives it kept. */
  readonly posterior: number;
}

/** The files that the recogniser program works with. */
export interface RecogniserFiles {
  /** The compiled `recogniser.c`. */
  readonly program: string;
  readonly acousticModel: string;
  readonly dictionary: string;
  readonly languageModel: string;
}

/** The recogniser process ended, or was ended, while an answer was awaited. */
export class RecogniserGone extends Error {
  override readonly name = 'RecogniserGone';
}

const SECONDS_PER_FRAME = 0.01;

/** Silence, breath, noise and sentence marks, which the decoder lists among the words. */
const FILLER = /^[<[+]/;

/**
 * One running recogniser program, spoken to in the protocol that `recogniser.c` describes. Requests are answered in
 * the order in which they were sent. The one who opens it closes it.
 */
export class RecogniserProcess {
  private readonly child: ChildProcessByStdio<Writable, Readable, null>;
  private readonly waiting: { resolve: (line: string) => void; reject: (error: Error) => void }[] = [];
  private readonly lines: string[] = [];
  private partial = '';
  private gone: RecogniserGone | undefined;
  /** Settles when the process has ended. */
  readonly ended: Promise<void>;

  private constructor(files: RecogniserFiles) {
    this.child = spawn(files.program, [files.acousticModel, files.dictionary, files.languageModel], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: {},
    });
    this.ended = new Promise((resolve) => {
      this.child.once('error', (error) => {
        this.fail(`could not start ${files.program}: ${error.message}`);
        resolve();
      });
      this.child.once('close', (code, signal) => {
        this.fail(`${files.program} ended with ${signal ?? `status ${code}`}`);
        resolve();
      });
    });
    this.child.stdin.on('error', () => {}); // a broken pipe: 'close' says why
    this.child.stdout.setEncoding('utf8');
    this.child.stdout.on('data', (text: string) => this.receive(text));
  }

  /** Starts the program and waits until its models are loaded (about 300 ms). */
  static async start(files: RecogniserFiles): Promise<RecogniserProcess> {
    const process = new RecogniserProcess(files);
    await process.nextLine();
    return process;
  }

  /** Whether it can still be asked. */
  get alive(): boolean {
    return this.gone === undefined;
  }

  /** Whether the dictionary has the word (lower case). */
  async has(word: string): Promise<boolean> {
    return (await this.ask(`look ${word}\n`)) === 'yes';
  }

  /** Adds a pronunciation to the dictionary; takes effect with the next {@link useModel}. */
  async add(word: string, phones: string): Promise<boolean> {
    return (await this.ask(`add ${word} ${phones}\n`)) === 'yes';
  }

  /** Mixes an ARPA model into the base model, replacing the one mixed in before. */
  async useModel(arpa: string, weight: number): Promise<void> {
    const body = Buffer.from(arpa);
    if ((await this.ask(`model ${weight} ${body.length}\n`, body)) !== 'yes') {
      throw new Error('the recogniser refused the language model that was built from the prompt');
    }
  }

  /** Recognises one recording: 16 kHz, one channel. No words means that nothing was understood. */
  async hear(samples: Int16Array): Promise<RecognisedWord[]> {
    const body = Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
    const [count] = (await this.ask(`hear ${body.length}\n`, body)).split(' ');
    const words: RecognisedWord[] = [];
    for (let index = Number(count); index > 0; index--) {
      const [first = '', last = '', posterior = '', spelled = ''] = (await this.nextLine()).split(' ');
      if (FILLER.test(spelled)) continue;
      words.push({
        word: spelled.replace(/\(\d+\)$/, ''), // the number of an alternative pronunciation
        start: Number(first) * SECONDS_PER_FRAME,
        end: (Number(last) + 1) * SECONDS_PER_FRAME,
        posterior: Math.min(1, Number(posterior)),
      });
    }
    return words;
  }

  /** Ends the process at once; pending requests are rejected with {@link RecogniserGone}. */
  async close(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }

  private ask(head: string, body?: Buffer): Promise<string> {
    this.child.stdin.write(head);
    if (body) this.child.stdin.write(body);
    return this.nextLine();
  }

  private nextLine(): Promise<string> {
    const line = this.lines.shift();
    if (line !== undefined) return Promise.resolve(line);
    if (this.gone) return Promise.reject(this.gone);
    return new Promise((resolve, reject) => this.waiting.push({ resolve, reject }));
  }

  private receive(text: string): void {
    const lines = (this.partial + text).split('\n');
    this.partial = lines.pop() ?? '';
    for (const line of lines) {
      const waiter = this.waiting.shift();
      if (waiter) waiter.resolve(line);
      else this.lines.push(line);
    }
  }

  private fail(what: string): void {
    this.gone ??= new RecogniserGone(what);
    for (const waiter of this.waiting.splice(0)) waiter.reject(this.gone);
  }
}
