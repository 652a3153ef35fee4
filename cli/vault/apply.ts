// Brings Vault to what the plan says, one object after the other, and tells of each what became of it.
import { isFields } from '../../src/vault/decode.ts';
import { VaultError } from '../../src/vault/index.ts';
import type { Admin } from './admin.ts';
import { differences } from './compare.ts';
import type { SetupOptions } from './options.ts';
import { type Item, items, type Mount, mounts, type Setting } from './plan.ts';

export type Outcome = 'created' | 'changed' | 'unchanged';

export interface Result {
  /** `policy skald-bot` */
  readonly what: string;
  readonly outcome: Outcome;
  /** Names of the parameters that were not as wanted. */
  readonly differences?: readonly string[];
}

/** Something is in the way that setup must not remove. */
export class SetupConflict extends Error {
  override readonly name = 'SetupConflict';
}

/** In place of the accessor of an auth mount that is not there yet. */
const NO_ACCESSOR = 'ACCESSOR';

/**
 * Idempotent. What is in the way is found before anything is written.
 *
 * @param dryRun reads only: what would be done
 * @param onResult as it happens: what follows a failure is still known to be there
 * @throws SetupConflict, VaultError
 */
export async function setUp(
  admin: Admin,
  options: SetupOptions,
  dryRun: boolean,
  onResult: (result: Result) => void = () => {},
): Promise<Result[]> {
  const results: Result[] = [];
  const tell = (result: Result) => {
    results.push(result);
    onResult(result);
  };
  const wanted = mounts(options);
  const before = { secrets: await mounted(admin, 'secrets'), auth: await mounted(admin, 'auth') };
  const conflicts = wanted.flatMap((mount) => conflict(mount, before[mount.section]) ?? []);
  if (conflicts.length > 0) throw new SetupConflict(conflicts.join('\n'));
  await requireVerification(admin, options, before.auth.has(options.authMount));

  for (const mount of wanted) {
    const there = before[mount.section].has(mount.path);
    if (!there && !dryRun) await enable(admin, mount);
    tell({ what: describe(mount), outcome: there ? 'unchanged' : 'created' });
  }
  const authMount = dryRun ? before.auth : await mounted(admin, 'auth');
  const accessor = authMount.get(options.authMount)?.accessor ?? NO_ACCESSOR;
  for (const item of items(options, accessor)) tell(await ensure(admin, item, dryRun));
  return results;
}

interface Mounted {
  readonly type: string;
  readonly accessor: string;
  readonly version: string;
}

async function mounted(admin: Admin, section: Mount['section']): Promise<Map<string, Mounted>> {
  const found = new Map<string, Mounted>();
  for (const [path, mount] of Object.entries((await admin.read(pathOf(section))) ?? {})) {
    if (!isFields(mount)) continue;
    const version = isFields(mount.options) ? String(mount.options.version ?? '1') : '1';
    const { type, accessor } = mount;
    found.set(path.replace(/\/$/, ''), { type: String(type), accessor: String(accessor), version });
  }
  return found;
}

function conflict(mount: Mount, there: ReadonlyMap<string, Mounted>): string | undefined {
  const found = there.get(mount.path);
  const flag = mount.section === 'auth' ? '--auth-mount' : `--${mount.type}-mount`;
  if (found && found.type !== mount.type) {
    return `${mount.path}/ is of type ${found.type}, not ${mount.type}: choose another path (${flag}).`;
  }
  if (found && mount.type === 'kv' && found.version !== '2') {
    return `${mount.path}/ is a KV engine of version ${found.version}, and version 2 is needed: choose another path (${flag}), or "vault kv enable-versioning ${mount.path}".`;
  }
  const neighbour = [...there.keys()].find(
    (path) => !found && (`${path}/`.startsWith(`${mount.path}/`) || `${mount.path}/`.startsWith(`${path}/`)),
  );
  if (neighbour !== undefined)
    return `${mount.path}/ and the existing ${neighbour}/ overlap: choose another path (${flag}).`;
  return undefined;
}

