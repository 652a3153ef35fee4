// Who signs certificates, and whether that works.
import { CA_SECRET } from '../../../src/api/index.ts';
import { isForbidden, metadataOf, secrets } from '../../../src/kube/index.ts';
import { type Check, fail, ok, skipped } from '../check.ts';
import type { Installation } from './context.ts';
import { fromTenants } from './tenants.ts';

const ID = 'certificates';

/** @param issuer as in the operator's settings: `builtin`, `vault`, `cert-manager`; undefined: not known */
export async function certificateChecks(
  o: Pick<Installation, 'client' | 'signal' | 'systemNamespace' | 'tenants'>,
  issuer: string | undefined,
): Promise<Check[]> {
  const seen = fromTenants(ID, 'CertificatesReady', o.tenants);
  if (issuer === undefined)
    return [skipped(ID, 'You may not read the operator’s settings, which say who signs.'), ...seen];
  if (issuer !== 'builtin') return [ok(ID, `Certificates are signed by ${issuer}.`), ...seen];
  try {
    // Metadata alone: nobody needs the key for this.
    const key = { namespace: o.systemNamespace, name: CA_SECRET };
    const found = await o.client.find(metadataOf(secrets), key, { signal: o.signal });
    const built =
      found === undefined
        ? fail(
            ID,
            `The built-in authority's Secret ${CA_SECRET} is not there.`,
            'The operator makes it when it starts: see its log. docs/certificates.md',
          )
        : ok(ID, `The built-in authority signs; its Secret ${CA_SECRET} is there.`);
    return [built, ...seen];
  } catch (error) {
    if (!isForbidden(error)) throw error;
    return [
      skipped(
        ID,
        `The built-in authority signs. You may not see its Secret ${CA_SECRET}, which is as it should be.`,
      ),
      ...seen,
    ];
  }
}
