import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { tail } from './tail.ts';

// Passed as text, because the program's user may not be able to read the checkout.
const guard = readFileSync(new URL('./guard.sh', import.meta.url), 'utf8').replace(/^\s*#.*\n/gm, '');

export interface GuardedOptions {
  /** Absolute path of the program. */
  program: string;
  arguments: readonly string[];
  /** Standard output and error are appended to this file. */
  logFile: string;
  /** The signal that ends the program when the owner dies. @defaultValue SIGKILL */
  deathSignal?: 'KILL' | 'TERM' | 'INT' | 'QUIT';
  /** Removed after the program has ended because its owner died. */
  folder?: string;
  /** The user to run as, when we are root. */
  user?: { uid: number; gid: number };
  environment?: NodeJS.ProcessEnv;
  cwd?: string;
}

/**
 * A child process that cannot outlive this process, not even when this process gets SIGKILL: see guard.sh.
 * It is the leader of its own session, so that Ctrl-C reaches only the owner, which then stops it in order.
 */
export class GuardedProcess {
  readonly name: string;
  readonly pid: number;
  readonly logFile: string;
  readonly #child: ChildProcess;
  readonly #exited: Promise<void>;

  private constructor(name: string, pid: number, logFile: string, child: ChildProcess) {
    this.name = name;
    this.pid = pid;
    this.logFile = logFile;
    this.#child = child;
    this.#exited = new Promise((resolve) => child.once('exit', () => resolve()));
  }

  static async start(name: string, options: GuardedOptions): Promise<GuardedProcess> {
    const log = openSync(options.logFile, 'a', 0o600);
    try {
      const child = spawn(
        '/bin/sh',
        [
          '-c',
          guard,
          'guard.sh',
          options.deathSignal ?? 'KILL',
          options.folder ?? '',
          options.program,
          ...options.arguments,
        ],
        {
          stdio: ['pipe', log, log],
          detached: true,
          env: options.environment ?? process.env,
          ...(options.cwd ? { cwd: options.cwd } : {}),
          ...(options.user ? { uid: options.user.uid, gid: options.user.gid } : {}),
        },
      );
      await once(child, 'spawn');
      if (child.pid === undefined) throw new Error(`${name} has no pid`);
      // An owner that forgets stop() can still exit; the guard then ends the program.
      child.unref();
      const stdin: unknown = child.stdin;
      if (hasUnref(stdin)) stdin.unref();
      return new GuardedProcess(name, child.pid, options.logFile, child);
    } catch (cause) {
      throw new Error(`Could not start ${options.program}`, { cause });
    } finally {
      closeSync(log);
    }
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Throws with the end of its log if the program is not running any more. */
  check(): void {
    if (this.running) return;
    throw new Error(
      `${this.name} exited (${this.#child.signalCode ?? `code ${this.#child.exitCode}`}). The end of ${this.logFile}:\n${tail(this.logFile)}`,
    );
  }

  /** Sends `signal`, then SIGKILL after `graceMs`; resolves when the program has ended. May be called twice. */
  async stop(signal: NodeJS.Signals = 'SIGKILL', graceMs = 10_000): Promise<void> {
    if (!this.running) return;
    this.#child.ref();
    this.#child.kill(signal);
    const force = setTimeout(() => this.#child.kill('SIGKILL'), graceMs);
    await this.#exited;
    clearTimeout(force);
  }
}

function hasUnref(value: unknown): value is { unref(): void } {
  return typeof value === 'object' && value !== null && 'unref' in value && typeof value.unref === 'function';
}