async function enable(
  admin: Admin,
  { section, path, type, description, options, config }: Mount,
): Promise<void> {
  await admin.write(`${pathOf(section)}/${path}`, {
    type,
    description,
    ...(options ? { options } : {}),
    ...(config ? { config } : {}),
  });
}

/** A method that knows no keys lets nobody in; better said now than by a pod. */
async function requireVerification(admin: Admin, options: SetupOptions, exists: boolean): Promise<void> {
  if (options.verification.kind !== 'keep') return;
  const path = `auth/${options.authMount}/config`;
  const config = exists ? await admin.read(path).catch(notConfigured) : undefined;
  const set = Object.entries(config ?? {}).some(
    ([name, value]) =>
      /^(kubernetes_host|jwt_validation_pubkeys|jwks_url|oidc_discovery_url|jwks_pairs)$/.test(name) &&
      differences({ value }, {}).length > 0,
  );
  if (set) return;
  throw new SetupConflict(
    options.authType === 'kubernetes'
      ? `The auth method ${options.authMount} does not know the cluster yet: give --kubernetes-host, e.g. https://kubernetes.default.svc when Vault runs in it.`
      : `The auth method ${options.authMount} has no keys yet: give --jwt-public-key, --jwks-url or --oidc-discovery-url.`,
  );
}

/** A jwt method that was never configured answers 400, not 404. */
function notConfigured(error: unknown): undefined {
  if (error instanceof VaultError && (error.kind === 'invalid' || error.kind === 'not-found'))
    return undefined;
  throw error;
}

async function ensure(admin: Admin, item: Item, dryRun: boolean): Promise<Result> {
  const { what, path, parameters } = item;
  if (item.kind === 'once') {
    const found = await admin.read(item.probe.path, item.probe.method).catch(absentIn(dryRun));
    const keys = found?.keys;
    const there =
      found !== undefined && (item.probe.method === 'GET' || (Array.isArray(keys) && keys.length > 0));
    if (!there && !dryRun) await admin.write(path, parameters);
    return { what, outcome: there ? 'unchanged' : 'created' };
  }
  const { secrets = {}, whole = false } = item;
  const found = await admin.read(path).catch(path.endsWith('/config') ? notConfigured : absentIn(dryRun));
  if (found === undefined) {
    if (!dryRun) await admin.write(path, { ...parameters, ...secrets });
    return { what, outcome: 'created' };
  }
  const different = [...differences(parameters, found), ...Object.keys(secrets)];
  if (different.length === 0) return { what, outcome: 'unchanged' };
  if (whole) requireNothingLost(item, found);
  if (!dryRun) await admin.write(path, { ...(whole ? found : {}), ...parameters, ...secrets });
  return { what, outcome: 'changed', differences: different };
}

/** A write of the whole would take away what Vault does not show. */
function requireNothingLost({ what, secrets = {} }: Setting, found: Readonly<Record<string, unknown>>): void {
  if (found.token_reviewer_jwt_set === true && secrets.token_reviewer_jwt === undefined) {
    throw new SetupConflict(
      `The ${what} has a token_reviewer_jwt, which a change would take away: give it by --token-reviewer-jwt-file.`,
    );
  }
  if (differences({ oidc_client_id: found.oidc_client_id }, {}).length > 0) {
    throw new SetupConflict(
      `The ${what} is of an OpenID login for people, whose client secret a change would take away: choose another path (--auth-mount).`,
    );
  }
}

/** In a dry run the engine itself may not be there, which Vault says in its own way. */
function absentIn(dryRun: boolean) {
  return (error: unknown): undefined => {
    if (dryRun && error instanceof VaultError && error.kind === 'not-found') return undefined;
    throw error;
  };
}

function pathOf(section: Mount['section']): string {
  return section === 'auth' ? 'sys/auth' : 'sys/mounts';
}

function describe({ section, path, type }: Mount): string {
  return `${section === 'auth' ? 'auth method' : 'secrets engine'} ${path}/ (${type})`;
}
