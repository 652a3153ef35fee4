import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { relative } from 'node:path';
import { z } from 'zod';

export interface Outcome {
  passed: number;
  failed: number;
  skipped: number;
  /** A line for each failure: shown again at the end, where a log that was cut off still has it. */
  failures: string[];
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
  const failures = code === 0 ? [] : [`${name}: exit ${code}`];
  return { passed: 1 - failures.length, failed: failures.length, skipped: 0, failures };
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
  if (!report) {
    return { passed: 0, failed: 1, skipped: 0, failures: [`the runner died without a report: exit ${code}`] };
  }
  const failures = report.testResults.flatMap(failuresOf);
  if (failures.length === 0 && code !== 0) failures.push(`no test failed, but the runner: exit ${code}`);
  return {
    passed: report.numPassedTests,
    failed: failures.length,
    skipped: report.numPendingTests + report.numTodoTests,
    failures,
  };
}

function failuresOf({ name, status, message, assertionResults }: FileResult): string[] {
  const file = relative(process.cwd(), name);
  const tests = assertionResults
    .filter((test) => test.status === 'failed')
    .map(({ fullName, failureMessages }) => `${file}: ${fullName}: ${firstLine(failureMessages[0])}`);
  // The report has no word of a hook that failed.
  const why = firstLine(message) || 'failed before or after its tests, see above';
  return status === 'failed' && tests.length === 0 ? [`${file}: ${why}`] : tests;
}

function firstLine(message = ''): string {
  return message.split('\n', 1)[0]?.slice(0, 300) ?? '';
}

const Report = z.object({
  numPassedTests: z.number(),
  numPendingTests: z.number().default(0),
  numTodoTests: z.number().default(0),
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      message: z.string().default(''),
      assertionResults: z.array(
        z.object({
          fullName: z.string(),
          status: z.string(),
          failureMessages: z.array(z.string()).default([]),
        }),
      ),
    }),
  ),
});
type FileResult = z.infer<typeof Report>['testResults'][number];

function parse(text: string): z.infer<typeof Report> | undefined {
  try {
    return Report.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
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
