/** One worker under its supervisor, as its pod runs it, and the lines that it wrote. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { GuardedProcess } from '../../hack/process/guarded.ts';
import { waitUntil } from '../../hack/process/wait-until.ts';
import type { WorkerImage } from './image.ts';
import { startPinned } from './pinned.ts';
import { nodeProcessUnder } from './processes.ts';

export interface WorkerRunOptions {
  readonly image: WorkerImage;
  readonly cores: readonly number[];
  /** Has the session's files in `session/`. */
  readonly folder: string;
  readonly gatewayPort: number;
  readonly caFile: string;
}

export type LogLine = Readonly<Record<string, unknown>>;

export class WorkerRun {
  readonly #program: GuardedProcess;

  private constructor(program: GuardedProcess) {
    this.#program = program;
  }

  static async start({ image, folder, ...options }: WorkerRunOptions): Promise<WorkerRun> {
    const session = join(folder, 'session');
    const program = await startPinned('the worker', options.cores, {
      program: image.node,
      arguments: [join(image.app, 'supervisor.js')],
      logFile: join(folder, 'worker.log'),
      deathSignal: 'TERM',
      environment: {
        PATH: process.env.PATH,
        ...image.environment,
        NODE_EXTRA_CA_CERTS: options.caFile,
        SKALD_GATEWAY_ADDRESS: `127.0.0.1:${options.gatewayPort}`,
        SKALD_GATEWAY_SERVER_NAME: 'localhost',
        SKALD_POD_NAME: 'bench-0badcafe-x',
        SKALD_POD_UID: crypto.randomUUID(),
        SKALD_SESSION_DIRECTORY: session,
        SKALD_DATABASE_URL_FILE: join(session, 'database-url'),
        SKALD_TERMINATION_LOG: join(folder, 'termination'),
        SKALD_HEALTH_PORT: '0',
      },
    });
    return new WorkerRun(program);
  }

  check(): void {
    this.#program.check();
  }

  get supervisorPid(): number {
    return this.#program.pid;
  }

  /** The process that does the work. */
  pid(signal: AbortSignal): Promise<number> {
    return waitUntil(() => nodeProcessUnder(this.#program.pid, 'worker.js'), {
      what: "the supervisor's worker process",
      deadlineMs: 60_000,
      signal,
      check: () => this.check(),
    });
  }

  /** Its lines of JSON with this message, oldest first. */
  async lines(message: string): Promise<LogLine[]> {
    const text = await readFile(this.#program.logFile, 'utf8');
    return text.split('\n').flatMap((line) => {
      const parsed = line.includes(message) ? parse(line) : undefined;
      return parsed?.msg === message ? [parsed] : [];
    });
  }

  stop(): Promise<void> {
    return this.#program.stop('SIGTERM', 30_000);
  }
}

/** Undefined when it is no JSON object, or not whole yet. */
function parse(line: string): LogLine | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
