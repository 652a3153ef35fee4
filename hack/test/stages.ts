import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';

export interface Outcome {
  passed: number;
  failed: number;
  skipped: number;
}

/** What a stage prints: shown at once, or held until it is asked for. */
export type Output = 'inherit' | HeldOutput;

export class HeldOutput {
  text = '';

  write(chunk: string): void {
    this.text += chunk;
  }
}

/** A static check: one test that passes when the command exits 0. */
export async function runCommandStage(
  name: string,
  command: readonly string[],
  signal: AbortSignal,
): Promise<Outcome> {
  const code = await run(command, signal);
  if (code !== 0) process.stdout.write(`${name}: \`${command.join(' ')}\` exited with ${code}\n`);
  return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 };
}

/**
 * A vitest project. Counts come from its JSON report, so that a file which fails to load counts as a
 * failure, too, and a run that dies without a report is one failure rather than none.
 */
export async function runVitestStage(
  project: string,
  signal: AbortSignal,
  output: Output = 'inherit',
): Promise<Outcome> {
  const report = `dist/test/${project}.json`;
  const code = await run(
    [
      'vitest',
      'run',
      '--project',
      project,
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
    ],
    signal,
    output,
  );
  return countReport(await readFile(report, 'utf8').catch(() => ''), code);
}

/** Counts of a vitest JSON report; `code` is the runner's exit status. */
export function countReport(text: string, code: number): Outcome {
  const report = parse(text);
  if (!report) return { passed: 0, failed: 1, skipped: 0 };
  const passed = count(report, 'numPassedTests');
  const skipped = count(report, 'numPendingTests') + count(report, 'numTodoTests');
  let failed = count(report, 'numFailedTests');
  const files: unknown = report.testResults;
  if (Array.isArray(files)) {
    failed += files.filter(
      (file: { status?: unknown; assertionResults?: unknown }) =>
        file.status === 'failed' &&
        !(
          Array.isArray(file.assertionResults) &&
          file.assertionResults.some((result: { status?: unknown }) => result.status === 'failed')
        ),
    ).length;
  }
  if (failed === 0 && code !== 0) failed = 1;
  return { passed, failed, skipped };
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return value && typeof value === 'object' ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

function count(report: Record<string, unknown>, key: string): number {
  const value = report[key];
  return typeof value === 'number' ? value : 0;
}

function run(
  [program = '', ...args]: readonly string[],
  signal: AbortSignal,
  output: Output = 'inherit',
): Promise<number> {
  return new Promise((resolve, reject) => {
    const stdio = output === 'inherit' ? 'inherit' : 'pipe';
    const child = spawn(program, args, { stdio: ['ignore', stdio, stdio] });
    if (output !== 'inherit') {
      for (const stream of [child.stdout, child.stderr]) {
        stream?.setEncoding('utf8').on('data', (chunk: string) => output.write(chunk));
      }
    }
    const stop = (): void => void child.kill('SIGTERM');
    signal.addEventListener('abort', stop, { once: true });
    child.once('error', reject);
    child.once('close', (code, killedBy) => {
      signal.removeEventListener('abort', stop);
      resolve(code ?? (killedBy ? 128 : 1));
    });
  });
}
