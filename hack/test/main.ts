// `npm test`: every check in one run, one closing line. `npm test -- --help` lists the stages.
import { rm } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { HeldOutput, type Outcome, type Output, runCommandStage, runVitestStage } from './stages.ts';

interface Stage {
  readonly name: string;
  readonly about: string;
  /** Runs at the same time as this stage, which stands before it; what it prints is shown when it is over. */
  readonly beside?: string;
  readonly run: (signal: AbortSignal, output: Output) => Promise<Outcome>;
}

const stages: readonly Stage[] = [
  {
    name: 'setup',
    about: 'build what takes minutes the first time: cluster programs, images, voices',
    run: (signal) => runCommandStage('setup', ['node', 'hack/test/setup.ts'], signal),
  },
  {
    name: 'lint',
    about: 'formatting and lint (Biome)',
    run: (signal) => runCommandStage('lint', ['biome', 'check', '--error-on-warnings', '.'], signal),
  },
  {
    name: 'types',
    about: 'TypeScript, strict',
    run: (signal) => runCommandStage('types', ['tsc', '--noEmit'], signal),
  },
  {
    name: 'generated',
    about: 'generated files are current',
    run: (signal) => runCommandStage('generated', ['node', 'hack/generate/main.ts', '--check'], signal),
  },
  {
    name: 'supply-chain',
    about: 'lockfile, install scripts, licences, pinned versions, Dockerfile',
    run: (signal) => runCommandStage('supply-chain', ['node', 'hack/supply-chain/main.ts'], signal),
  },
  {
    name: 'unit',
    about: 'behaviour of single parts',
    run: (signal, output) => runVitestStage('unit', signal, output),
  },
  {
    name: 'integration',
    about: 'parts against a real API server and PostgreSQL',
    run: (signal, output) => runVitestStage('integration', signal, output),
  },
  {
    name: 'runtime',
    about: 'the controller runtime against faults, and its peers',
    run: (signal, output) => runVitestStage('runtime', signal, output),
  },
  {
    name: 'voice',
    about: 'the worker in conversation, in real time',
    beside: 'runtime',
    run: (signal, output) => runVitestStage('voice', signal, output),
  },
  {
    name: 'rights',
    about: 'what the roles grant was used by the integration tests, or is explained',
    run: (signal) => runCommandStage('rights', ['node', 'hack/rbac/main.ts'], signal),
  },
  {
    name: 'e2e',
    about: 'the whole path on a real node',
    run: (signal, output) => runVitestStage('e2e', signal, output),
  },
];

const help = `Usage: npm test [-- STAGE...]

Runs every stage, or just those named, and closes with one line: N passed, N failed[, N skipped].
A static check counts as one test. Exit status 1 when anything failed.

Stages:
${stages.map((stage) => `  ${stage.name.padEnd(12)} ${stage.about}`).join('\n')}

Examples:
  npm test                    everything, as CI does
  npm test -- lint types unit seconds; no network
  npm test -- e2e             the whole path on a real node
`;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: { help: { type: 'boolean', short: 'h' } },
    allowPositionals: true,
  });
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  const unknown = positionals.filter((name) => !stages.some((stage) => stage.name === name));
  if (unknown.length > 0) {
    process.stderr.write(`Unknown stage: ${unknown.join(', ')}.\n\n${help}`);
    return 2;
  }
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort());

  await rm('dist/test', { recursive: true, force: true });
  const total: Outcome = { passed: 0, failed: 0, skipped: 0, failures: [] };
  const chosen = stages.filter((stage) => positionals.length === 0 || positionals.includes(stage.name));
  const lines: string[] = [];
  const add = (stage: Stage, { outcome, seconds }: Timed): void => {
    total.passed += outcome.passed;
    total.failed += outcome.failed;
    total.skipped += outcome.skipped;
    total.failures.push(...outcome.failures);
    lines.push(
      `${stage.name.padEnd(12)} ${describe(outcome).padEnd(36)} ${seconds.toFixed(1).padStart(7)} s`,
    );
  };
  for (const stage of chosen) {
    if (stop.signal.aborted) break;
    if (chosen.some(({ name }) => name === stage.beside)) continue;
    process.stdout.write(heading(stage));
    const beside = chosen
      .filter((other) => other.beside === stage.name)
      .map((other) => {
        const output = new HeldOutput();
        return { stage: other, output, result: timed(other, stop.signal, output) };
      });
    add(stage, await timed(stage, stop.signal, 'inherit'));
    for (const other of beside) {
      const result = await other.result;
      process.stdout.write(`${heading(other.stage)}${other.output.text}`);
      add(other.stage, result);
    }
  }
  process.stdout.write(`\n${lines.join('\n')}\n`);
  for (const failure of total.failures) process.stdout.write(`failed: ${failure}\n`);
  if (stop.signal.aborted) {
    process.stdout.write('Interrupted.\n');
    return 130;
  }
  process.stdout.write(`${describe(total)}\n`);
  return total.failed > 0 || total.passed === 0 ? 1 : 0;
}

interface Timed {
  readonly outcome: Outcome;
  readonly seconds: number;
}

async function timed(stage: Stage, signal: AbortSignal, output: Output): Promise<Timed> {
  const started = performance.now();
  const outcome = await stage.run(signal, output);
  return { outcome, seconds: (performance.now() - started) / 1000 };
}

function heading({ name, about }: Stage): string {
  return `\n== ${name}: ${about}\n`;
}

function describe({ passed, failed, skipped }: Outcome): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}

process.exitCode = await main();
