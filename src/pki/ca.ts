// The built-in certificate authority: for clusters without Vault or cert-manager. One P-256 key, self-signed,
// kept by its caller (the operator keeps it in a Secret); leaves live hours and are never revoked, they expire.
//
// @peculiar/x509 costs 140 ms to import: only programs that issue certificates may import this module.
import 'reflect-metadata';
import {
  createPrivateKey,
  createPublicKey,
  X509Certificate as NodeCertificate,
  randomBytes,
} from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { type CryptoKey, exportKey, KEY_ALGORITHM, SIGNING_ALGORITHM } from './keys.ts';

export { renewalTime } from './renewal.ts';

/** Certificates begin this much in the past, for peers whose clock is behind. */
const CLOCK_SKEW_MS = 60_000;

export interface CertificateAuthorityRequest {
  /** @defaultValue `Skald` */
  readonly commonName?: string;
  /** @defaultValue ten years */
  readonly lifetimeSeconds?: number;
  /** @defaultValue one minute ago */
  readonly notBefore?: Date;
}

export interface CertificateRequest {
  /** E.g. `spiffe://skald.local/operator`: the identity. */
  readonly uriSans?: readonly string[];
  readonly dnsSans?: readonly string[];
  readonly ipSans?: readonly string[];
  /** For people who read the certificate; identity is in the SANs. @defaultValue none */
  readonly commonName?: string;
  /** @defaultValue one minute ago */
  readonly notBefore?: Date;
  /** From `notBefore`. Cut to the authority's own end. */
  readonly lifetimeSeconds: number;
  /** Extended key usages: at least one. */
  readonly usages: readonly ('client' | 'server')[];
}

export interface IssuedCertificate {
  /** The leaf alone; peers trust the authority's certificate directly. */
  readonly certPem: string;
  /** PKCS #8. Secret. */
  readonly keyPem: string;
  /** Lower-case hex. */
  readonly serial: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** What the authority is: both PEMs, of which the key is secret. */
export interface CertificateAuthorityMaterial {
  readonly certPem: string;
  readonly keyPem: string;
}

export class CertificateAuthority {
  /** To be trusted by peers. */
  readonly certPem: string;
  /** PKCS #8. Secret. */
  readonly keyPem: string;
  readonly notAfter: Date;
  readonly #certificate: x509.X509Certificate;
  readonly #key: CryptoKey;

  private constructor(certificate: x509.X509Certificate, key: CryptoKey, keyPem: string) {
    this.#certificate = certificate;
    this.#key = key;
    this.certPem = withFinalNewline(certificate.toString('pem'));
    this.keyPem = keyPem;
    this.notAfter = certificate.notAfter;
  }

