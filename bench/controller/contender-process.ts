import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { lastLines } from '../../hack/process/tail.ts';
import { type Usage, usageOf } from './process-usage.ts';

export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv | undefined;
}

/** One line of a contender's standard output, such as `{"event":"ready"}`. */
export interface ContenderEvent {
  readonly event: string;
  readonly [field: string]: unknown;
}

/** A contender at work on cores of its own. It ends with this process, however this one ends. */
export class ContenderProcess {
  readonly name: string;
  readonly #child: ChildProcess;
  readonly #pid: number;
  readonly #ended: Promise<void>;
  readonly #listeners = new Set<(event: ContenderEvent) => void>();
  #errors = '';

  constructor(name: string, launch: Launch, cores: readonly number[]) {
    this.name = name;
    // setpriv and taskset become the program: the process id stays.
    const pinned = ['--pdeathsig', 'KILL', 'taskset', '--cpu-list', cores.join(',')];
    this.#child = spawn('setpriv', [...pinned, launch.command, ...launch.args], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, ...launch.env },
      // Ctrl-C reaches the harness alone, which then ends the contender.
      detached: true,
    });
    const { pid, stdin, stdout, stderr } = this.#child;
    if (pid === undefined || !stdin || !stdout || !stderr) throw new Error(`${name} could not be started`);
    this.#pid = pid;
    this.#ended = new Promise((resolve) => this.#child.once('close', () => resolve()));
    this.#child.on('error', () => {});
    stdin.on('error', () => {});
    stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#errors = (this.#errors + text).slice(-20_000);
    });
    createInterface({ input: stdout }).on('line', (line) => this.#take(line));
  }

  /** Resolves with the moment of the event, on the clock of `performance.now()`. Rejects when the program ends. */
  async event(name: string, signal: AbortSignal): Promise<number> {
    let stop = (): void => {};
    const happened = new Promise<number>((resolve, reject) => {
      const abort = (): void => reject(signal.reason);
      signal.addEventListener('abort', abort, { once: true });
      const off = this.onEvent(({ event }) => {
        if (event === name) resolve(performance.now());
      });
      stop = () => {
        off();
        signal.removeEventListener('abort', abort);
      };
      this.#ended.then(() => reject(this.failure()), reject);
    });
    try {
      signal.throwIfAborted();
      return await happened;
    } finally {
      stop();
    }
  }

  onEvent(listener: (event: ContenderEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Null while it runs, and when a signal has ended it. */
  get exitCode(): number | null {
    return this.#child.exitCode;
  }

  /** Why it is not running any more. */
  failure(): Error {
    const how = this.#child.signalCode ?? `code ${this.#child.exitCode}`;
    return new Error(`${this.name} ended by itself (${how}):\n${lastLines(this.#errors, 20)}`);
  }

  /** Writes one line to its standard input. */
  feed(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  usage(): Promise<Usage> {
    if (!this.running) throw this.failure();
    return usageOf(this.#pid);
  }

  /** SIGTERM, SIGKILL after ten seconds. Resolves when it has ended. May be called twice. */
  async stop(): Promise<void> {
    if (this.running) this.#signal('SIGTERM');
    const force = setTimeout(() => this.#signal('SIGKILL'), 10_000);
    await this.#ended;
    clearTimeout(force);
  }

  /** To the whole group: a contender may be a program that has started others. */
  #signal(signal: 'SIGTERM' | 'SIGKILL'): void {
    try {
      process.kill(-this.#pid, signal);
    } catch {
      // It has ended meanwhile.
    }
  }

  #take(line: string): void {
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      return;
    }
    if (isEvent(value)) for (const listener of this.#listeners) listener(value);
  }
}

function isEvent(value: unknown): value is ContenderEvent {
  return typeof value === 'object' && value !== null && 'event' in value && typeof value.event === 'string';
}
