// What `skald vault setup` is asked for, with every problem of the input named at once.
import { trustDomain } from '../../src/rpc/identity.ts';
import { vaultPath } from '../../src/vault/paths.ts';

export type AuthType = 'kubernetes' | 'jwt';

/** How Vault verifies service accounts' tokens. */
export type TokenVerification =
  /** As it is configured already. */
  | { readonly kind: 'keep' }
  /** `kubernetes`: it asks the API server. */
  | {
      readonly kind: 'kubernetes';
      readonly host: string;
      readonly caPem?: string | undefined /** Secret. */;
      readonly reviewerJwt?: string | undefined;
    }
  /** `jwt`: by keys. */
  | { readonly kind: 'keys'; readonly publicKeys: readonly string[] }
  | { readonly kind: 'jwks'; readonly url: string; readonly caPem?: string | undefined }
  | { readonly kind: 'oidc'; readonly url: string; readonly caPem?: string | undefined };

/** What is to be in Vault. */
export interface SetupOptions {
  readonly authType: AuthType;
  readonly authMount: string;
  readonly verification: TokenVerification;
  readonly audience: string;
  readonly transitMount: string;
  readonly kvMount: string;
  readonly kvPrefix: string;
  readonly pkiMount: string;
  readonly trustDomain: string;
  readonly systemNamespace: string;
  readonly serviceAccount: string;
  /** Certificates are signed for these slots only. @defaultValue any slot */
  readonly gatewaySlots?: number | undefined;
  /** Tenants whose Transit keys are made ahead. */
  readonly tenantNamespaces: readonly string[];
}

/** The command line's options, as commander hands them over. */
export interface SetupFlags {
  readonly authType: string;
  readonly authMount?: string;
  readonly audience: string;
  readonly transitMount: string;
  readonly kvMount: string;
  readonly kvPrefix: string;
  readonly pkiMount: string;
  readonly trustDomain: string;
  readonly systemNamespace: string;
  readonly serviceAccount: string;
  readonly gatewaySlots?: string;
  readonly tenantNamespace?: readonly string[];
  readonly kubernetesHost?: string;
  readonly kubernetesCaFile?: string;
  readonly tokenReviewerJwtFile?: string;
  readonly jwtPublicKey?: readonly string[];
  readonly jwksUrl?: string;
  readonly oidcDiscoveryUrl?: string;
  readonly issuerCaFile?: string;
}

