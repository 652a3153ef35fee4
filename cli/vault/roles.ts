// Who may log in as what, and for which names certificates are signed.
import { BOT_SERVICE_ACCOUNT, PKI_ROLES, VAULT_ROLES } from '../../src/vault/index.ts';
import type { SetupOptions } from './options.ts';

/** Values as Vault answers them: seconds, lists, booleans. Only what is named here is compared and changed. */
export type Parameters = Readonly<Record<string, unknown>>;

const HOUR = 3600;
const DAY = 24 * HOUR;

/** Tokens of the operator are renewed up to a day, then it logs in again; a gateway's are for a glance at a time. */
const TOKENS = {
  controller: { token_ttl: HOUR, token_max_ttl: DAY },
  bot: { token_ttl: 600, token_max_ttl: HOUR },
} as const;

export function authRoles(o: SetupOptions): Record<string, Parameters> {
  return {
    [VAULT_ROLES.controller]: {
      ...serviceAccount(o, o.serviceAccount, o.systemNamespace),
      ...token(VAULT_ROLES.controller, TOKENS.controller),
    },
    [VAULT_ROLES.bot]: {
      ...serviceAccount(o, BOT_SERVICE_ACCOUNT, undefined),
      ...token(VAULT_ROLES.bot, TOKENS.bot),
    },
  };
}

function token(policy: string, life: Parameters): Parameters {
  return {
    token_policies: [policy],
    token_no_default_policy: true,
    token_type: 'service',
    token_period: 0,
    ...life,
  };
}

/** @param namespace undefined: in any */
function serviceAccount(o: SetupOptions, name: string, namespace: string | undefined): Parameters {
  if (o.authType === 'kubernetes') {
    return {
      bound_service_account_names: [name],
      bound_service_account_namespaces: [namespace ?? '*'],
      bound_service_account_namespace_selector: '',
      audience: o.audience,
    };
  }
  const account = '/kubernetes.io/serviceaccount/name';
  const space = '/kubernetes.io/namespace';
  return {
    role_type: 'jwt',
    // system:serviceaccount:<namespace>:<name>: one entity for each tenant.
    user_claim: 'sub',
    bound_audiences: [o.audience],
    bound_subject: '',
    bound_claims_type: 'string',
    bound_claims: namespace === undefined ? { [account]: name } : { [account]: name, [space]: namespace },
    // What the auth method `kubernetes` calls it; the policy of `skald-bot` is built on it.
    claim_mappings: { [space]: 'service_account_namespace' },
  };
}

/**
 * What all have in common: names come from the request, never from the CSR, and only those that are allowed. Whatever
 * could widen a role is named, so that a change by hand is found.
 */
const LEAF = {
  allow_any_name: false,
  allow_localhost: false,
  allow_ip_sans: false,
  allow_subdomains: false,
  allow_wildcard_certificates: false,
  allow_token_displayname: false,
  allowed_domains_template: false,
  allowed_uri_sans_template: false,
  allowed_other_sans: [],
  enforce_hostnames: true,
  ext_key_usage: [],
  ext_key_usage_oids: [],
  require_cn: false,
  use_csr_common_name: false,
  use_csr_sans: false,
  email_protection_flag: false,
  code_signing_flag: false,
  key_type: 'ec',
  key_bits: 256,
  key_usage: ['DigitalSignature'],
  basic_constraints_valid_for_non_ca: true,
  // For peers whose clock is behind.
  not_before_duration: 60,
  // Kept, so that a certificate can be revoked by its serial number.
  no_store: false,
  generate_lease: false,
} as const;

export function pkiRoles(o: SetupOptions): Record<string, Parameters> {
  const domain = `spiffe://${o.trustDomain}`;
  const nobody = { allowed_domains: [], allow_bare_domains: false, allow_glob_domains: false };
  return {
    [PKI_ROLES.worker]: {
      ...LEAF,
      ...nobody,
      client_flag: true,
      server_flag: false,
      allowed_uri_sans: [`${domain}/ns/*/worker/*`],
      // A warm worker's certificate outlives a day of waiting and the longest session, a day.
      max_ttl: 3 * DAY,
      ttl: DAY,
    },
    [PKI_ROLES.gateway]: {
      ...LEAF,
      client_flag: true,
      server_flag: true,
      allowed_uri_sans: gatewayUris(o, domain),
      allowed_domains: gatewayDomains(o),
      allow_bare_domains: true,
      allow_glob_domains: true,
      max_ttl: 90 * DAY,
      ttl: 30 * DAY,
    },
    [PKI_ROLES.operator]: {
      ...LEAF,
      ...nobody,
      client_flag: true,
      server_flag: false,
      allowed_uri_sans: [`${domain}/operator`],
      max_ttl: 7 * DAY,
      ttl: DAY,
    },
  };
}

function slotsOf(o: SetupOptions): string[] {
  return o.gatewaySlots === undefined
    ? ['*']
    : Array.from({ length: o.gatewaySlots }, (_, slot) => `${slot}`);
}

/** The slots' and those of tenants' own gateways. */
function gatewayUris(o: SetupOptions, domain: string): string[] {
  return [...slotsOf(o).map((slot) => `${domain}/gateway/${slot}`), `${domain}/ns/*/gateway`];
}

function gatewayDomains(o: SetupOptions): string[] {
  const services = [
    ...slotsOf(o).map((slot) => `skald-gateway-${slot}.${o.systemNamespace}.svc`),
    'skald-gateway.*.svc',
  ];
  return services.flatMap((name) => [name, `${name}.cluster.local`]);
}