  /** A new authority with a key of its own. */
  static async create(request: CertificateAuthorityRequest = {}): Promise<CertificateAuthority> {
    const keys = await crypto.subtle.generateKey(KEY_ALGORITHM, true, ['sign', 'verify']);
    const notBefore = request.notBefore ?? new Date(Date.now() - CLOCK_SKEW_MS);
    const lifetimeSeconds = request.lifetimeSeconds ?? 10 * 365 * 24 * 3600;
    const certificate = await x509.X509CertificateGenerator.createSelfSigned({
      name: [{ CN: [request.commonName ?? 'Skald'] }],
      serialNumber: newSerial(),
      notBefore,
      notAfter: new Date(notBefore.getTime() + lifetimeSeconds * 1000),
      keys,
      signingAlgorithm: SIGNING_ALGORITHM,
      extensions: [
        new x509.BasicConstraintsExtension(true, 0, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      ],
    });
    return new CertificateAuthority(certificate, keys.privateKey, await exportKey(keys.privateKey));
  }

  /**
   * An authority from its PEMs: its own from an earlier run, or one that an administrator provides.
   *
   * @throws Error when a PEM cannot be read, the key is not ECDSA P-256, it is not the certificate's, or the
   * certificate may not sign others.
   */
  static async load(material: CertificateAuthorityMaterial): Promise<CertificateAuthority> {
    const certificate = readPem('certificate', () => new x509.X509Certificate(material.certPem));
    const privateKey = readPem('private key', () => createPrivateKey(material.keyPem));
    if (privateKey.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
      throw new Error('certificate authority: the private key must be ECDSA P-256');
    }
    const node = new NodeCertificate(material.certPem);
    if (!node.ca) throw new Error('certificate authority: the certificate may not sign others (CA:FALSE)');
    const own = createPublicKey(privateKey).export({ type: 'spki', format: 'der' });
    if (!own.equals(node.publicKey.export({ type: 'spki', format: 'der' }))) {
      throw new Error('certificate authority: the private key does not belong to the certificate');
    }
    const pkcs8 = privateKey.export({ type: 'pkcs8', format: 'der' });
    const key = await crypto.subtle.importKey('pkcs8', new Uint8Array(pkcs8), KEY_ALGORITHM, false, ['sign']);
    return new CertificateAuthority(certificate, key, material.keyPem);
  }

  /**
   * A leaf with a key of its own. About 1 ms.
   *
   * @throws RangeError when the request has no SAN or no usage, or its life would lie outside the authority's.
   */
  async issue(request: CertificateRequest): Promise<IssuedCertificate> {
    const names = subjectAlternativeNames(request);
    if (names.length === 0) throw new RangeError('certificate request: at least one SAN is required');
    if (request.usages.length === 0)
      throw new RangeError('certificate request: at least one usage is required');
    const notBefore = request.notBefore ?? new Date(Date.now() - CLOCK_SKEW_MS);
    const wanted = notBefore.getTime() + request.lifetimeSeconds * 1000;
    const notAfter = new Date(Math.min(wanted, this.notAfter.getTime()));
    if (!(notAfter > notBefore)) {
      throw new RangeError(
        `certificate request: no life is left between ${notBefore.toISOString()} and ${notAfter.toISOString()}`,
      );
    }
    const keys = await crypto.subtle.generateKey(KEY_ALGORITHM, true, ['sign', 'verify']);
    const serial = newSerial();
    const certificate = await x509.X509CertificateGenerator.create({
      subject: request.commonName === undefined ? [] : [{ CN: [request.commonName] }],
      issuer: this.#certificate.subject,
      serialNumber: serial,
      notBefore,
      notAfter,
      publicKey: keys.publicKey,
      signingKey: this.#key,
      signingAlgorithm: SIGNING_ALGORITHM,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension(
          request.usages.map(
            (usage) => x509.ExtendedKeyUsage[usage === 'client' ? 'clientAuth' : 'serverAuth'],
          ),
        ),
        // RFC 5280 4.2.1.6: critical when the subject is empty.
        new x509.SubjectAlternativeNameExtension(names, request.commonName === undefined),
        await x509.AuthorityKeyIdentifierExtension.create(this.#certificate.publicKey),
      ],
    });
    return {
      certPem: withFinalNewline(certificate.toString('pem')),
      keyPem: await exportKey(keys.privateKey),
      serial,
      notBefore,
      notAfter,
    };
  }
}

/** What an existing certificate says, without trusting it. @throws Error when the PEM cannot be read. */
export function readCertificate(certPem: string): {
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly uriSans: readonly string[];
  readonly dnsSans: readonly string[];
  /** Lower-case hex, without colons. */
  readonly serial: string;
  /** True when the authority's certificate (PEM) signed it. */
  issuedBy(authorityPem: string): boolean;
} {
  const certificate = readPem('certificate', () => new NodeCertificate(certPem));
  const names = (certificate.subjectAltName ?? '').split(', ');
  const withPrefix = (prefix: string): string[] =>
    names.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
  return {
    notBefore: certificate.validFromDate,
    notAfter: certificate.validToDate,
    uriSans: withPrefix('URI:'),
    dnsSans: withPrefix('DNS:'),
    serial: certificate.serialNumber.toLowerCase(),
    issuedBy(authorityPem) {
      const authority = new NodeCertificate(authorityPem);
      return certificate.checkIssued(authority) && certificate.verify(authority.publicKey);
    },
  };
}

function subjectAlternativeNames(request: CertificateRequest): x509.JsonGeneralNames {
  return [
    ...(request.uriSans ?? []).map((value) => ({ type: 'url' as const, value })),
    ...(request.dnsSans ?? []).map((value) => ({ type: 'dns' as const, value })),
    ...(request.ipSans ?? []).map((value) => ({ type: 'ip' as const, value })),
  ];
}

/** 126 random bits: positive, at most 20 octets, unguessable (RFC 5280 4.1.2.2). */
function newSerial(): string {
  const bytes = randomBytes(16);
  // A clear first bit keeps it positive, a set second one keeps its length.
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes.toString('hex');
}

function readPem<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch {
    // The cause is left out: OpenSSL's error objects carry pieces of the input.
    throw new Error(`certificate authority: the ${what} is not valid PEM`);
  }
}

function withFinalNewline(pem: string): string {
  return pem.endsWith('\n') ? pem : `${pem}\n`;
}
