// Which secrets in Vault a manifest may name: those in the tenant's own part, and there only what is for the purpose.

/** How the installation has laid out Vault. */
export interface VaultLayout {
  /** Mount of the KV engine, version 2. */
  readonly kvMount: string;
  readonly kvPrefix: string;
}

/** Bot tokens and provider keys are apart, because different identities read them. */
export type VaultArea = 'discord' | 'providers';

export type TenantVaultPath =
  /** @property path below the area, e.g. `openai` */
  { readonly ok: true; readonly path: string } | { readonly ok: false; readonly message: string };

const REST = /^[A-Za-z0-9_][A-Za-z0-9_.@-]*(\/[A-Za-z0-9_][A-Za-z0-9_.@-]*)*$/;

/** `secret/data/skald/<namespace>/providers/` */
export function allowedPrefix(
  { kvMount, kvPrefix }: VaultLayout,
  namespace: string,
  area: VaultArea,
): string {
  return `${kvMount}/data/${kvPrefix}/${namespace}/${area}/`;
}

/** @param path as a manifest gives it: as Vault's HTTP API has it, with the mount and `data` */
export function tenantVaultPath(
  path: string,
  layout: VaultLayout,
  namespace: string,
  area: VaultArea,
): TenantVaultPath {
  const prefix = allowedPrefix(layout, namespace, area);
  const rest = path.startsWith(prefix) ? path.slice(prefix.length) : '';
  if (REST.test(rest)) return { ok: true, path: rest };
  return { ok: false, message: `The path ${path} in Vault is not allowed: it must be below ${prefix}` };
}
