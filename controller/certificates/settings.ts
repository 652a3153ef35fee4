import { z } from 'zod';

/** Kubelets refresh mounted Secrets after 60 to 90 s, programs look every 10 s: less life leaves no time to renew in. */
export const SHORTEST_SECONDS = 600;
/** cert-manager's own rule (its webhook refuses a shorter `duration`). */
const SHORTEST_CERT_MANAGER_SECONDS = 3600;
const DAY = 24 * 3600;

/** The object `certificates` of the operator's settings. What depends on several fields: {@link certificateProblems}. */
export const certificateSettings = z
  .object({
    /** Who signs: the operator itself, Vault's PKI, or cert-manager. */
    issuer: z.enum(['builtin', 'vault', 'cert-manager']).default('builtin'),
    /** Life of workers' certificates; they are renewed after two thirds. */
    workerSeconds: z.number().int().min(60).default(DAY),
    /** For tests: a life below 600 s, which a kubelet's usual refresh interval is too slow for. */
    allowShort: z.boolean().default(false),
    /** Of the built-in authority; it is replaced after two thirds. */
    authoritySeconds: z
      .number()
      .int()
      .min(60)
      .default(365 * DAY),
    /** How long a new authority is made known before it signs: kubelets' and programs' refresh, with a margin. */
    distributionSeconds: z.number().int().min(1).default(300),
    certManager: z
      .object({
        /** Of the Issuer (in the operator's namespace) or the ClusterIssuer. */
        issuerName: z.string().min(1).optional(),
        issuerKind: z.string().min(1).default('Issuer'),
        issuerGroup: z.string().min(1).default('cert-manager.io'),
        /** How long one certificate is waited for. */
        timeoutSeconds: z.number().int().min(1).default(20),
      })
      .prefault({}),
  })
  .prefault({});

export type CertificateSettings = z.infer<typeof certificateSettings>;

export interface CertificateContext {
  readonly certificates: CertificateSettings;
  readonly gateway: { readonly certificateSeconds: number };
  readonly vault: { readonly address?: string | undefined };
}

/** What the settings lack for the chosen source, and which lives do not fit together; all of it. */
export function certificateProblems({ certificates: c, gateway, vault }: CertificateContext): string[] {
  const problems: string[] = [];
  const say = (wrong: boolean, problem: string) => wrong && problems.push(problem);
  const shortest = c.issuer === 'cert-manager' ? SHORTEST_CERT_MANAGER_SECONDS : SHORTEST_SECONDS;
  say(
    c.workerSeconds < shortest && !c.allowShort,
    `certificates.workerSeconds: at least ${shortest} with the issuer ${c.issuer}; less is for tests, with certificates.allowShort`,
  );
  say(c.issuer === 'vault' && vault.address === undefined, 'certificates.issuer: vault needs vault.address');
  say(
    c.issuer === 'cert-manager' && c.certManager.issuerName === undefined,
    'certificates.issuer: cert-manager needs certificates.certManager.issuerName',
  );
  // The last certificate before an authority signs no more must fit into its last third.
  const longest = Math.max(c.workerSeconds, gateway.certificateSeconds);
  say(
    c.issuer === 'builtin' && c.authoritySeconds < 3 * (longest + c.distributionSeconds),
    `certificates.authoritySeconds: at least ${3 * (longest + c.distributionSeconds)}, three times the longest life of a certificate and certificates.distributionSeconds`,
  );
  return problems;
}
