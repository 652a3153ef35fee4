import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as x509 from '@peculiar/x509';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const DAY = 24 * 60 * 60 * 1000;

/** A CA made for one run and a server certificate from it, as Discord's voice servers have from a public CA. */
export class Certificates {
  readonly #directory: string | undefined;
  #temporary: string | undefined;
  #authority: { pem: string; file: string } | undefined;
  #server: { key: string; cert: string } | undefined;

  /** @param directory where `ca.pem` is written; a temporary one when absent */
  constructor(directory: string | undefined) {
    this.#directory = directory;
  }

  get authorityPem(): string {
    return this.#made().authority.pem;
  }

  get authorityFile(): string {
    return this.#made().authority.file;
  }

  get server(): { key: string; cert: string } {
    return this.#made().server;
  }

  /** @param names DNS names and addresses that the certificate is valid for */
  async create(names: readonly string[]): Promise<void> {
    const validity = { notBefore: new Date(Date.now() - DAY), notAfter: new Date(Date.now() + 30 * DAY) };
    const authorityKeys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
    const authority = await x509.X509CertificateGenerator.createSelfSigned({
      ...validity,
      name: 'CN=Simulated Discord CA',
      keys: authorityKeys,
      signingAlgorithm: ALGORITHM,
      extensions: [
        new x509.BasicConstraintsExtension(true, 0, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
        await x509.SubjectKeyIdentifierExtension.create(authorityKeys.publicKey),
      ],
    });
    const serverKeys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
    const certificate = await x509.X509CertificateGenerator.create({
      ...validity,
      subject: 'CN=Simulated Discord voice server',
      issuer: authority.subject,
      publicKey: serverKeys.publicKey,
      signingKey: authorityKeys.privateKey,
      signingAlgorithm: ALGORITHM,
      extensions: [
        new x509.SubjectAlternativeNameExtension(
          [...new Set(names)].map((name) => ({
            type: isIP(name) ? ('ip' as const) : ('dns' as const),
            value: name,
          })),
        ),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
        await x509.AuthorityKeyIdentifierExtension.create(authorityKeys.publicKey),
      ],
    });
    const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', serverKeys.privateKey);
    this.#server = { key: x509.PemConverter.encode(pkcs8, 'PRIVATE KEY'), cert: certificate.toString('pem') };
    this.#authority = { pem: authority.toString('pem'), file: join(await this.#prepare(), 'ca.pem') };
    await writeFile(this.#authority.file, `${this.#authority.pem}\n`);
  }

  async #prepare(): Promise<string> {
    if (this.#directory) {
      await mkdir(this.#directory, { recursive: true });
      return this.#directory;
    }
    this.#temporary = await mkdtemp(join(tmpdir(), 'discord-simulator-'));
    return this.#temporary;
  }

  #made() {
    if (!this.#authority || !this.#server)
      throw new Error('certificates are made by create(): await it first');
    return { authority: this.#authority, server: this.#server };
  }

  /** Removes what was written to a temporary directory; a directory of the caller's choice keeps its file. */
  async remove(): Promise<void> {
    if (this.#temporary) await rm(this.#temporary, { recursive: true, force: true });
    this.#temporary = undefined;
  }
}
