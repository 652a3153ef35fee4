/** The suite's side of protocol.ts: a runtime under test as a child process. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { lastLines } from '../../../hack/process/tail.ts';
import {
  environment,
  type FromRuntime,
  type Reconciled,
  type SeenObject,
  type ToRuntime,
} from './protocol.ts';

/** How long a runtime may take to answer "dump", milliseconds. */
const dumpLimitMs = 2_000;
const longestLog = 64 * 1024;

export class RuntimeProcess {
  /** The last reconcile of each key. */
  readonly reconciled: Map<string, Reconciled> = new Map();
  /** How many reconciles there were. */
  reconciles = 0;
  isReady = false;
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #dumps: ((objects: readonly SeenObject[] | null) => void)[] = [];
  #log = '';
  #stopping = false;

  constructor(
    main: string,
    options: {
      kubeconfig: string;
      namespace: string;
      silenceLimitMs?: number | undefined;
      leaderElection?: boolean | undefined;
    },
  ) {
    this.#child = spawn(process.execPath, [main], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: {
        PATH: process.env.PATH,
        HOME: process.env.HOME,
        KUBECONFIG: options.kubeconfig,
        [environment.namespace]: options.namespace,
        ...(options.silenceLimitMs === undefined
          ? {}
          : { [environment.silenceLimitMs]: String(options.silenceLimitMs) }),
        ...(options.leaderElection ? { [environment.leaderElection]: '1' } : {}),
      },
    });
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#receive(line));
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => this.#keep(text));
    this.#child.stdin.on('error', () => {});
    this.#child.on('error', (error) => this.#keep(error.message));
  }

  /** Why it ended without being asked to, with what it said last; undefined while it runs. */
  get crash(): string | undefined {
    const { exitCode, signalCode } = this.#child;
    if (this.#stopping || (exitCode === null && signalCode === null)) return undefined;
    const said = firstError(this.#log);
    return `process ended, ${signalCode ?? `code ${exitCode}`}${said ? `: ${said}` : ''}`;
  }

  /** The end of what it wrote besides the protocol. */
  get log(): string {
    return lastLines(this.#log, 20);
  }

  /** The cache, null if it has none; undefined if there was no answer. */
  async dump(): Promise<readonly SeenObject[] | null | undefined> {
    const answer = new Promise<readonly SeenObject[] | null>((resolve) => this.#dumps.push(resolve));
    this.#send({ ask: 'dump' });
    const limit = new AbortController();
    const none = Promise.race([
      delay(dumpLimitMs, undefined, { signal: limit.signal }),
      once(this.#child, 'exit', { signal: limit.signal }),
    ]).then(
      () => undefined,
      () => undefined,
    );
    try {
      return await Promise.race([answer, this.crash ? undefined : none]);
    } finally {
      limit.abort();
    }
  }

  jumpClock(jumpMs: number): void {
    this.#send({ clockJumpMs: jumpMs });
  }

  /** Ends it; not a crash. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#stopping = true;
    const exited = once(this.#child, 'exit');
    this.#child.stdin.end();
    const force = setTimeout(() => this.#child.kill('SIGKILL'), 2_000);
    await exited;
    clearTimeout(force);
  }

  #send(message: ToRuntime): void {
    if (this.#child.stdin.writable) this.#child.stdin.write(`${JSON.stringify(message)}\n`);
  }

  #receive(line: string): void {
    const message = parse(line);
    if (message === undefined) this.#keep(`${line}\n`);
    else if ('ready' in message) this.isReady = true;
    else if ('dump' in message) this.#dumps.shift()?.(message.dump);
    else {
      this.reconciles += 1;
      this.reconciled.set(message.reconciled.key, message.reconciled);
    }
  }

  #keep(text: string): void {
    this.#log = (this.#log + text).slice(-longestLog);
  }
}

function parse(line: string): FromRuntime | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const value: unknown = JSON.parse(line);
    return isMessage(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isMessage(value: unknown): value is FromRuntime {
  return (
    typeof value === 'object' &&
    value !== null &&
    ('ready' in value || 'reconciled' in value || 'dump' in value)
  );
}

/** The line that most likely says why. */
function firstError(log: string): string {
  const lines = log.split('\n').map((line) => line.trim());
  const line =
    lines.find((one) => /^\w*Error\b.*:/.test(one)) ??
    lines.find((one) => /error|failed|invalid/i.test(one)) ??
    lines.findLast(Boolean) ??
    '';
  return line.slice(0, 200);
}
