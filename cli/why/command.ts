import type { Command } from 'commander';
import { addClusterOptions, addOutputOptions, type Run } from '../cluster/options.ts';
import type { WhyFlags } from './main.ts';

export function addWhyCommand(program: Command, run: Run): void {
  const command = program
    .command('why <session>')
    .description('tell the story of a voice session: why it runs, why it does not, why it ended, what to do')
    .option('-n, --namespace <name>', 'of the session (default: wherever there is one of this name)')
    .option('--tenant <name>', 'whose session it is, instead of the namespace')
    .option('--since <time>', 'only what happened since: 15m, 2h, or 2030-01-02T15:04:05Z');
  addOutputOptions(addClusterOptions(command))
    .addHelpText(
      'after',
      `
Reads the session, its Tenant and Campaign, Job and pods, Events, and the log lines of operator, gateway and worker that
are about it, with the rights that you have; what it may not read it names, and how to get it. With
SKALD_DATABASE_URL_FILE (or SKALD_DATABASE_URL) it also reads the database. It changes nothing. Of a session whose object
is gone it tells what Events and rows still know.

Exit codes: 0 told, 1 nothing is known of such a session or the cluster could not be read, 2 wrong usage.

Examples:
  skald why friday-4c1f2a8e
  skald why skald-demo/friday --since 15m
  kubectl skald why friday -n skald-demo
  skald why friday --tenant demo --json | jq -r .verdict.text`,
    )
    .action((session: string, flags: WhyFlags) =>
      run(async () => {
        const { whyMain } = await import('./main.ts');
        return { main: (signal) => whyMain(session, flags, signal) };
      }),
    );
}
