// npm run bench -- NAME [options]: measurements that take too long for `npm test`. Each prints a table for people on
// standard error and, with --json, one JSON line as the last of standard output.
import { benches } from './benches.ts';
import { UsageError } from './usage-error.ts';

const help = `Usage: npm run bench -- NAME [options]

Measures a part of the product. Whoever runs it on a busy machine measures the machine.

Benches:
${Object.entries(benches)
  .map(([name, { about }]) => `  ${name.padEnd(12)} ${about}`)
  .join('\n')}

  npm run bench -- NAME --help shows a bench's options.

Examples:
  npm run bench -- start --json
  npm run bench -- controller --help
`;

async function main([name, ...args]: readonly string[]): Promise<number> {
  if (name === undefined || name === '--help' || name === '-h') {
    process.stdout.write(help);
    return name === undefined ? 2 : 0;
  }
  const entry = Object.hasOwn(benches, name) ? benches[name] : undefined;
  if (!entry) {
    process.stderr.write(`There is no bench "${name}".\n\n${help}`);
    return 2;
  }
  const bench = await entry.load();
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(bench.help);
    return 0;
  }
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => stop.abort(new Error(`received ${signal}`)));
  }
  try {
    return await bench.run(args, stop.signal);
  } catch (error) {
    if (error instanceof UsageError) {
      process.stderr.write(`${error.message}\n\n${bench.help}`);
      return 2;
    }
    if (stop.signal.aborted) {
      process.stderr.write('Interrupted.\n');
      return 130;
    }
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    return 1;
  }
}

process.exitCode = await main(process.argv.slice(2));
