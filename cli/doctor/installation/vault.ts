// Vault: whether it answers here, whether its roles and policies are as `skald vault setup` makes them, and what the
// Tenants say of it.
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { VaultError } from '../../../src/vault/index.ts';
import { HttpTransport } from '../../../src/vault/transport.ts';
import { Admin } from '../../vault/admin.ts';
import { type Result, SetupConflict, setUp } from '../../vault/apply.ts';
import { adminToken } from '../../vault/credentials.ts';
import { SETUP_DEFAULTS } from '../../vault/defaults.ts';
import { setupOptions, UsageError } from '../../vault/options.ts';
import { type Check, fail, ok, skipped, warn } from '../check.ts';
import { type Installation, variable } from './context.ts';
import { fromTenants } from './tenants.ts';

const ID = 'vault';
const UNSEAL = 'Unseal Vault or bring it back: vault status';

export async function vaultChecks(o: Installation): Promise<Check[]> {
  const { operator, env } = o;
  if (operator === undefined || operator === 'absent')
    return [skipped(ID, 'You may not see the operator, whose settings say whether there is one.')];
  const address = variable(operator, 'SKALD_VAULT_ADDRESS');
  if (address === undefined) return [skipped(ID, 'The installation has none.')];
  const transport = new HttpTransport({
    address: env.VAULT_ADDR ?? address,
    namespace: variable(operator, 'SKALD_VAULT_NAMESPACE') ?? env.VAULT_NAMESPACE,
    caFile: env.VAULT_CACERT,
    timeoutMs: 5_000,
  });
  try {
    const health = await healthCheck(transport, env.VAULT_ADDR ?? address, o.signal);
    return [
      health,
      ...(health.status === 'ok'
        ? [await setupCheck(transport, o, variable(operator, 'SKALD_VAULT_AUTH_MOUNT'))]
        : []),
      ...fromTenants(ID, 'TokenEncrypted', o.tenants),
    ];
  } finally {
    transport.close();
  }
}

async function healthCheck(transport: HttpTransport, address: string, signal: AbortSignal): Promise<Check> {
  try {
    const { status } = await transport.send({ method: 'GET', path: 'sys/health', namespaced: false, signal });
    return judgeHealth(status, address);
  } catch (error) {
    if (!(error instanceof VaultError)) throw error;
    return skipped(
      ID,
      `${address} cannot be reached from here, which says nothing of the cluster.`,
      'Set VAULT_ADDR (and VAULT_CACERT) to where it can be reached from here.',
    );
  }
}

/** As Vault's health endpoint answers. */
export function judgeHealth(status: number, address: string): Check {
  if (status === 200 || status === 429 || status === 473)
    return ok(ID, `Vault at ${address} answers and is unsealed.`);
  if (status === 503) return fail(ID, `Vault at ${address} is sealed.`, UNSEAL);
  if (status === 501) return fail(ID, `Vault at ${address} is not initialised.`, 'vault operator init');
  return warn(ID, `Vault at ${address} answers its health check with ${status}.`, UNSEAL);
}

async function setupCheck(
  transport: HttpTransport,
  { env, systemNamespace, signal }: Installation,
  authMount: string | undefined,
): Promise<Check> {
  const id = 'vault.setup';
  try {
    const around = { env, home: homedir(), readFile: (path: string) => readFile(path, 'utf8') };
    const token = await adminToken(undefined, around);
    const flags = {
      ...SETUP_DEFAULTS,
      systemNamespace,
      ...(authMount === undefined
        ? {}
        : { authMount, authType: authMount === 'jwt' ? 'jwt' : SETUP_DEFAULTS.authType }),
    };
    const results: Result[] = [];
    await setUp(
      new Admin(transport, token, signal),
      await setupOptions(flags, around.readFile),
      true,
      (result) => results.push(result),
    );
    const other = results.filter(({ outcome }) => outcome !== 'unchanged').map(({ what }) => what);
    return other.length === 0
      ? ok(id, 'Engines, keys, policies and roles are as "skald vault setup" makes them.')
      : warn(
          id,
          `Not as "skald vault setup" makes them with its defaults: ${other.join(', ')}.`,
          'See what would change, with the options that you use: skald vault setup --dry-run',
        );
  } catch (error) {
    if (error instanceof UsageError)
      return skipped(
        id,
        'Not looked at: there is no token of an administrator here.',
        'Set VAULT_TOKEN, or run "vault login".',
      );
    if (error instanceof VaultError || error instanceof SetupConflict)
      return warn(
        id,
        `It could not be looked at: ${error.message}`,
        'Use a token that may read policies, mounts and roles.',
      );
    throw error;
  }
}