/** What the caller can mend; the command ends with the code for wrong usage. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

const NAMESPACE = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** @throws UsageError with one line per problem. */
export async function setupOptions(
  flags: SetupFlags,
  readFile: (path: string) => Promise<string>,
): Promise<SetupOptions> {
  const problems: string[] = [];
  const complain = (problem: string) => void problems.push(problem);
  const file = async (flag: string, path: string | undefined): Promise<string | undefined> => {
    if (path === undefined) return undefined;
    try {
      return await readFile(path);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
      complain(`${flag}: ${path} cannot be read (${code})`);
      return undefined;
    }
  };

  for (const [flag, path] of [
    ['--auth-mount', flags.authMount ?? flags.authType],
    ['--transit-mount', flags.transitMount],
    ['--kv-mount', flags.kvMount],
    ['--kv-prefix', flags.kvPrefix],
    ['--pki-mount', flags.pkiMount],
  ] as const) {
    if (!isPath(path)) complain(`${flag}: "${path}" is no path in Vault`);
  }
  for (const name of [flags.systemNamespace, ...(flags.tenantNamespace ?? [])]) {
    if (!NAMESPACE.test(name)) complain(`"${name}" is not the name of a namespace`);
  }
  if (!/^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$/.test(flags.serviceAccount))
    complain(`--service-account: "${flags.serviceAccount}" is not the name of a service account`);
  if (flags.audience.trim() === '') complain('--audience: must not be empty');
  try {
    trustDomain(flags.trustDomain);
  } catch (error) {
    complain(`--trust-domain: ${error instanceof Error ? error.message : 'not usable'}`);
  }
  const gatewaySlots = flags.gatewaySlots === undefined ? undefined : Number(flags.gatewaySlots);
  if (
    gatewaySlots !== undefined &&
    !(Number.isInteger(gatewaySlots) && gatewaySlots >= 0 && gatewaySlots <= 1000)
  )
    complain('--gateway-slots: must be a whole number from 0 to 1000');

  const issuerCa = await file('--issuer-ca-file', flags.issuerCaFile);
  const publicKeys = await Promise.all(
    (flags.jwtPublicKey ?? []).map(async (path) => {
      const pem = await file('--jwt-public-key', path);
      if (pem !== undefined && !pem.includes('-----BEGIN '))
        complain(`--jwt-public-key: ${path} holds no PEM`);
      return pem?.trim() ?? '';
    }),
  );
  const kubernetesCa = await file('--kubernetes-ca-file', flags.kubernetesCaFile);
  const reviewerJwt = (await file('--token-reviewer-jwt-file', flags.tokenReviewerJwtFile))?.trim();
  const verification = verificationOf(flags, { issuerCa, publicKeys, kubernetesCa, reviewerJwt }, complain);
  if (problems.length > 0) throw new UsageError(problems.join('\n'));
  return {
    authType: flags.authType === 'jwt' ? 'jwt' : 'kubernetes',
    authMount: flags.authMount ?? flags.authType,
    verification,
    audience: flags.audience,
    transitMount: flags.transitMount,
    kvMount: flags.kvMount,
    kvPrefix: flags.kvPrefix,
    pkiMount: flags.pkiMount,
    trustDomain: flags.trustDomain,
    systemNamespace: flags.systemNamespace,
    serviceAccount: flags.serviceAccount,
    gatewaySlots,
    tenantNamespaces: flags.tenantNamespace ?? [],
  };
}

function verificationOf(
  flags: SetupFlags,
  files: {
    issuerCa: string | undefined;
    publicKeys: readonly string[];
    kubernetesCa: string | undefined;
    reviewerJwt: string | undefined;
  },
  complain: (problem: string) => void,
): TokenVerification {
  const { kubernetesHost, jwksUrl, oidcDiscoveryUrl } = flags;
  const byKeys = files.publicKeys.length > 0;
  const given = [byKeys, jwksUrl !== undefined, oidcDiscoveryUrl !== undefined].filter(Boolean).length;
  for (const [flag, url] of [
    ['--kubernetes-host', kubernetesHost],
    ['--jwks-url', jwksUrl],
    ['--oidc-discovery-url', oidcDiscoveryUrl],
  ] as const) {
    if (url !== undefined && !/^https?:$/.test(URL.parse(url)?.protocol ?? ''))
      complain(`${flag}: must be an https:// URL`);
  }
  if (flags.authType === 'kubernetes') {
    if (given > 0)
      complain('--jwt-public-key, --jwks-url and --oidc-discovery-url belong to --auth-type jwt');
    if (kubernetesHost === undefined) {
      if (files.kubernetesCa !== undefined || files.reviewerJwt !== undefined)
        complain('--kubernetes-ca-file and --token-reviewer-jwt-file need --kubernetes-host');
      return { kind: 'keep' };
    }
    const { kubernetesCa: caPem, reviewerJwt } = files;
    return { kind: 'kubernetes', host: kubernetesHost, caPem, reviewerJwt };
  }
  if (flags.authType !== 'jwt') complain('--auth-type: must be kubernetes or jwt');
  if (kubernetesHost !== undefined) complain('--kubernetes-host belongs to --auth-type kubernetes');
  if (given > 1) complain('Give one of --jwt-public-key, --jwks-url and --oidc-discovery-url');
  if (byKeys) return { kind: 'keys', publicKeys: files.publicKeys };
  if (jwksUrl !== undefined) return { kind: 'jwks', url: jwksUrl, caPem: files.issuerCa };
  if (oidcDiscoveryUrl !== undefined) return { kind: 'oidc', url: oidcDiscoveryUrl, caPem: files.issuerCa };
  return { kind: 'keep' };
}

function isPath(text: string): boolean {
  try {
    vaultPath(text);
    return true;
  } catch {
    return false;
  }
}
