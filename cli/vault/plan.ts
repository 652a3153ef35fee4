// What is to be in Vault, as data: `apply.ts` brings it about, `print.ts` shows it to people.
import { transitKeyOf } from '../../src/vault/index.ts';
import type { SetupOptions } from './options.ts';
import { botPolicy, controllerPolicy } from './policies.ts';
import { authRoles, type Parameters, pkiRoles } from './roles.ts';

/** A secrets engine or an auth method at a path. */
export interface Mount {
  readonly section: 'secrets' | 'auth';
  readonly path: string;
  readonly type: string;
  readonly description: string;
  readonly options?: Readonly<Record<string, string>>;
  readonly config?: Parameters;
}

/** Something with parameters that is read, compared and written at one path. */
export interface Setting {
  readonly kind: 'setting';
  /** For people: `policy skald-bot`. */
  readonly what: string;
  readonly path: string;
  readonly parameters: Parameters;
  /** Vault takes a write for the whole of it: what is not wanted anything of is written back as it was found. */
  readonly whole?: boolean;
  /** Secret. Vault tells nobody what it has, so that it is written each time. */
  readonly secrets?: Readonly<Record<string, string>>;
}

/** Something that is made when it is not there, and never touched again. */
export interface Once {
  readonly kind: 'once';
  readonly what: string;
  /** There is one when this answers; with `keys`, when its list is not empty. */
  readonly probe: { readonly method: 'GET' | 'LIST'; readonly path: string };
  readonly path: string;
  readonly parameters: Parameters;
}

export type Item = Setting | Once;

const TEN_YEARS = 10 * 365 * 24 * 3600;

export function mounts(o: SetupOptions): Mount[] {
  return [
    {
      section: 'secrets',
      path: o.transitMount,
      type: 'transit',
      description: 'Encryption of bot tokens at rest',
    },
    {
      section: 'secrets',
      path: o.kvMount,
      type: 'kv',
      options: { version: '2' },
      description: 'Secrets',
    },
    {
      section: 'secrets',
      path: o.pkiMount,
      type: 'pki',
      config: { max_lease_ttl: TEN_YEARS },
      description: 'Certificates of Skald: workers, gateways, operator',
    },
    { section: 'auth', path: o.authMount, type: o.authType, description: 'Service accounts of Kubernetes' },
  ];
}

/** @param accessor of the auth mount, which the policy of `skald-bot` names */
export function items(o: SetupOptions, accessor: string): Item[] {
  return [
    ...verification(o),
    policy('skald-controller', controllerPolicy(o)),
    policy('skald-bot', botPolicy(o, accessor)),
    ...Object.entries(authRoles(o)).map(([name, parameters]) => ({
      kind: 'setting' as const,
      what: `auth role ${name}`,
      path: `auth/${o.authMount}/role/${name}`,
      parameters,
    })),
    {
      kind: 'once',
      what: `certificate authority of ${o.pkiMount}`,
      probe: { method: 'LIST', path: `${o.pkiMount}/issuers` },
      path: `${o.pkiMount}/root/generate/internal`,
      parameters: {
        common_name: 'Skald',
        issuer_name: 'skald-root',
        key_type: 'ec',
        key_bits: 256,
        max_path_length: 0,
        exclude_cn_from_sans: true,
        ttl: TEN_YEARS,
      },
    },
    ...Object.entries(pkiRoles(o)).map(([name, parameters]) => ({
      kind: 'setting' as const,
      what: `PKI role ${name}`,
      path: `${o.pkiMount}/roles/${name}`,
      parameters,
      whole: true,
    })),
    {
      kind: 'setting',
      what: `tidying of ${o.pkiMount}`,
      path: `${o.pkiMount}/config/auto-tidy`,
      // One certificate is kept for every session until it has ended.
      parameters: {
        enabled: true,
        tidy_cert_store: true,
        tidy_revoked_certs: true,
        interval_duration: 12 * 3600,
        safety_buffer: 24 * 3600,
      },
    },
    ...o.tenantNamespaces.map((namespace) => ({
      kind: 'once' as const,
      what: `Transit key ${transitKeyOf(namespace)}`,
      probe: { method: 'GET' as const, path: `${o.transitMount}/keys/${transitKeyOf(namespace)}` },
      path: `${o.transitMount}/keys/${transitKeyOf(namespace)}`,
      parameters: { type: 'aes256-gcm96' },
    })),
  ];
}

function policy(name: string, text: string): Setting {
  return {
    kind: 'setting',
    what: `policy ${name}`,
    path: `sys/policies/acl/${name}`,
    parameters: { policy: text },
  };
}

/** How the auth method knows the cluster's tokens; left alone when nothing is said of it. */
function verification(o: SetupOptions): Setting[] {
  const v = o.verification;
  if (v.kind === 'keep') return [];
  const setting = {
    kind: 'setting' as const,
    what: `configuration of auth method ${o.authMount}`,
    path: `auth/${o.authMount}/config`,
    whole: true,
  };
  if (v.kind === 'kubernetes') {
    const parameters = {
      kubernetes_host: v.host,
      ...(v.caPem === undefined ? {} : { kubernetes_ca_cert: v.caPem }),
    };
    return [
      {
        ...setting,
        parameters,
        ...(v.reviewerJwt === undefined ? {} : { secrets: { token_reviewer_jwt: v.reviewerJwt } }),
      },
    ];
  }
  // Vault wants exactly one source of keys: the others are taken away.
  const parameters = {
    jwt_validation_pubkeys: v.kind === 'keys' ? v.publicKeys : [],
    jwks_url: v.kind === 'jwks' ? v.url : '',
    jwks_ca_pem: v.kind === 'jwks' ? (v.caPem ?? '') : '',
    oidc_discovery_url: v.kind === 'oidc' ? v.url : '',
    oidc_discovery_ca_pem: v.kind === 'oidc' ? (v.caPem ?? '') : '',
  };
  return [{ ...setting, parameters }];
}
