import 'reflect-metadata';
import { createPrivateKey, generateKeyPair, webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import { promisify } from 'node:util';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  Name,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
/** A throw-away cluster lives for hours; a year leaves room for one that someone keeps. */
const validityMs = 365 * 24 * 3600 * 1000;
/** Clocks of virtual machines jump. */
const skewMs = 5 * 60 * 1000;

export interface KeyAndCertificate {
  /** PKCS #8, PEM. */
  key: string;
  /** PEM. */
  certificate: string;
}

export interface Identity {
  commonName: string;
  /** Kubernetes reads them as groups. */
  organizations?: readonly string[];
  /** Host names and IP addresses; present for a server certificate. */
  hosts?: readonly string[];
}

/** The cluster's one certificate authority: serves as client, serving and kubelet CA. P-256, valid for a year. */
export class ClusterCa {
  readonly certificate: string;
  readonly #name: string;
  readonly #key: webcrypto.CryptoKey;

  private constructor(certificate: string, name: string, key: webcrypto.CryptoKey) {
    this.certificate = certificate;
    this.#name = name;
    this.#key = key;
  }

  static async create(commonName: string): Promise<ClusterCa> {
    const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
    const name = new Name([{ CN: [commonName] }]).toString();
    const certificate = await X509CertificateGenerator.createSelfSigned({
      name,
      keys,
      ...lifetime(),
      signingAlgorithm: algorithm,
      extensions: [
        new BasicConstraintsExtension(true, 0, true),
        new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      ],
    });
    return new ClusterCa(certificate.toString('pem'), name, keys.privateKey);
  }

  /** A certificate for a client, and for a server too when it has hosts. */
  async issue(identity: Identity): Promise<KeyAndCertificate> {
    const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
    const hosts = identity.hosts ?? [];
    const usages = [ExtendedKeyUsage.clientAuth, ...(hosts.length > 0 ? [ExtendedKeyUsage.serverAuth] : [])];
    const names = hosts.map((value) => ({ type: isIP(value) ? ('ip' as const) : ('dns' as const), value }));
    const certificate = await X509CertificateGenerator.create({
      subject: new Name([
        ...(identity.organizations ?? []).map((organization) => ({ O: [organization] })),
        { CN: [identity.commonName] },
      ]).toString(),
      issuer: this.#name,
      publicKey: keys.publicKey,
      signingKey: this.#key,
      ...lifetime(),
      signingAlgorithm: algorithm,
      extensions: [
        new BasicConstraintsExtension(false, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
        new ExtendedKeyUsageExtension(usages),
        ...(names.length > 0 ? [new SubjectAlternativeNameExtension(names)] : []),
      ],
    });
    return { key: await pkcs8(keys.privateKey), certificate: certificate.toString('pem') };
  }
}

/** The RSA key that signs service-account tokens (RS256 is what OIDC verifiers such as Vault's jwt method expect). */
export async function createServiceAccountKey(): Promise<{ key: string; publicKey: string }> {
  const pair = await promisify(generateKeyPair)('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  return { key: pair.privateKey, publicKey: pair.publicKey };
}

function lifetime(): { notBefore: Date; notAfter: Date } {
  const now = Date.now();
  return { notBefore: new Date(now - skewMs), notAfter: new Date(now + validityMs) };
}

async function pkcs8(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key));
  const pem = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }).export({
    type: 'pkcs8',
    format: 'pem',
  });
  return pem.toString();
}
