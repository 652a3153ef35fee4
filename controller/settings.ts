import { z } from 'zod';
import { DEFAULT_SYSTEM_NAMESPACE, DEFAULT_TRUST_DOMAIN } from '../src/api/index.ts';
import { ConfigurationError, loadSettings, type SettingsSource } from '../src/settings/index.ts';
import { VAULT_ROLES, vaultSettingsSchema } from '../src/vault/index.ts';
import { certificateProblems, certificateSettings } from './certificates/settings.ts';
import { networkPolicySettings } from './tenant/network-settings.ts';
import { quotaSettings } from './tenant/quota-settings.ts';

const quantities = z.record(z.string(), z.union([z.string(), z.number()]).transform(String));

const resources = z.object({
  requests: quantities.default({}),
  limits: quantities.default({}),
});

const sidecar = (cpu: string, memory: string, limit: string) =>
  z
    .object({
      image: z.string().min(1).optional(),
      resources: resources.prefault({ requests: { cpu, memory }, limits: { memory: limit } }),
    })
    .prefault({});

/**
 * Settings of `skald controller`. A field's variable is its path: `worker.image` is `SKALD_WORKER_IMAGE`,
 * `gateway.slots` is `SKALD_GATEWAY_SLOTS` (src/settings).
 */
export const settingsSchema = z.object({
  /** The operator's own namespace: claims, the certificate authority, the gateways' certificates. */
  namespace: z.string().min(1).default(DEFAULT_SYSTEM_NAMESPACE),
  /** This pod: identity in the leader election. */
  podName: z.string().min(1).default('skald-controller'),
  trustDomain: z.string().min(1).default(DEFAULT_TRUST_DOMAIN),
  /** Name of the operator's own ServiceAccount, which it binds in tenants' namespaces. */
  serviceAccount: z.string().min(1).default('skald-controller'),
  /** What the operator may do outside its own namespace (ADR 0022). */
  rbac: z
    .object({
      /** `restricted`: it makes no namespaces and no RoleBindings, and reads Tenants only in the whole cluster. */
      mode: z.enum(['cluster', 'restricted']).default('cluster'),
      /** With `restricted`: the Tenants that are served. Without `slot` the tenant has a gateway of its own. */
      tenants: z
        .array(
          z.strictObject({
            name: z.string().min(1),
            namespace: z.string().min(1),
            slot: z.number().int().min(0).optional(),
          }),
        )
        .default([]),
    })
    .prefault({}),
  leaderElection: z.boolean().default(true),
  /** `/livez`, `/readyz`, `/metrics`. */
  healthPort: z.number().int().min(0).max(65_535).default(8080),
  gateway: z
    .object({
      /** How many gateways there are: skald-gateway-0 to skald-gateway-<slots - 1>. */
      slots: z.number().int().min(0).max(1000).default(1),
      /** Where workers and the operator reach one; `{gateway}` and `{namespace}` are filled in. */
      addressTemplate: z.string().default('{gateway}.{namespace}.svc:8443'),
      certificateSeconds: z
        .number()
        .int()
        .min(3600)
        .default(30 * 24 * 3600),
      /** Gateways of tenants' own (topology `dedicated`); their image is the workers'. */
      dedicated: z
        .object({
          discordApiUrl: z.url({ protocol: /^https?$/ }).default('https://discord.com/api'),
          logLevel: z.string().default('info'),
          resources: resources.prefault({
            requests: { cpu: '50m', memory: '128Mi' },
            limits: { memory: '512Mi' },
          }),
        })
        .prefault({}),
    })
    .prefault({}),
  worker: z
    .object({
      image: z.string().min(1).default('skald:dev'),
      imagePullPolicy: z.enum(['Always', 'IfNotPresent', 'Never']).default('IfNotPresent'),
      imagePullSecrets: z.array(z.string()).default([]),
      priorityClassName: z.string().optional(),
      command: z.array(z.string()).min(1).default(['/app/node', '/app/supervisor.js']),
      logLevel: z.string().default('info'),
      /** Pods that may fail before the session does. */
      backoffLimit: z.number().int().min(0).max(100).default(5),
      resources: resources.prefault({
        requests: { cpu: '100m', memory: '192Mi' },
        limits: { memory: '512Mi' },
      }),
      sidecars: z
        .object({
          speech: sidecar('100m', '256Mi', '768Mi'),
          // A small Whisper model on the CPU.
          whisper: sidecar('1', '1Gi', '3Gi'),
          // A model of 7 to 8 billion parameters in four bits; a GPU is the Tenant's to ask for.
          llm: sidecar('2', '6Gi', '12Gi'),
        })
        .prefault({}),
      /** PEM file of CA certificates that workers trust in addition: a private provider, a proxy, the simulator. */
      extraCaFile: z.string().optional(),
    })
    .prefault({}),
  certificates: certificateSettings,
  /** NetworkPolicies in the tenants' namespaces. */
  networkPolicy: networkPolicySettings,
  /** Version of Pod Security's `restricted` in tenants' namespaces: `latest`, or one such as `v1.34` to stay with. */
  podSecurityVersion: z
    .string()
    .regex(/^(latest|v1\.\d+)$/)
    .default('latest'),
  /** ResourceQuotas and LimitRanges in the tenants' namespaces. */
  quota: quotaSettings,
  session: z
    .object({
      startTimeoutSeconds: z.number().int().min(5).default(120),
      drainTimeoutSeconds: z.number().int().min(1).default(30),
      terminationGracePeriodSeconds: z.number().int().min(1).default(30),
      /** How long a live session stays on a node that is being drained; 0 moves it at once. */
      moveAfterSeconds: z.number().int().min(0).default(300),
    })
    .prefault({}),
  /** Without an address there is no Vault: bot tokens are plaintext in their Secrets. */
  vault: vaultSettingsSchema(VAULT_ROLES.controller),
  vaultRefresh: z
    .object({
      /** How often a Transit key is asked whether it has been rotated. */
      keyVersionSeconds: z.number().positive().default(300),
      /** How often providers' keys are read again; a secret with a lease is read again at 2/3 of it. */
      secretSeconds: z.number().positive().default(60),
    })
    .prefault({}),
  databaseUrl: z.string().min(1).optional(),
  /** Path of a file with the DSN; wins over databaseUrl. */
  databaseUrlFile: z.string().min(1).optional(),
  /** Roles of tenants' workers and of gateways (docs/operations.md, Database). */
  database: z
    .object({
      /** How long a password is used. Whoever has mounted it gets the next one within two minutes. */
      rotationHours: z.number().int().min(1).max(8760).default(720),
      /** How often roles and rights are compared with what they should be. */
      checkSeconds: z.number().int().min(1).max(86_400).default(600),
      /** Connections at a time of each of a tenant's two logins; a worker has two. */
      workerConnections: z.number().int().min(2).max(10_000).default(60),
      /** The same of gateways; one has a connection for each bot. */
      gatewayConnections: z.number().int().min(1).max(10_000).default(500),
    })
    .prefault({}),
  /** Sessions that are reconciled at the same time. */
  concurrency: z.number().int().min(1).max(64).default(8),
});

export type Settings = z.infer<typeof settingsSchema>;
export type WorkerSettings = Settings['worker'];

/** @throws ConfigurationError */
export async function loadControllerSettings(source: SettingsSource = {}): Promise<Settings> {
  const settings = await loadSettings(settingsSchema, source);
  const problems = certificateProblems(settings);
  if (problems.length > 0) throw new ConfigurationError(problems);
  return settings;
}
