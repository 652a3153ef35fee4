import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { lastLines } from './tail.ts';

export interface RunOptions {
  cwd?: string;
  /** All of it. @defaultValue this process's own */
  environment?: NodeJS.ProcessEnv;
  signal?: AbortSignal | undefined;
  /** What an abort and a missed timeout send: SIGTERM to what has to clean up. @defaultValue SIGKILL */
  stopSignal?: 'SIGTERM' | 'SIGKILL';
  /** Called with each line as it is written, on either stream, blank ones left out. */
  onLine?: (line: string) => void;
  /** Written to standard input. */
  input?: string;
  /** Milliseconds after which the program is stopped. @defaultValue none */
  timeoutMs?: number;
  user?: { uid: number; gid: number };
}

/** A program that could not be started or ended with a non-zero status. */
export class RunError extends Error {
  readonly output: string;
  constructor(message: string, output: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'RunError';
    this.output = output;
  }
}

/**
 * Runs a program to its end and returns its standard output.
 * @throws RunError with the last lines of what it printed; the signal's reason when aborted, once the program is gone.
 */
export function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: options.environment ?? process.env,
      killSignal: options.stopSignal ?? 'SIGKILL',
      ...(options.cwd ? { cwd: options.cwd } : {}),
      ...(options.signal ? { signal: options.signal } : {}),
      ...(options.timeoutMs ? { timeout: options.timeoutMs } : {}),
      ...(options.user ? { uid: options.user.uid, gid: options.user.gid } : {}),
    });
    let out = '';
    let all = '';
    const watch = (stream: Readable, keep: (text: string) => void): void => {
      const lines = options.onLine && new Lines(options.onLine);
      stream.setEncoding('utf8').on('data', (text: string) => {
        keep(text);
        lines?.add(text);
      });
      stream.once('end', () => lines?.add('\n'));
    };
    watch(child.stdout, (text) => {
      out += text;
      all += text;
    });
    watch(child.stderr, (text) => {
      all += text;
    });
    const failed = (how: string): RunError => {
      const end = lastLines(all, 15);
      return new RunError(`${[program, ...args].join(' ')} failed (${how})${end ? `:\n${end}` : ''}`, all);
    };
    child.once('error', (cause) => {
      // An aborted program still runs, and may still hold what the caller gives to the next one: see 'exit'.
      if (child.pid === undefined)
        reject(new RunError(`Could not run ${program}: ${cause.message}`, all, { cause }));
    });
    // Not 'close': what the program has started may keep its output open.
    child.once('exit', () => {
      if (options.signal?.aborted) reject(options.signal.reason);
    });
    child.once('close', (code, signal) => {
      if (code === 0) resolve(out);
      else reject(failed(signal ?? `code ${code}`));
    });
    // A program that does not read its input closes the pipe early; its exit status tells what matters.
    child.stdin.on('error', () => {});
    child.stdin.end(options.input ?? '');
  });
}

/** Whether the program can be run with these arguments and is content with them. */
export async function works(program: string, args: readonly string[]): Promise<boolean> {
  return run(program, args).then(
    () => true,
    () => false,
  );
}

/** Makes whole lines of text that comes in pieces. */
class Lines {
  readonly #onLine: (line: string) => void;
  #rest = '';

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  add(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) if (line.trim() !== '') this.#onLine(line);
  }
}
