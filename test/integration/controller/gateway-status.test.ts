import { Server, ServerCredentials } from '@grpc/grpc-js';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { secretText } from '../../../controller/certificates/secrets.ts';
import { GatewayStatus } from '../../../controller/gateway-status.ts';
import { type Listener, listen } from '../../../gateway/listener.ts';
import { secrets } from '../../../src/kube/index.ts';
import { peerIdentity } from '../../../src/rpc/caller.ts';
import {
  type StatusServiceServer,
  StatusServiceService,
} from '../../../src/rpc/generated/skald/v1/gateway.ts';
import { trustDomain } from '../../../src/rpc/identity.ts';
import { TlsDoor } from '../../../src/rpc/tls-door.ts';
import { World } from './world.ts';

// The certificates that the operator makes, on the wire: a gateway with the Secret of its slot, and the operator with
// its own identity.

let world: World;
let server: Server;
let listener: Listener;
let port: number;
let caller: string | undefined;

beforeAll(async () => {
  world = await World.create({ kubeconfig: inject('kubeconfig') });
  await world.start();
  const { systemNamespace: namespace } = world;
  const secret = await world.until(
    secrets,
    { namespace, name: 'skald-gateway-1-tls' },
    (one) => one !== undefined,
  );
  const text = (key: string): string => secretText(secret, key) ?? '';
  server = new Server();
  const service: StatusServiceServer = {
    getTenantStatus: (call, callback) => {
      caller = peerIdentity(call, trustDomain('skald.local'))?.id;
      const connected = { served: true, connected: true, reason: 'Connected', message: '' };
      callback(null, { ...connected, botUserId: '7', guilds: 2 });
    },
  };
  server.addService(StatusServiceService, service);
  const identity = { certificate: text('tls.crt'), privateKey: text('tls.key'), authority: text('ca.crt') };
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  const door = new TlsDoor({ identity, onConnection: (socket) => injector.injectConnection(socket) });
  listener = await listen('127.0.0.1:0', (socket) => door.accept(socket));
  port = listener.port;
});
afterAll(async () => {
  server?.forceShutdown();
  listener?.close();
  await world?.[Symbol.asyncDispose]();
});

function client(): GatewayStatus {
  const { settings } = world;
  return new GatewayStatus(
    { ...settings, gateway: { ...settings.gateway, addressTemplate: `127.0.0.1:${port}` } },
    () => world.operator.certificates.operatorIdentity(),
  );
}

test('the operator asks a gateway with its own certificate', async () => {
  using status = client();
  expect(await status.ask('skald-gateway-1', 'acme')).toMatchObject({ connected: true, guilds: 2 });
  expect(caller).toBe('spiffe://skald.local/operator');
});

test('a gateway of another slot at that address is not believed', async () => {
  using status = client();
  await expect(status.ask('skald-gateway-0', 'acme')).rejects.toThrow(/skald-gateway-0|slot 0/);
});

test('before the operator has a certificate it asks nobody', async () => {
  using status = new GatewayStatus(world.settings, () => undefined);
  await expect(status.ask('skald-gateway-1', 'acme')).rejects.toThrow('no certificate yet');
});
