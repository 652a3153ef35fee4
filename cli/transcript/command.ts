import { type Command, Option } from 'commander';
import { addClusterOptions, type Run, USAGE } from '../cluster/options.ts';
import type { ListFlags, TranscriptFlags } from './main.ts';

const SOURCE = `
The database is that of SKALD_DATABASE_URL_FILE (or SKALD_DATABASE_URL), as the operator's role or the tenant's own; else
the one whose DSN is in the Secret skald-database of the tenant's namespace, which you must be allowed to read. Where
that address is known in the cluster only, forward a port and give --database-address.`;

export function addTranscriptCommand(program: Command, run: Run): void {
  const transcript = program
    .command('transcript [session]')
    .description('write down what was said in a voice session, also in one that runs')
    .addOption(
      new Option('--format <form>', 'how it is written')
        .choices(['markdown', 'json', 'text'])
        .default('markdown'),
    )
    .option('--output <file>', 'into this file, once it is complete (default: standard output)');
  addSource(transcript)
    .addHelpText(
      'after',
      `${SOURCE}

"skald transcript list" shows which there are. docs/transcripts.md describes the JSON.

Exit codes: 0 written, 1 there is no such transcript or it could not be read, 2 wrong usage.

Examples:
  skald transcript list --tenant demo
  skald transcript friday-4c1f2a8e -n skald-demo > friday.md
  skald transcript friday-4c1f2a8e --tenant demo --format json --output friday.json
  kubectl port-forward service/postgres 5432 & skald transcript friday-4c1f2a8e --database-address localhost:5432`,
    )
    .action((session: string | undefined, flags: TranscriptFlags) =>
      run(async () => {
        const { transcriptMain } = await import('./main.ts');
        return { main: (signal) => transcriptMain(session, flags, signal) };
      }),
    );

  const list = transcript
    .command('list')
    .description('list the sessions that have a transcript, the last first')
    .option('--limit <count>', 'at most so many', '50')
    .option('--json', 'print one JSON object');
  addSource(list)
    .addHelpText(
      'after',
      `${SOURCE}

Examples:
  skald transcript list -n skald-demo
  skald transcript list --tenant demo --limit 5 --json | jq -r '.sessions[].name'`,
    )
    .action((_: unknown, command: Command) =>
      run(async () => {
        const { listMain } = await import('./main.ts');
        // -n and the like may stand before "list", too.
        const flags: ListFlags = command.optsWithGlobals();
        return { main: (signal) => listMain(flags, signal) };
      }),
    );
}

function addSource(command: Command): Command {
  return addClusterOptions(
    command
      .option('-n, --namespace <name>', "of the tenant (default: the kubeconfig's)")
      .option('--tenant <name>', 'whose session it is, instead of the namespace')
      .option('--database-address <host:port>', 'where the database of the Secret can be reached from here'),
  ).exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : USAGE));
}
