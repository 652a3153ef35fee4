import { spawn } from 'node:child_process';
import { lastLines } from './tail.ts';

export interface RunOptions {
  cwd?: string;
  environment?: NodeJS.ProcessEnv;
  signal?: AbortSignal | undefined;
  /** Written to standard input. */
  input?: string;
  /** Milliseconds after which the program gets SIGKILL. @defaultValue none */
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
 * @throws RunError with the last lines of what it printed.
 */
export function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: options.environment ?? process.env,
      killSignal: 'SIGKILL',
      ...(options.cwd ? { cwd: options.cwd } : {}),
      ...(options.signal ? { signal: options.signal } : {}),
      ...(options.timeoutMs ? { timeout: options.timeoutMs } : {}),
      ...(options.user ? { uid: options.user.uid, gid: options.user.gid } : {}),
    });
    let out = '';
    let all = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
      all += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      all += text;
    });
    child.once('error', (cause) => {
      if (options.signal?.aborted) reject(options.signal.reason);
      else reject(new RunError(`Could not run ${program}: ${cause.message}`, all, { cause }));
    });
    child.once('close', (code, signal) => {
      if (code === 0) resolve(out);
      else {
        const end = lastLines(all, 15);
        reject(
          new RunError(
            `${[program, ...args].join(' ')} failed (${signal ?? `code ${code}`})${end ? `:\n${end}` : ''}`,
            all,
          ),
        );
      }
    });
    // A program that does not read its input closes the pipe early; its exit status tells what matters.
    child.stdin.on('error', () => {});
    child.stdin.end(options.input ?? '');
  });
}
