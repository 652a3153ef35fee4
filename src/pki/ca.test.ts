import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import tls from 'node:tls';
import { describe, expect, test } from 'vitest';
import { CertificateAuthority, type CertificateRequest, readCertificate, renewalTime } from './ca.ts';

const WORKER = 'spiffe://skald.local/ns/skald-a/worker/s-0123abcd';

const server: CertificateRequest = {
  uriSans: ['spiffe://skald.local/gateway/0'],
  dnsSans: ['skald-gateway-0.skald-system.svc'],
  ipSans: ['127.0.0.1'],
  lifetimeSeconds: 3600,
  usages: ['server'],
};
const client: CertificateRequest = { uriSans: [WORKER], lifetimeSeconds: 3600, usages: ['client'] };

describe('an issued certificate', () => {
  test('is what was asked for, as OpenSSL reads it', async () => {
    const ca = await CertificateAuthority.create({ commonName: 'Skald test' });
    const notBefore = new Date('2030-01-01T00:00:00Z');
    const issued = await ca.issue({ ...server, notBefore, lifetimeSeconds: 7200 });
    const leaf = new X509Certificate(issued.certPem);
    const authority = new X509Certificate(ca.certPem);

    expect(leaf.subjectAltName).toBe(
      'URI:spiffe://skald.local/gateway/0, DNS:skald-gateway-0.skald-system.svc, IP Address:127.0.0.1',
    );
    expect(leaf.validFromDate).toEqual(notBefore);
    expect(leaf.validToDate).toEqual(new Date('2030-01-01T02:00:00Z'));
    expect(leaf.serialNumber.toLowerCase()).toBe(issued.serial);
    expect(leaf.ca).toBe(false);
    expect(leaf.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
    expect(leaf.checkIssued(authority)).toBe(true);
    expect(leaf.verify(authority.publicKey)).toBe(true);
    expect(authority.ca).toBe(true);
    expect(authority.subject).toBe('CN=Skald test');
  });

  test('never outlives its authority', async () => {
    const ca = await CertificateAuthority.create({ lifetimeSeconds: 600 });
    const issued = await ca.issue({ ...client, lifetimeSeconds: 1200 });
    expect(issued.notAfter).toEqual(ca.notAfter);
  });

  test('needs a name, a usage and a life within the authority’s', async () => {
    const ca = await CertificateAuthority.create({ lifetimeSeconds: 600 });
    await expect(ca.issue({ ...client, uriSans: [] })).rejects.toThrow(/at least one SAN/);
    await expect(ca.issue({ ...client, usages: [] })).rejects.toThrow(/at least one usage/);
    await expect(ca.issue({ ...client, notBefore: new Date(Date.now() + 900_000) })).rejects.toThrow(
      /no life/,
    );
  });

  test('has a serial number and a key of its own', async () => {
    const ca = await CertificateAuthority.create();
    const [one, other] = await Promise.all([ca.issue(client), ca.issue(client)]);
    expect(one.serial).not.toBe(other.serial);
    expect(one.keyPem).not.toBe(other.keyPem);
  });
});

describe('loading an authority', () => {
  test('gives one whose certificates the first one’s peers trust', async () => {
    const first = await CertificateAuthority.create();
    const second = await CertificateAuthority.load({ certPem: first.certPem, keyPem: first.keyPem });
    const issued = await second.issue(client);
    expect(readCertificate(issued.certPem).issuedBy(first.certPem)).toBe(true);
    expect(readCertificate(issued.certPem).uriSans).toEqual([WORKER]);
  });

  test('refuses a foreign key, a leaf and noise, without repeating any of it', async () => {
    const [one, other] = await Promise.all([CertificateAuthority.create(), CertificateAuthority.create()]);
    const leaf = await one.issue(client);
    await expect(CertificateAuthority.load({ certPem: one.certPem, keyPem: other.keyPem })).rejects.toThrow(
      /does not belong/,
    );
    await expect(CertificateAuthority.load({ certPem: leaf.certPem, keyPem: leaf.keyPem })).rejects.toThrow(
      /may not sign/,
    );
    await expect(CertificateAuthority.load({ certPem: one.certPem, keyPem: 'hunter2' })).rejects.toThrow(
      /^certificate authority: the private key is not valid PEM$/,
    );
  });
});

test('renewal is due after two thirds of the life', () => {
  const notBefore = new Date('2030-01-01T00:00:00Z');
  const notAfter = new Date('2030-01-01T03:00:00Z');
  expect(renewalTime({ notBefore, notAfter })).toEqual(new Date('2030-01-01T02:00:00Z'));
});

describe('a TLS handshake', () => {
  test('succeeds both ways between leaves of one authority', async () => {
    const ca = await CertificateAuthority.create();
    const outcome = await handshake(ca, ca);
    expect(outcome).toEqual({ server: WORKER, client: 'spiffe://skald.local/gateway/0' });
  });

  test('fails for the client of another authority', async () => {
    const [ca, stranger] = await Promise.all([CertificateAuthority.create(), CertificateAuthority.create()]);
    await expect(handshake(ca, stranger)).rejects.toThrow();
  });

  test('fails for a server certificate used as a client’s', async () => {
    const ca = await CertificateAuthority.create();
    await expect(handshake(ca, ca, { ...client, usages: ['server'] })).rejects.toThrow();
  });
});

/** The URI SAN that each side saw of the other. Loopback only. */
async function handshake(
  serverCa: CertificateAuthority,
  clientCa: CertificateAuthority,
  clientRequest: CertificateRequest = client,
): Promise<{ server: string | undefined; client: string | undefined }> {
  const [own, peer] = await Promise.all([serverCa.issue(server), clientCa.issue(clientRequest)]);
  let seenByServer: string | undefined;
  const listener = tls.createServer(
    {
      cert: own.certPem,
      key: own.keyPem,
      ca: serverCa.certPem,
      requestCert: true,
      rejectUnauthorized: true,
      minVersion: 'TLSv1.3',
    },
    (socket) => {
      seenByServer = uriOf(socket.getPeerX509Certificate());
      socket.on('error', () => {});
      socket.end('hello');
    },
  );
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  listener.on('tlsClientError', (_error, socket) => socket.destroy());
  const address = listener.address() as AddressInfo;
  const socket = tls.connect({
    host: '127.0.0.1',
    port: address.port,
    cert: peer.certPem,
    key: peer.keyPem,
    ca: serverCa.certPem,
  });
  try {
    // In TLS 1.3 a refused client learns it from its first read, after its own side of the handshake.
    const ended = once(socket, 'close').then(() => Promise.reject(new Error('closed by the server')));
    await Promise.race([once(socket, 'data'), ended]);
    ended.catch(() => {});
    return { server: seenByServer, client: uriOf(socket.getPeerX509Certificate()) };
  } finally {
    socket.destroy();
    listener.close();
  }
}

function uriOf(certificate: X509Certificate | undefined): string | undefined {
  return certificate?.subjectAltName?.match(/URI:([^,]+)/)?.[1];
}
