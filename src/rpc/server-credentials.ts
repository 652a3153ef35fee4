/**
 * The gateway's side of mutual TLS: TLS 1.3 only, a client certificate is demanded and verified, and a renewed
 * certificate or CA takes effect for the next connection without a restart. (grpc-js' own certificate-provider
 * credentials reload too, but neither pin the TLS version nor check that key and certificate belong together.)
 */
import { constants } from 'node:crypto';
import type { SecureContextOptions } from 'node:tls';
import { ServerCredentials } from '@grpc/grpc-js';
import { type Identity, identityFromSubjectAltName, type TrustDomain } from './identity.ts';
import {
  type PemFiles,
  type PemIdentity,
  readPemIdentity,
  verifyPemIdentity,
  watchPemIdentity,
} from './pem-identity.ts';

function contextOptions(identity: PemIdentity): SecureContextOptions {
  return {
    ca: identity.authority,
    cert: identity.certificate,
    key: identity.privateKey,
    minVersion: 'TLSv1.3',
    // A resumed session would outlive the CA that vouched for it.
    secureOptions: constants.SSL_OP_NO_TICKET,
  };
}

/** Server credentials whose certificate can be replaced while the server listens. */
export class LiveServerCredentials extends ServerCredentials {
  /** @throws {Error} when the identity is not a matching pair of certificate and key. */
  constructor(identity: PemIdentity) {
    verifyPemIdentity(identity);
    super({ requestCert: true, rejectUnauthorized: true, minVersion: 'TLSv1.3' }, contextOptions(identity));
  }

  /** Takes effect for connections made from now on; those that are open stay. */
  replace(identity: PemIdentity): void {
    verifyPemIdentity(identity);
    this.updateSecureContextOptions(contextOptions(identity));
  }

  override _equals(other: ServerCredentials): boolean {
    return this === other;
  }
}

export interface ServerCredentialsOptions {
  readonly signal: AbortSignal;
  readonly intervalMs?: number;
  readonly onReload?: () => void;
  readonly onError?: (error: unknown) => void;
}

/** Credentials from files, reloaded until the signal aborts. @throws {Error} when the files cannot be used at start. */
export async function serverCredentialsFromFiles(
  files: PemFiles,
  options: ServerCredentialsOptions,
): Promise<LiveServerCredentials> {
  const identity = await readPemIdentity(files);
  const credentials = new LiveServerCredentials(identity);
  const replace = (next: PemIdentity): void => {
    credentials.replace(next);
    options.onReload?.();
  };
  watchPemIdentity(files, identity, replace, options).catch((error: unknown) => options.onError?.(error));
  return credentials;
}

/** The part of a server call that says who is calling. */
export interface AuthenticatedCall {
  getAuthContext(): { readonly sslPeerCertificate?: { readonly subjectaltname?: string | undefined } };
}

/** Who calls, from the verified client certificate; undefined when it is none of Skald's identities. */
export function peerIdentity(call: AuthenticatedCall, domain: TrustDomain): Identity | undefined {
  return identityFromSubjectAltName(call.getAuthContext().sslPeerCertificate?.subjectaltname, domain);
}
