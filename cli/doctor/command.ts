import type { Command } from 'commander';
import { addClusterOptions, addOutputOptions, type Run } from '../cluster/options.ts';
import type { DoctorFlags } from './main.ts';

export function addDoctorCommand(program: Command, run: Run, version: string): void {
  const command = program
    .command('doctor [tenant]')
    .description('look for what is amiss with the installation, or with one Tenant and its bot on Discord')
    .option('--token-file <file>', "with a Tenant: the bot's token, where you may not read it in the cluster")
    .option(
      '--discord-api-url <url>',
      "Discord's REST, without the version (default: as the installation has it)",
    );
  addOutputOptions(addClusterOptions(command))
    .addHelpText(
      'after',
      `
Without a Tenant: API server, CRDs, operator and gateways, rights of the identities, database, certificates, Vault, DNS,
Discord, voice, NetworkPolicies, Tenants. With one: its conditions; token, application, servers, slash commands, permissions
in each channel, roles. Each is ok, warn, fail or skipped, with a sentence and what to do; what cannot be seen from here
is skipped, not guessed. Nothing is changed. SKALD_DATABASE_URL_FILE and VAULT_TOKEN let it look at more.

Exit codes: 0 nothing failed, 1 something failed or the cluster could not be read, 2 wrong usage.

Examples:
  skald doctor
  skald doctor demo
  skald doctor demo --token-file ~/demo.token
  skald doctor --json | jq -r '.checks[] | select(.status == "fail") | .fix'`,
    )
    .action((tenant: string | undefined, flags: DoctorFlags) =>
      run(async () => {
        const { doctorMain } = await import('./main.ts');
        return { main: (signal) => doctorMain(tenant, { ...flags, version }, signal) };
      }),
    );
}
