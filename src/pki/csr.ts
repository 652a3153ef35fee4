// A key pair and the request (PKCS #10) for a certificate of it, for authorities that sign what others made the key of.
// Imports @peculiar/x509, as ca.ts does.
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import { exportKey, KEY_ALGORITHM, SIGNING_ALGORITHM } from './keys.ts';

export interface SigningRequest {
  readonly csrPem: string;
  /** PKCS #8. Secret: it never leaves the process that puts it where it is used. */
  readonly keyPem: string;
}

/** ECDSA P-256; the names are in the subject alternative names, the subject is empty. About 1 ms. */
export async function createSigningRequest(names: {
  readonly uris: readonly string[];
  readonly dnsNames: readonly string[];
}): Promise<SigningRequest> {
  const keys = await crypto.subtle.generateKey(KEY_ALGORITHM, true, ['sign', 'verify']);
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    keys,
    signingAlgorithm: SIGNING_ALGORITHM,
    extensions: [
      new x509.SubjectAlternativeNameExtension(
        [
          ...names.uris.map((value) => ({ type: 'url' as const, value })),
          ...names.dnsNames.map((value) => ({ type: 'dns' as const, value })),
        ],
        true,
      ),
    ],
  });
  return { csrPem: `${request.toString('pem')}\n`, keyPem: await exportKey(keys.privateKey) };
}
