/**
 * PID 1 of a worker pod: keeps one worker process running and passes its end on.
 *
 * A crash costs the people in the channel a second instead of a pod's start. It serves nothing and knows
 * nothing of sessions; the worker starts no processes, so there is one child to wait for and no orphan to
 * reap.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { exitCodes } from '../../src/api/exit-codes.ts';
import { isStuck, messageWithoutResult, nextStep } from './decisions.ts';
import { BEAT_MS, isWorkerMessage } from './messages.ts';

/**
 * A worker makes much garbage and keeps little: new objects in 1 MiB instead of 16, for each of its threads, and one heap of
 * malloc's for all threads. 30 MiB less with four people talking, and the same processor time (`npm run bench -- voice`).
 */
const LEAN = { arguments: ['--max-semi-space-size=1'], environment: { MALLOC_ARENA_MAX: '1' } };
/** How long a worker may take to leave after SIGTERM. The pod's own grace period is longer. */
const LEAVE_MS = 20_000;

/** @returns the exit code of the pod. */
export async function main(signal?: AbortSignal): Promise<number> {
  const supervisor = new Supervisor();
  const stop = (): void => supervisor.stop();
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  signal?.addEventListener('abort', stop, { once: true });
  if (signal?.aborted === true) stop();
  try {
    return await supervisor.run();
  } finally {
    process.off('SIGTERM', stop);
    process.off('SIGINT', stop);
    signal?.removeEventListener('abort', stop);
  }
}

class Supervisor {
  private child: ChildProcess | undefined;
  private stopping = false;
  private failures = 0;
  private result: string | undefined;
  private wake: () => void = () => {};
  private killTimer: NodeJS.Timeout | undefined;

  stop(): void {
    if (this.stopping) return;
    this.stopping = true;
    this.child?.kill('SIGTERM');
    this.killTimer = setTimeout(() => this.child?.kill('SIGKILL'), LEAVE_MS);
    this.wake();
  }

  async run(): Promise<number> {
    for (;;) {
      if (this.stopping) return this.end(exitCodes.Terminated);
      const exit = await this.runWorker();
      const step = nextStep(exit, { stopping: this.stopping, failures: this.failures });
      if (step.type === 'exit') return this.end(step.code);
      this.failures = step.failures;
      log('warn', 'The worker process ended; starting it again', { ...exit, afterMs: step.afterMs });
      await this.pause(step.afterMs);
    }
  }

  private async runWorker(): Promise<{ code: number | null; signal: NodeJS.Signals | null; ranMs: number }> {
    const startedAt = performance.now();
    let beatAt = startedAt;
    const child = spawn(process.execPath, [...process.execArgv, ...LEAN.arguments, workerPath()], {
      env: { ...LEAN.environment, ...process.env },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.child = child;
    child.on('message', (message) => {
      beatAt = performance.now();
      if (isWorkerMessage(message) && message.type === 'result') this.result = message.message;
    });
    const watch = setInterval(() => {
      if (!isStuck(performance.now() - beatAt)) return;
      log('error', 'The worker process is stuck; killing it', {
        silentMs: Math.round(performance.now() - beatAt),
      });
      child.kill('SIGKILL');
    }, BEAT_MS);
    const exit = await new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
      child.once('exit', (code, signal) => resolve({ code, signal }));
      child.once('error', (error) => {
        log('error', 'The worker process cannot be started', { error: error.message });
        resolve({ code: 1, signal: null });
      });
    });
    clearInterval(watch);
    this.child = undefined;
    return { ...exit, ranMs: Math.round(performance.now() - startedAt) };
  }

  private end(code: number): number {
    clearTimeout(this.killTimer);
    const message = this.result ?? messageWithoutResult(code);
    const path = process.env.SKALD_TERMINATION_LOG || '/dev/termination-log';
    if (message !== undefined) {
      try {
        writeFileSync(path, message);
      } catch (error) {
        log('error', 'The termination message cannot be written', { path, error: String(error) });
      }
    }
    return code;
  }

  private async pause(ms: number): Promise<void> {
    if (this.stopping) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** The bundle beside this one; in development the worker's own source. */
function workerPath(): string {
  const path = import.meta.url.endsWith('.ts') ? '../worker.ts' : './worker.js';
  return fileURLToPath(new URL(path, import.meta.url));
}

/** In the form of every other program's lines, without their logger's memory. */
function log(level: string, msg: string, fields: Record<string, unknown>): void {
  console.log(
    JSON.stringify({ level, time: new Date().toISOString(), program: 'supervisor', ...fields, msg }),
  );
}
