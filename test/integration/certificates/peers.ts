// The certificates on the wire: the gateway's own TLS door in front of a real gRPC server, and real clients. Who connects
// and who is refused is decided by the product's code on both sides.
import { Server, ServerCredentials } from '@grpc/grpc-js';
import type { WorkerCertificate } from '../../../controller/certificates/issuer.ts';
import { secretText } from '../../../controller/certificates/secrets.ts';
import { type Listener, listen } from '../../../gateway/listener.ts';
import { waitUntil } from '../../../hack/process/wait-until.ts';
import { slotPlace } from '../../../src/api/index.ts';
import { type Client, secrets } from '../../../src/kube/index.ts';
import { peerIdentity } from '../../../src/rpc/caller.ts';
import {
  type StatusServiceServer,
  StatusServiceService,
} from '../../../src/rpc/generated/skald/v1/gateway.ts';
import { trustDomain } from '../../../src/rpc/identity.ts';
import type { PemIdentity } from '../../../src/rpc/pem-identity.ts';
import { GatewayStatusClient } from '../../../src/rpc/status-client.ts';
import { TlsDoor } from '../../../src/rpc/tls-door.ts';

export function eventually(what: string, check: () => boolean | Promise<boolean>): Promise<unknown> {
  return waitUntil(async () => check(), { what, deadlineMs: 40_000, everyMs: 25 });
}

const DOMAIN = trustDomain('skald.local');

/** A gateway with a given identity. It answers each caller with the caller's own SPIFFE id. */
export class ServingGateway implements AsyncDisposable {
  readonly #server: Server;
  readonly #listener: Listener;

  private constructor(server: Server, listener: Listener) {
    this.#server = server;
    this.#listener = listener;
  }

  static async start(identity: PemIdentity): Promise<ServingGateway> {
    const server = new Server();
    const service: StatusServiceServer = {
      getTenantStatus: (call, callback) => {
        const message = peerIdentity(call, DOMAIN)?.id ?? 'nobody';
        callback(null, { served: true, connected: true, reason: '', message, botUserId: '', guilds: 0 });
      },
    };
    server.addService(StatusServiceService, service);
    const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
    const door = new TlsDoor({ identity, onConnection: (socket) => injector.injectConnection(socket) });
    const listener = await listen('127.0.0.1:0', (socket) => door.accept(socket));
    return new ServingGateway(server, listener);
  }

  /** @returns the SPIFFE id under which the client was accepted @throws Error when either side refuses the other */
  async accepts(client: PemIdentity, slot: number): Promise<string> {
    using dialling = new GatewayStatusClient({
      address: `127.0.0.1:${this.#listener.port}`,
      place: slotPlace(slot),
      trustDomain: DOMAIN,
      identity: () => client,
    });
    return (await dialling.getTenantStatus('acme')).message;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.forceShutdown();
    this.#listener.close();
  }
}

/** One connection between the two. @returns who was accepted @throws Error when either side refuses the other */
export async function connect(client: PemIdentity, gateway: PemIdentity, slot = 0): Promise<string> {
  await using serving = await ServingGateway.start(gateway);
  return await serving.accepts(client, slot);
}

export function identityOf({ certPem, keyPem, caPem }: WorkerCertificate): PemIdentity {
  return { certificate: certPem, privateKey: keyPem, authority: caPem };
}

/** What the pod of this slot mounts; undefined while there is none. */
export async function gatewayIdentity(
  client: Client,
  namespace: string,
  slot = 0,
): Promise<PemIdentity | undefined> {
  const secret = await client.find(secrets, { namespace, name: `skald-gateway-${slot}-tls` });
  const [certificate, privateKey, authority] = ['tls.crt', 'tls.key', 'ca.crt'].map((key) =>
    secretText(secret, key),
  );
  if (certificate === undefined || privateKey === undefined || authority === undefined) return undefined;
  return { certificate, privateKey, authority };
}

/** Milliseconds: what the source adds to a session's start. Printed, because it is a figure and not a verdict. */
export async function measure(
  name: string,
  times: number,
  issue: (index: number) => Promise<unknown>,
): Promise<number> {
  const each: number[] = [];
  for (let index = 0; index < times; index++) {
    const began = performance.now();
    await issue(index);
    each.push(performance.now() - began);
  }
  each.sort((a, b) => a - b);
  const [median = 0, worst = 0] = [each[Math.floor(times / 2)], each.at(-1)];
  console.log(
    `${name}: a worker's certificate takes ${median.toFixed(0)} ms (median of ${times}), at most ${worst.toFixed(0)} ms`,
  );
  return median;
}
