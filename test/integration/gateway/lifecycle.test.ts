import { once } from 'node:events';
import { createServer, connect as dialTcp } from 'node:net';
import { connect } from 'node:tls';
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import type { Gateway } from '../../../gateway/gateway.ts';
import { CertificateAuthority } from '../../../src/pki/ca.ts';
import { attach, PROTOCOL_VERSION } from '../../../src/rpc/attach-client.ts';
import { DEFAULT_TRUST_DOMAIN } from '../../../src/rpc/identity.ts';
import { Inbox } from './inbox.ts';
import { eventually, Scene } from './scene.ts';

let scene: Scene;

beforeEach(async () => {
  scene = await Scene.create({ kubeconfig: inject('kubeconfig'), databaseUrl: inject('databaseUrl') });
});

afterEach(async () => {
  await scene?.close();
});

async function reason(gateway: Gateway, wanted: string): Promise<string> {
  const status = await eventually(`the bot is ${wanted}`, () => {
    const current = gateway.directory.statusOf(scene.tenantName);
    return current.reason === wanted ? current : undefined;
  });
  return status.message;
}

describe('the bot', () => {
  test('waits for its token, and connects when there is one', async () => {
    await scene.writeToken(undefined);
    const gateway = await scene.startGateway({ connected: false });
    expect(await reason(gateway, 'TokenMissing')).toContain('skald-bot-token');
    await scene.writeToken(scene.botToken);
    await scene.connected(gateway);
  });

  test('connects when its right to read the token comes later than the tenant', async () => {
    const late = await Scene.create({
      kubeconfig: inject('kubeconfig'),
      databaseUrl: inject('databaseUrl'),
      tokenReadable: false,
    });
    try {
      const gateway = await late.startGateway({ connected: false });
      await eventually('the gateway was refused the token', () => late.log.includes('secrets'));
      expect(gateway.directory.statusOf(late.tenantName).reason).toBe('TokenMissing');
      await late.makeTokenReadable();
      await late.connected(gateway);
    } finally {
      await late.close();
    }
  });

  test('with a wrong token is parked after one try, until the token changes', async () => {
    await scene.writeToken('AAAAAAAAAAAAAAAAAAAAAAAA.BBBBBB.CCCCCCCCCCCCCCCCCCCCCCCCCCC');
    const gateway = await scene.startGateway({ connected: false });
    await reason(gateway, 'InvalidToken');
    const requests = (await scene.discord.requests()).length;
    expect(requests).toBe(1);
    // The same token written again is not a new one.
    await scene.writeToken('AAAAAAAAAAAAAAAAAAAAAAAA.BBBBBB.CCCCCCCCCCCCCCCCCCCCCCCCCCC\n');
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect((await scene.discord.requests()).length).toBe(requests);
    await scene.writeToken(scene.botToken);
    await scene.connected(gateway);
  });

  test('whose token is revoked while it is connected is parked', async () => {
    const gateway = await scene.startGateway();
    await scene.discord.inject({ kind: 'revokeBotToken', applicationId: scene.applicationId });
    expect(await reason(gateway, 'InvalidToken')).toContain('does not accept the bot token');
  });

  test('with the token of another application is parked', async () => {
    const other = await scene.discord.addApplication({ name: 'Other' });
    await scene.writeToken(other.token);
    const gateway = await scene.startGateway({ connected: false });
    expect(await reason(gateway, 'ApplicationMismatch')).toContain(other.id);
  });

  test('does not identify while another pod holds its lock', async () => {
    const first = await scene.startGateway();
    const second = await scene.startGateway({ connected: false });
    expect(await reason(second, 'Connecting')).toBeDefined();
    await eventually('the second pod waits', () =>
      second.directory.statusOf(scene.tenantName).message.includes('Another pod holds the lock'),
    );
    const identified = async () =>
      (await scene.discord.events()).filter(({ kind }) => kind === 'gatewayIdentify').length;
    expect(await identified()).toBe(1);
    await scene.stopGateway(first);
    await scene.connected(second);
    expect(await identified()).toBe(2);
  });

  test('is let go when the tenant is assigned to another slot', async () => {
    const gateway = await scene.startGateway();
    await scene.assign('skald-gateway-7');
    await reason(gateway, 'NotServed');
    await scene.discord.waitForEvent({ kind: 'gatewayClosed' });
  });
});

