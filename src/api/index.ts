// The API group skald.dev, as the programs use it. Types come from crds/. Nothing here imports a Kubernetes
// client: the worker uses the exit codes.
export * from './command-names.ts';
export * from './conditions.ts';
export * from './exit-codes.ts';
export * from './gateway-place.ts';
export type * from './generated/campaign.ts';
export type * from './generated/shared.ts';
export type * from './generated/tenant.ts';
export type * from './generated/voicesession.ts';
export type { ObjectMeta, OwnerReference } from './metadata.ts';
export * from './names.ts';
export * from './npc-tools.ts';
export * from './phases.ts';
export * from './profiles.ts';
export * from './provider-roles.ts';
export * from './reasons.ts';
export * from './snowflake.ts';

export const GROUP = 'skald.dev';
export const VERSION = 'v1alpha1';
export const API_VERSION = `${GROUP}/${VERSION}` as const;

/** What defineResource() wants, by kind. */
export const kinds = {
  Tenant: { group: GROUP, version: VERSION, plural: 'tenants', kind: 'Tenant', namespaced: false },
  Campaign: { group: GROUP, version: VERSION, plural: 'campaigns', kind: 'Campaign', namespaced: true },
  VoiceSession: {
    group: GROUP,
    version: VERSION,
    plural: 'voicesessions',
    kind: 'VoiceSession',
    namespaced: true,
  },
} as const;

export type Kind = keyof typeof kinds;

export const labels = {
  /** `app.kubernetes.io/managed-by: skald` */
  managedBy: 'app.kubernetes.io/managed-by',
  tenant: 'skald.dev/tenant',
  campaign: 'skald.dev/campaign',
  /** Name of the VoiceSession. */
  session: 'skald.dev/voicesession',
  sessionUid: 'skald.dev/voicesession-uid',
  /** worker | gateway | controller */
  component: 'skald.dev/component',
  /** `"true"` on a warm worker's Job and pod, until a session claims it. */
  warm: 'skald.dev/warm',
  /** `"true"` on a namespace: a Tenant may adopt it. */
  adopt: 'skald.dev/adopt',
} as const;

export const MANAGED_BY = 'skald';

export type Component = 'worker' | 'gateway' | 'controller' | 'database';

export const annotations = {
  /** `discord` on sessions that the gateway created. For people: history asks the API server who wrote what. */
  createdBy: 'skald.dev/created-by',
  /** On sessions that the gateway created: the reference of the interaction that asked for it. */
  correlationId: 'skald.dev/correlation-id',
  /** On a VoiceSession: id of the Discord message, in its text channel, that shows how it is. */
  statusMessage: 'skald.dev/status-message',
  /** On a VoiceSession: `true` when that message shows its end, and is changed no more. */
  statusMessageClosed: 'skald.dev/status-message-closed',
  /** On a warm worker's Job: hash of its pod's specification. A session that needs another one starts cold. */
  workerTemplate: 'skald.dev/worker-template',
  /** On a warm worker's Job: when a session claimed it, RFC 3339. */
  claimedAt: 'skald.dev/claimed-at',
  /** On a worker's Secret, and on a warm worker's Job: when its certificate ends, RFC 3339. */
  certificateExpiry: 'skald.dev/certificate-expiry',
  /** On the Secret skald-ca, by people: `start` replaces the authority, `finish` distrusts the old one as soon as it can. */
  rotateCa: 'skald.dev/rotate-ca',
  /** On a worker's Secret: the number of its certificate, lower-case hexadecimal. */
  certificateSerial: 'skald.dev/certificate-serial',
} as const;

export const finalizers = {
  /** On a VoiceSession, until the bot has left and its Job, Secret and claims are gone. */
  session: 'skald.dev/session',
  /** On a Tenant, until its sessions are drained. */
  tenant: 'skald.dev/tenant',
  /** On a worker's pod, until its result is copied. */
  result: 'skald.dev/result',
} as const;

export const fieldManagers = {
  controller: 'skald-controller',
  gateway: 'skald-gateway',
} as const;

/** The Secret with a tenant's bot token. In a tenant's namespace a gateway reads this one and COMMAND_DATABASE_SECRET. */
export const BOT_TOKEN_SECRET = 'skald-bot-token';

/** The Secret with the DSN of a tenant's workers, in the tenant's namespace. */
export const WORKER_DATABASE_SECRET = 'skald-database';

/** The Secret with a gateway's DSN: the slots' in the system namespace, its own gateway's in a tenant's. */
export const GATEWAY_DATABASE_SECRET = 'skald-gateway-database';

/** The Secret with the DSN by which the gateway that serves a tenant reads its schema, in the tenant's namespace. */
export const COMMAND_DATABASE_SECRET = 'skald-command-database';

/** The Secret in a tenant's namespace with the provider keys that the operator has read from Vault. */
export const PROVIDER_KEYS_SECRET = 'skald-provider-keys';

/** The built-in certificate authority's Secret in the system namespace. */
export const CA_SECRET = 'skald-ca';

/** Whom certificates' holders trust, and did before, in the system namespace. */
export const AUTHORITIES_SECRET = 'skald-authorities';

/** ClusterRoles that the operator binds in a tenant's namespace. */
export const clusterRoles = {
  controllerTenant: 'skald-controller-tenant',
  gatewayToken: 'skald-gateway-token',
  /** Sessions, and the campaigns that they belong to. */
  gateway: 'skald-gateway',
} as const;

/** The ClusterRoleBinding by which gateways of tenants' own read Tenants; the slots have one of the chart's. */
export const TENANT_READERS_BINDING = 'skald-gateway-dedicated';

export const DEFAULT_SYSTEM_NAMESPACE = 'skald-system';
export const DEFAULT_TRUST_DOMAIN = 'skald.local';
