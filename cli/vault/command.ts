// The options of `skald vault setup`, apart from what it does, so that other commands do not load it.
import { type Command, Option } from 'commander';
import { SETUP_DEFAULTS } from './defaults.ts';
import type { VaultSetupFlags } from './main.ts';

type Run = (load: () => Promise<{ main: (signal: AbortSignal) => Promise<number> }>) => Promise<void>;

export function addVaultCommands(program: Command, run: Run): void {
  const d = SETUP_DEFAULTS;
  program
    .command('vault')
    .description('prepare HashiCorp Vault for Skald')
    .command('setup')
    .description('make the engines, keys, policies and roles that Skald needs; idempotent')
    .option('--address <url>', 'Vault (default: VAULT_ADDR)')
    .option('--namespace <name>', 'of Vault Enterprise (default: VAULT_NAMESPACE)')
    .option('--ca-file <file>', 'CA certificates to trust for Vault (default: VAULT_CACERT)')
    .option('--token-file <file>', "the administrator's token (default: VAULT_TOKEN, else ~/.vault-token)")
    .addOption(
      new Option('--auth-type <type>', 'how pods log in').choices(['kubernetes', 'jwt']).default(d.authType),
    )
    .option('--auth-mount <path>', 'of the auth method (default: its type)')
    .option('--audience <name>', "of the service accounts' tokens", d.audience)
    .option('--kubernetes-host <url>', 'kubernetes: the API server, as Vault reaches it')
    .option('--kubernetes-ca-file <file>', "kubernetes: the API server's CA")
    .option(
      '--token-reviewer-jwt-file <file>',
      'kubernetes: with which Vault asks it; where Vault runs elsewhere',
    )
    .option('--jwt-public-key <file...>', "jwt: the API server's service-account public keys (repeatable)")
    .option('--jwks-url <url>', "jwt: the API server's JWKS")
    .option('--oidc-discovery-url <url>', "jwt: the API server's issuer, when it is public")
    .option('--issuer-ca-file <file>', 'jwt: CA of the JWKS or discovery URL')
    .option('--transit-mount <path>', 'encryption of bot tokens', d.transitMount)
    .option('--kv-mount <path>', 'secrets, KV version 2', d.kvMount)
    .option('--kv-prefix <path>', 'what is below it is for Skald', d.kvPrefix)
    .option('--pki-mount <path>', 'certificates; for Skald alone', d.pkiMount)
    .option('--trust-domain <name>', 'of the certificates', d.trustDomain)
    .option('--system-namespace <name>', 'where Skald is installed', d.systemNamespace)
    .option('--service-account <name>', "the operator's", d.serviceAccount)
    .option('--gateway-slots <count>', 'sign for these slots only (default: any slot)')
    .option('--tenant-namespace <name...>', 'make the Transit key of this tenant now (repeatable)')
    .option('--print', 'print policies and commands for review; ask nothing of Vault')
    .option('--dry-run', 'read only: what would be done')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      `
What exists is left alone where it is as wanted, changed where it is not, never removed. A path that is in use
by something else is an error, found before anything is written. The token needs an administrator's rights and is
read from the environment or a file only. docs/vault.md has the steps before and after.

Exit codes: 0 done (dry run: nothing to do), 1 refused or in the way, 2 wrong usage, 3 dry run: something to do.

Examples:
  skald vault setup --kubernetes-host https://kubernetes.default.svc
  skald vault setup --dry-run
  skald vault setup --print > vault-setup.sh
  kubectl get --raw /openid/v1/jwks      # the keys for --auth-type jwt
  skald vault setup --auth-type jwt --jwt-public-key sa.pub --trust-domain skald.example --tenant-namespace skald-demo`,
    )
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
    .action((flags: VaultSetupFlags) =>
      run(async () => {
        const { vaultSetupMain } = await import('./main.ts');
        return { main: (signal) => vaultSetupMain(flags, signal) };
      }),
    );
}