describe('a dial', () => {
  /** Whether there was a gateway, and how it ended, after how many milliseconds. */
  async function dialled(port: number) {
    const identity = await scene.workerIdentity('x');
    const begun = performance.now();
    let reached = false;
    const stream = attach({
      address: `127.0.0.1:${port}`,
      identity,
      trustDomain: DEFAULT_TRUST_DOMAIN,
      hello: { protocolVersion: PROTOCOL_VERSION, podName: 'p', podUid: 'p', buildSha: '' },
      connectTimeoutMs: 300,
      onConnected: () => {
        reached = true;
      },
    });
    const end = await new Inbox(stream).ended();
    return { reached, end, ms: performance.now() - begun };
  }

  test('that nobody answers is given up long before one that was answered', async () => {
    const silent = createServer(() => {}).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const address = silent.address();
    if (typeof address !== 'object' || address === null) throw new Error('no TCP address');
    const { reached, end, ms } = await dialled(address.port);
    silent.close();
    expect(end).toMatchObject({ retryable: true, message: expect.stringContaining('in 300 ms') });
    expect(reached).toBe(false);
    expect(ms).toBeLessThan(2_000);
    // Nobody listens there any more.
    expect(await dialled(address.port)).toMatchObject({ reached: false, end: { retryable: true } });
  });

  test('that the gateway refuses has reached it', async () => {
    const gateway = await scene.startGateway({ connected: false });
    expect(await dialled(gateway.port)).toMatchObject({ reached: true, end: { retryable: true } });
  });
});

describe('closing', () => {
  test('waits for no connection that never spoke, and leaves none', async () => {
    const gateway = await scene.startGateway({ connected: false });
    const { port } = gateway;
    const identity = await scene.operatorIdentity();
    const mute = dialTcp(port, '127.0.0.1');
    const noHttp = connect({
      host: '127.0.0.1',
      port,
      ca: identity.authority,
      cert: identity.certificate,
      key: identity.privateKey,
      ALPNProtocols: ['h2'],
      checkServerIdentity: () => undefined,
    });
    await Promise.all([once(mute, 'connect'), once(noHttp, 'secureConnect')]);
    // Cut off, not ended: whether an error comes before the close depends on what was under way. once() would take it.
    const ended = [mute, noHttp].map((socket) => {
      socket.on('error', () => {}).resume();
      return new Promise<void>((resolve) => socket.once('close', () => resolve()));
    });
    const begun = performance.now();
    await scene.stopGateway(gateway);
    expect(performance.now() - begun).toBeLessThan(5_000);
    await Promise.all(ended);
  });

  // pg's connect() never settles when it is ended, and the server closes, before the server has answered.
  test('waits for no database that does not answer', async () => {
    const dialled = Promise.withResolvers<void>();
    const silent = createServer((socket) => {
      socket.on('error', () => {}).resume();
      dialled.resolve();
    }).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const address = silent.address();
    if (typeof address !== 'object' || address === null) throw new Error('no TCP address');
    const databaseUrl = `postgres://nobody@127.0.0.1:${address.port}/skald`;
    const gateway = await scene.startGateway({ connected: false, databaseUrl });
    await dialled.promise;
    const begun = performance.now();
    await scene.stopGateway(gateway);
    expect(performance.now() - begun).toBeLessThan(3_000);
    silent.close();
  });
});

describe('mutual TLS', () => {
  test('a renewed certificate and authority take effect without a restart', async () => {
    const gateway = await scene.startGateway();
    const renewed = await CertificateAuthority.create();
    const uri = `spiffe://skald.local/ns/${scene.namespace}/worker/x`;
    const identity = await scene.clientIdentity(uri, renewed);
    const dial = async () => {
      const end = await new Inbox(await scene.dial(gateway, { identity })).ended();
      return end === 'closed' ? end : end.message;
    };
    expect(await dial()).toContain('certificate');
    await scene.writeServerCertificate(scene.tlsDirectory(), 0, renewed);
    // It gets through TLS, and is told that nobody knows its Job.
    await eventually('the new authority counts', async () => (await dial()).includes('has the Job x'));
  });

  test('TLS 1.2 is not spoken', async () => {
    const gateway = await scene.startGateway({ connected: false });
    const identity = await scene.operatorIdentity();
    const attempt = (maxVersion: 'TLSv1.2' | 'TLSv1.3') =>
      new Promise<string>((resolve) => {
        const socket = connect({
          host: '127.0.0.1',
          port: gateway.port,
          ca: identity.authority,
          cert: identity.certificate,
          key: identity.privateKey,
          ALPNProtocols: ['h2'],
          maxVersion,
          minVersion: 'TLSv1.2',
          checkServerIdentity: () => undefined,
        });
        socket.once('secureConnect', () => {
          resolve(socket.getProtocol() ?? '');
          socket.destroy();
        });
        socket.once('error', (error) => resolve(error.message));
        socket.once('close', () => resolve('closed'));
        setTimeout(() => socket.destroy(), 2_000).unref();
      });
    expect(await attempt('TLSv1.3')).toBe('TLSv1.3');
    expect(await attempt('TLSv1.2')).not.toBe('TLSv1.2');
  });
});
