#!/usr/bin/env node
// The executable `skald`: one subcommand per program. Each is imported only when it is asked for.
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { addDoctorCommand } from './doctor/command.ts';
import { addInviteCommand } from './invite/command.ts';
import { addSessionsCommand } from './sessions/command.ts';
import { addTranscriptCommand } from './transcript/command.ts';
import { addVaultCommands } from './vault/command.ts';
import { addWhyCommand } from './why/command.ts';

type Main = (signal: AbortSignal) => Promise<number>;

/** Runs a program until it ends or SIGTERM/SIGINT asks it to; a second signal ends the process at once. */
async function run(load: () => Promise<{ main: Main }>): Promise<void> {
  const stop = new AbortController();
  const onSignal = (name: NodeJS.Signals): void => {
    if (stop.signal.aborted) process.exit(name === 'SIGINT' ? 130 : 143);
    stop.abort(new Error(`${name} received`));
  };
  process.on('SIGTERM', onSignal).on('SIGINT', onSignal);
  const { main } = await load();
  process.exitCode = await main(stop.signal);
}

/** Version of the build; the image carries it beside the bundle, a checkout has package.json. */
function version(): string {
  for (const path of ['./package.json', '../package.json']) {
    try {
      const parsed: unknown = JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'));
      if (parsed && typeof parsed === 'object' && 'version' in parsed) return String(parsed.version);
    } catch {
      // Not here: look in the next place.
    }
  }
  return 'unknown';
}

const program = new Command('skald')
  .description('AI voice characters for tabletop role-playing on Discord, as a Kubernetes operator')
  .version(version())
  .showHelpAfterError()
  .addHelpText(
    'after',
    `
Settings come from SKALD_* environment variables and from the YAML file that SKALD_CONFIG_FILE names;
the environment wins. See docs/operations.md.

Examples:
  skald controller            reconcile Tenants, Campaigns and VoiceSessions
  skald gateway               hold the Discord connections of this slot's tenants
  skald migrate --dry-run     show which database migrations would run
  skald validate -R -f .      check manifests without a cluster
  skald invite demo           the link that invites a Tenant's bot
  skald doctor                what is amiss with the installation; with a Tenant's name, with its bot
  skald sessions -A           what runs
  skald why friday            why a session runs, does not run, or has ended
  skald transcript friday     what was said in it
  skald vault setup --dry-run show what Skald needs in Vault`,
  );

program
  .command('controller')
  .description('run the operator (leader-elected)')
  .action(() => run(() => import('../controller/main.ts')));
program
  .command('gateway')
  .description('run a Discord gateway slot')
  .action(() => run(() => import('../gateway/main.ts')));
program
  .command('migrate')
  .description('bring the database schemas up to date, then exit')
  .option('--tenant <name...>', 'migrate the schema of this tenant too (repeatable)')
  .option('--dry-run', 'name what would run, and change nothing')
  .option('--json', 'print one JSON object')
  .addHelpText(
    'after',
    `
Migrates the shared schema, every tenant's schema that the database knows, and the named tenants'. Safe while the
operator runs, and in many processes at once. SKALD_DATABASE_URL_FILE (or SKALD_DATABASE_URL) names the database as
the operator's own role.

Exit codes: 0 all schemas are current, 1 a migration failed or a schema is of a newer version, 64 wrong settings,
75 the database was not reached, 143 interrupted between two schemas.

Examples:
  skald migrate --dry-run
  SKALD_DATABASE_URL_FILE=/run/secrets/url skald migrate
  skald migrate --tenant demo --json`,
  )
  .action((options: { tenant?: string[]; dryRun?: boolean; json?: boolean }) =>
    run(async () => {
      const { migrateMain } = await import('../src/store/migrate-main.ts');
      return {
        main: (signal) => {
          const { tenant: tenants = [], dryRun = false, json = false } = options;
          return migrateMain({ tenants, dryRun, json, signal });
        },
      };
    }),
  );

program
  .command('validate')
  .description('check manifests of Tenants, Campaigns and VoiceSessions without a cluster')
  .requiredOption('-f, --file <path...>', 'files, folders, or - for the standard input (repeatable)')
  .option('-R, --recursive', 'also what is in the folders of folders')
  .option('--strict', 'what cannot be seen from these files is a problem, too')
  .option('--json', 'print one JSON object')
  .addHelpText(
    'after',
    `
The API server's rules (schema, CEL) and the operator's (references, allowed hosts, conflicts), offline.
YAML and JSON, several documents in a file, Lists; other kinds are not looked at.

Exit codes: 0 all is well, 1 a manifest is wrong, 2 wrong usage or a file that cannot be read.

Examples:
  skald validate -f tenant.yaml -f campaign.yaml
  skald validate -R -f clusters/production --strict
  kustomize build . | skald validate -f - --json`,
  )
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
  .action((options: { file: string[]; recursive?: boolean; strict?: boolean; json?: boolean }) =>
    run(async () => {
      const { validateMain } = await import('./validate/main.ts');
      const { file: files, recursive = false, strict = false, json = false } = options;
      return { main: () => validateMain({ files, recursive, strict, json }) };
    }),
  );

addWhyCommand(program, run);
addSessionsCommand(program, run);
addInviteCommand(program, run);
addDoctorCommand(program, run, version());
addTranscriptCommand(program, run);
addVaultCommands(program, run);

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`skald: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
