import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import tls from 'node:tls';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CertificateAuthority, type CertificateRequest } from '../pki/ca.ts';
import type { PemIdentity } from './pem-identity.ts';
import type { TlsRefusal } from './refusal.ts';
import { TlsDoor } from './tls-door.ts';
import { chainOf, isTrusted } from './trust.ts';

const WORKER = 'spiffe://skald.local/ns/skald-a/worker/s-0123abcd';
const CLIENT: CertificateRequest = { uriSans: [WORKER], lifetimeSeconds: 3600, usages: ['client'] };
const SERVER: CertificateRequest = {
  uriSans: ['spiffe://skald.local/gateway/0'],
  lifetimeSeconds: 3600,
  usages: ['server'],
};

let authority: CertificateAuthority;
let server: Server;
let door: TlsDoor;
let refusals: TlsRefusal[];
let admitted: tls.TLSSocket[];
let ended: string[];
let clients: tls.TLSSocket[];

beforeEach(async () => {
  [refusals, admitted, ended, clients] = [[], [], [], []];
  authority = await CertificateAuthority.create({ commonName: 'first' });
  door = new TlsDoor({
    identity: await serverIdentity(authority, authority.certPem),
    onConnection: (socket) => {
      admitted.push(socket);
      socket.on('data', (chunk) => socket.write(chunk));
    },
    onRefused: (refusal) => refusals.push(refusal),
    onEnded: (why) => ended.push(why),
  });
  server = createServer((socket) => {
    socket.on('error', () => {});
    door.accept(socket);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
});

afterEach(async () => {
  for (const client of clients) client.destroy();
  await new Promise((resolve) => server.close(resolve));
});

async function serverIdentity(issuer: CertificateAuthority, bundle: string): Promise<PemIdentity> {
  const { certPem, keyPem } = await issuer.issue(SERVER);
  return { certificate: certPem, privateKey: keyPem, authority: bundle };
}

function dial(credentials: tls.ConnectionOptions, alpn: string[] = ['h2']): tls.TLSSocket {
  const { port } = server.address() as AddressInfo;
  // Whom the client believes is not what is tested here.
  const client = tls.connect({
    port,
    host: '127.0.0.1',
    ALPNProtocols: alpn,
    rejectUnauthorized: false,
    ...credentials,
  });
  client.on('error', () => {});
  clients.push(client);
  return client;
}

async function credentials(request: CertificateRequest = CLIENT, issuer = authority) {
  const { certPem, keyPem, serial } = await issuer.issue(request);
  return { cert: certPem, key: keyPem, serial };
}

/** What the door says when this client comes. */
async function refusalOf(
  client: { cert: string; key: string } | object,
  alpn?: string[],
): Promise<TlsRefusal> {
  const socket = dial(client, alpn);
  await closing(socket);
  await expect.poll(() => refusals.length).toBe(1);
  expect(admitted).toEqual([]);
  const [refusal] = refusals;
  if (refusal === undefined) throw new Error('nothing was refused');
  return refusal;
}

/** However it ends. */
function closing(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once('close', () => resolve()));
}

async function letIn(client: tls.ConnectionOptions): Promise<tls.TLSSocket> {
  const socket = dial(client);
  await once(socket, 'secureConnect');
  socket.write('ping');
  await once(socket, 'data');
  return socket;
}

test('a client with a certificate of the bundle comes in, verified', async () => {
  await letIn(await credentials());
  expect(admitted).toHaveLength(1);
  expect(admitted[0]?.authorized).toBe(true);
  expect(refusals).toEqual([]);
});

describe('refused, and told apart:', () => {
  test('a certificate that has expired, with its name and number', async () => {
    const past = new Date(Date.now() - 7_200_000);
    const { serial, ...client } = await credentials({ ...CLIENT, notBefore: past });
    expect(await refusalOf(client)).toMatchObject({
      reason: 'expired',
      detail: 'CERT_HAS_EXPIRED',
      peer: { serial, names: `URI:${WORKER}`, address: expect.stringMatching(/^127\.0\.0\.1:\d+$/) },
    });
  });

  test('one that is not valid yet', async () => {
    const future = new Date(Date.now() + 600_000);
    expect((await refusalOf(await credentials({ ...CLIENT, notBefore: future }))).reason).toBe(
      'not_yet_valid',
    );
  });

  test('one of another authority, whatever names it has', async () => {
    const client = await credentials(CLIENT, await CertificateAuthority.create({ commonName: 'first' }));
    const refusal = await refusalOf(client);
    expect(refusal.reason).toBe('unknown_authority');
    expect(refusal.peer).toMatchObject({ names: `URI:${WORKER}`, serial: client.serial });
  });

  test('none', async () => {
    expect(await refusalOf({})).toMatchObject({
      reason: 'no_certificate',
      peer: { address: expect.any(String) },
    });
  });

  test('a server’s', async () => {
    expect((await refusalOf(await credentials(SERVER))).reason).toBe('wrong_usage');
  });

  test('who does not speak HTTP/2', async () => {
    expect((await refusalOf(await credentials(), [])).reason).toBe('no_http2');
  });

  test('who speaks an older TLS', async () => {
    expect((await refusalOf({ ...(await credentials()), maxVersion: 'TLSv1.2' })).reason).toBe('handshake');
  });

  test('who speaks no TLS', async () => {
    const { port } = server.address() as AddressInfo;
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write('GET / HTTP/1.1\r\nHost: skald\r\n\r\n');
    await closing(socket);
    expect(refusals).toMatchObject([{ reason: 'handshake' }]);
  });
});

describe('another CA', () => {
  test('beside the first: who is in stays, and both are believed', async () => {
    const old = await letIn(await credentials());
    const next = await CertificateAuthority.create({ commonName: 'second' });
    door.replace(await serverIdentity(next, next.certPem + authority.certPem));
    old.write('ping');
    await once(old, 'data');
    await letIn(await credentials(CLIENT, next));
    await letIn(await credentials());
    expect(ended).toEqual([]);
  });

  test('instead of the first: who came in under that goes at once, and does not come back', async () => {
    const next = await CertificateAuthority.create({ commonName: 'second' });
    door.replace(await serverIdentity(authority, next.certPem + authority.certPem));
    const [old, young] = [await letIn(await credentials()), await letIn(await credentials(CLIENT, next))];
    const closed = closing(old);
    door.replace(await serverIdentity(next, next.certPem));
    await closed;
    expect(ended).toEqual(['authority_removed']);
    young.write('ping');
    await once(young, 'data');
    admitted.length = 0;
    expect((await refusalOf(await credentials())).reason).toBe('unknown_authority');
  });

  test('does not vouch for a chain that only mentions it', async () => {
    const next = await CertificateAuthority.create({ commonName: 'second' });
    const { cert, key } = await credentials();
    await letIn({ cert: `${cert}\n${next.certPem}`, key });
    const [socket] = admitted;
    if (socket === undefined) throw new Error('nobody came in');
    const chain = chainOf(socket);
    expect(chain.map(({ subject }) => subject).at(-1)).toBe('CN=first');
    expect(isTrusted(chain, [new X509Certificate(next.certPem)])).toBe(false);
    expect(isTrusted(chain, [new X509Certificate(authority.certPem)])).toBe(true);
  });
});

test('a connection does not outlast its certificate by more than a moment', async () => {
  const notBefore = new Date(Date.now() - 10_000);
  const client = await letIn(await credentials({ ...CLIENT, notBefore, lifetimeSeconds: 11 }));
  await closing(client);
  expect(ended).toEqual(['expired']);
});
