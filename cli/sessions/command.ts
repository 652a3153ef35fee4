import type { Command } from 'commander';
import { addClusterOptions, addOutputOptions, type Run } from '../cluster/options.ts';
import type { SessionsFlags } from './main.ts';

export function addSessionsCommand(program: Command, run: Run): void {
  const command = program
    .command('sessions')
    .description('list voice sessions: phase, since when, answers, response time, spend, reason')
    .option('-n, --namespace <name>', "of a tenant (default: the kubeconfig's, else all)")
    .option('--tenant <name>', 'of this Tenant')
    .option('-A, --all-namespaces', 'of all tenants')
    .option('--all', 'those that are over, too')
    .option('-w, --watch', 'go on and show changes until Ctrl-C; with --json one object each time');
  addOutputOptions(addClusterOptions(command))
    .addHelpText(
      'after',
      `
What needs a look comes first: Degraded, then those on their way, then Active. ANSWERS is known when a session has
ended; "skald why NAME" tells one session's story.

Exit codes: 0 listed, 1 the cluster could not be read, 2 wrong usage.

Examples:
  skald sessions -A
  skald sessions --tenant demo --all
  skald sessions -A --watch
  skald sessions -A --json | jq -r '.sessions[] | select(.phase == "Degraded") | .name'`,
    )
    .action((flags: SessionsFlags) =>
      run(async () => {
        const { sessionsMain } = await import('./main.ts');
        return { main: (signal) => sessionsMain(flags, signal) };
      }),
    );
}
