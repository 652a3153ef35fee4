import { z } from 'zod';

/** Where Vault is, who we are there, and where Skald's things lie in it. */
export interface VaultSettings {
  /** https://host:port */
  readonly address: string;
  /** Vault Enterprise and HCP Vault. */
  readonly namespace?: string | undefined;
  /** PEM file of CA certificates to trust instead of the system's. */
  readonly caFile?: string | undefined;
  readonly auth: {
    /** Where an auth method of type `kubernetes` or `jwt` is mounted. */
    readonly mount: string;
    readonly role: string;
    /** Audience of the service accounts' tokens that this program asks for. */
    readonly audience?: string | undefined;
  };
  readonly transitMount: string;
  /** KV version 2. */
  readonly kvMount: string;
  /** Everything that Skald reads is below it. */
  readonly kvPrefix: string;
  readonly pki: { readonly mount: string };
}

/** The audience that `skald vault setup` writes into the roles, and the chart into the projected tokens. */
export const VAULT_AUDIENCE = 'vault';

const mountPath = z
  .string()
  .regex(/^[A-Za-z0-9_.-]+(\/[A-Za-z0-9_.-]+)*$/, 'must be a mount path such as "transit" or "team/transit"');

/**
 * The object `vault` of a program's settings: SKALD_VAULT_ADDRESS, SKALD_VAULT_NAMESPACE, SKALD_VAULT_CA_FILE,
 * SKALD_VAULT_TOKEN_FILE, SKALD_VAULT_AUTH_MOUNT, _ROLE, _AUDIENCE, SKALD_VAULT_TRANSIT_MOUNT, SKALD_VAULT_KV_MOUNT,
 * SKALD_VAULT_KV_PREFIX, SKALD_VAULT_PKI_MOUNT. Without an address Vault is not used.
 *
 * @param role of this program, e.g. `skald-controller`
 */
export const vaultSettingsSchema = (role: string) =>
  z
    .object({
      address: z.url({ protocol: /^https?$/ }).optional(),
      namespace: z.string().min(1).optional(),
      caFile: z.string().min(1).optional(),
      /** The pod's own service-account token with Vault's audience; read again at each login. */
      tokenFile: z.string().min(1).default('/var/run/secrets/skald/vault/token'),
      auth: z
        .object({
          mount: mountPath.default('kubernetes'),
          role: z.string().min(1).default(role),
          audience: z.string().min(1).default(VAULT_AUDIENCE),
        })
        .prefault({}),
      transitMount: mountPath.default('transit'),
      kvMount: mountPath.default('secret'),
      kvPrefix: mountPath.default('skald'),
      pki: z.object({ mount: mountPath.default('skald-pki') }).prefault({}),
    })
    .prefault({});

export type VaultSettingsInput = z.infer<ReturnType<typeof vaultSettingsSchema>>;

/** Undefined when Vault is not configured. */
export function vaultSettings(
  input: VaultSettingsInput,
): (VaultSettings & { tokenFile: string }) | undefined {
  const { address, ...rest } = input;
  return address === undefined ? undefined : { address, ...rest };
}
