// The two policies, each as small as its program allows. Nobody may read a policy, list a secret, manage a key, or both
// encrypt and decrypt.
import { PKI_ROLES } from '../../src/vault/index.ts';
import type { SetupOptions } from './options.ts';

type Capability = 'create' | 'read' | 'update';

interface Rule {
  /** Why, for whoever reviews it. */
  readonly comment: string;
  readonly paths: readonly string[];
  readonly capabilities: readonly Capability[];
}

/** A token's own affairs; in place of Vault's policy `default`, which allows more. */
const OWN_TOKEN: readonly Rule[] = [
  {
    comment: 'Its own token: renew, give back.',
    paths: ['auth/token/renew-self', 'auth/token/revoke-self'],
    capabilities: ['update'],
  },
];

/** The operator: encrypts and signs, never decrypts. */
export function controllerPolicy(o: SetupOptions): string {
  return hcl([
    {
      comment: 'Encrypts bot tokens in place. `create` lets the first encryption make the key of a tenant.',
      paths: [`${o.transitMount}/encrypt/skald-*`],
      capabilities: ['create', 'update'],
    },
    {
      comment: 'Moves ciphertexts to the newest version of their key; the plaintext stays in Vault.',
      paths: [`${o.transitMount}/rewrap/skald-*`],
      capabilities: ['update'],
    },
    {
      comment: 'Reads which version is the newest. Key material is not part of the answer.',
      paths: [`${o.transitMount}/keys/skald-*`],
      capabilities: ['read'],
    },
    {
      comment: 'Has certificates signed for workers, gateways and itself; the roles say for which names.',
      paths: Object.values(PKI_ROLES).map((role) => `${o.pkiMount}/sign/${role}`),
      capabilities: ['update'],
    },
    {
      comment: "Revokes a worker's certificate when its session ends.",
      paths: [`${o.pkiMount}/revoke`],
      capabilities: ['update'],
    },
    {
      comment: "Reads tenants' provider keys, which it hands to their workers. Not their bot tokens.",
      paths: [`${o.kvMount}/data/${o.kvPrefix}/+/providers/*`],
      capabilities: ['read'],
    },
    ...OWN_TOKEN,
  ]);
}

/**
 * Whoever holds a token of a tenant's service account `skald-bot`: decrypts and reads that tenant's bot token. The
 * namespace in the paths is the one that the API server has signed into the service account's token.
 *
 * @param accessor of the auth mount
 */
export function botPolicy(o: SetupOptions, accessor: string): string {
  const namespace = `{{identity.entity.aliases.${accessor}.metadata.service_account_namespace}}`;
  return hcl([
    {
      comment: 'Decrypts the bot token of the tenant in whose namespace its service account is.',
      paths: [`${o.transitMount}/decrypt/skald-${namespace}`],
      capabilities: ['update'],
    },
    {
      comment: 'Reads the bot token of that tenant, where it is kept here.',
      paths: [`${o.kvMount}/data/${o.kvPrefix}/${namespace}/discord/*`],
      capabilities: ['read'],
    },
    ...OWN_TOKEN,
  ]);
}

function hcl(rules: readonly Rule[]): string {
  return rules
    .map(({ comment, paths, capabilities }) => {
      const list = capabilities.map((one) => `"${one}"`).join(', ');
      const blocks = paths.map((path) => `path "${path}" {\n  capabilities = [${list}]\n}\n`);
      return `# ${comment}\n${blocks.join('')}`;
    })
    .join('\n');
}
