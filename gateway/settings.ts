/** Settings of `skald gateway`: environment (SKALD_…) and file, validated at start. */
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { hostname } from 'node:os';
import { z } from 'zod';
import {
  DEFAULT_SYSTEM_NAMESPACE,
  DEFAULT_TRUST_DOMAIN,
  dedicatedPlace,
  type GatewayPlace,
  slotPlace,
} from '../src/api/index.ts';
import {
  ConfigurationError,
  loadSettings,
  readSecretFile,
  type SettingsSource,
} from '../src/settings/index.ts';
import { type DatabaseUrl, urlFromFile } from '../src/store/index.ts';
import { VAULT_ROLES } from '../src/vault/names.ts';
import { type VaultSettings, vaultSettings, vaultSettingsSchema } from '../src/vault/settings.ts';

const slotNumber = z.number().int().min(0).max(99_999);

export const settingsSchema = z.object({
  /** SKALD_SLOT. @defaultValue from the pod's name, skald-gateway-<slot>-0 */
  slot: slotNumber.optional(),
  /** SKALD_DEDICATED_TENANT, _NAMESPACE: this is the tenant's own gateway, in the tenant's namespace; no slot. */
  dedicated: z
    .object({ tenant: z.string().min(1).optional(), namespace: z.string().min(1).optional() })
    .prefault({}),
  /** SKALD_NAMESPACE: where Skald itself runs. */
  namespace: z.string().min(1).default(DEFAULT_SYSTEM_NAMESPACE),
  /** SKALD_POD_NAME */
  podName: z.string().min(1).optional(),
  /** SKALD_DISCORD_API_URL, without the version. */
  discord: z
    .object({ apiUrl: z.url({ protocol: /^https?$/ }).default('https://discord.com/api') })
    .prefault({}),
  /** SKALD_TRUST_DOMAIN */
  trustDomain: z.string().min(1).default(DEFAULT_TRUST_DOMAIN),
  /** SKALD_TLS_DIRECTORY: tls.crt, tls.key, ca.crt */
  tls: z.object({ directory: z.string().min(1).default('/var/run/skald/tls') }).prefault({}),
  grpc: z.object({ port: z.number().int().min(0).max(65_535).default(8443) }).prefault({}),
  /** SKALD_INTERACTIONS_PORT: where Discord's requests arrive. @defaultValue nowhere */
  interactions: z.object({ port: z.number().int().min(0).max(65_535).optional() }).prefault({}),
  health: z.object({ port: z.number().int().min(0).max(65_535).default(8080) }).prefault({}),
  /** SKALD_DATABASE_URL, or SKALD_DATABASE_URL_FILE: for the lock that keeps a bot from connecting twice. */
  database: z
    .object({ url: z.string().min(1).optional(), urlFile: z.string().min(1).optional() })
    .prefault({}),
  /** SKALD_VAULT_…: as each tenant, the gateway logs in with the tenant's own ServiceAccount. */
  vault: vaultSettingsSchema(VAULT_ROLES.bot),
  /** SKALD_VAULT_REFRESH_SECRET_SECONDS: how often a token in Vault is read again. */
  vaultRefresh: z.object({ secretSeconds: z.number().positive().default(60) }).prefault({}),
});

export interface GatewaySettings {
  readonly place: GatewayPlace;
  /** The only tenant that it serves, when it is that tenant's own. */
  readonly tenant: string | undefined;
  readonly systemNamespace: string;
  readonly apiUrl: string;
  readonly trustDomain: string;
  readonly tlsDirectory: string;
  readonly grpcPort: number;
  readonly healthPort: number;
  /** Undefined: interactions over HTTP are another gateway's to receive. */
  readonly interactionsPort: number | undefined;
  /** Secret. */
  readonly databaseUrl: DatabaseUrl | undefined;
  /** Undefined: the installation has none. */
  readonly vault: VaultSettings | undefined;
  /** How often a token in Vault is read again, milliseconds. */
  readonly vaultRefreshMs: number;
}

/** @throws {ConfigurationError} that lists every problem. */
export async function loadGatewaySettings(source: SettingsSource = {}): Promise<GatewaySettings> {
  const settings = await loadSettings(settingsSchema, source);
  const { url, urlFile } = settings.database;
  return {
    ...placeOf(settings),
    systemNamespace: settings.namespace,
    apiUrl: settings.discord.apiUrl,
    trustDomain: settings.trustDomain,
    tlsDirectory: settings.tls.directory,
    grpcPort: settings.grpc.port,
    healthPort: settings.health.port,
    interactionsPort: settings.interactions.port,
    databaseUrl: urlFile === undefined ? url : await followed(urlFile),
    vault: await vaultOf(settings),
    vaultRefreshMs: settings.vaultRefresh.secretSeconds * 1000,
  };
}

/** Read again for each connection: the operator changes the password from time to time. */
async function followed(urlFile: string): Promise<DatabaseUrl> {
  await readSecretFile(urlFile, 'the URL of the database');
  return urlFromFile(urlFile);
}

async function vaultOf({ vault }: z.infer<typeof settingsSchema>): Promise<VaultSettings | undefined> {
  const settings = vaultSettings(vault);
  if (settings?.caFile !== undefined) {
    await access(settings.caFile, constants.R_OK).catch(() => {
      throw new ConfigurationError([`${settings.caFile}: the CA certificates of Vault cannot be read`]);
    });
  }
  return settings;
}

function placeOf({
  slot,
  podName,
  dedicated,
}: z.infer<typeof settingsSchema>): Pick<GatewaySettings, 'place' | 'tenant'> {
  if (dedicated.tenant !== undefined && dedicated.namespace !== undefined) {
    return { place: dedicatedPlace(dedicated.namespace), tenant: dedicated.tenant };
  }
  if (dedicated.tenant !== undefined || dedicated.namespace !== undefined) {
    throw new ConfigurationError(['SKALD_DEDICATED_TENANT and SKALD_DEDICATED_NAMESPACE: give both or none']);
  }
  const number = slot ?? slotFromPodName(podName ?? hostname());
  if (number === undefined) {
    throw new ConfigurationError([
      'SKALD_SLOT: required, because the name of this pod is not skald-gateway-<slot>-0',
    ]);
  }
  return { place: slotPlace(number), tenant: undefined };
}

/** 2 for skald-gateway-2-0, the one pod of the StatefulSet skald-gateway-2. */
export function slotFromPodName(name: string): number | undefined {
  const match = /^skald-gateway-(0|[1-9]\d{0,4})(-0)?$/.exec(name);
  return match?.[1] === undefined ? undefined : Number(match[1]);
}
