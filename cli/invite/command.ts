import type { Command } from 'commander';
import { addClusterOptions, addOutputOptions, type Run } from '../cluster/options.ts';
import type { InviteFlags } from './main.ts';

export function addInviteCommand(program: Command, run: Run): void {
  const command = program
    .command('invite <tenant>')
    .description("print the link with which a Discord server takes a Tenant's bot in")
    .option('--guild <id>', 'preselect this server')
    .option('--explain', 'what each permission, scope and intent is for');
  addOutputOptions(addClusterOptions(command))
    .addHelpText(
      'after',
      `
The link asks for exactly the permissions that the gateway uses. Whoever opens it must be allowed to manage the server.

Exit codes: 0 printed, 1 the cluster could not be read or has no such Tenant, 2 wrong usage.

Examples:
  skald invite demo
  skald invite demo --guild 100000000000000002 --explain
  xdg-open "$(skald invite demo)"`,
    )
    .action((tenant: string, flags: InviteFlags) =>
      run(async () => {
        const { inviteMain } = await import('./main.ts');
        return { main: (signal) => inviteMain(tenant, flags, signal) };
      }),
    );
}
