/** For tests: a gateway on loopback that says and answers what the test wants, over the product's own mutual TLS. */
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server as TcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Server, ServerCredentials, status } from '@grpc/grpc-js';
import { slotPlace } from '../../src/api/gateway-place.ts';
import type { CertificateAuthority } from '../../src/pki/ca.ts';
import type { GatewayMessage, WorkerMessage } from '../../src/rpc/attach-client.ts';
import { callerOf } from '../../src/rpc/caller.ts';
import {
  type AttachRequest,
  type GatewayServiceServer,
  GatewayServiceService,
  type Hello,
} from '../../src/rpc/generated/skald/v1/gateway.ts';
import { DEFAULT_TRUST_DOMAIN, gatewayId, workerId } from '../../src/rpc/identity.ts';
import { TlsDoor } from '../../src/rpc/tls-door.ts';
import type { WorkerSettings } from '../settings.ts';

type Call = Parameters<GatewayServiceServer['attach']>[0];

/** One stream as the script sees it. */
export class Dialled {
  readonly hello: Hello;
  readonly serial: string;
  readonly said: WorkerMessage[] = [];
  closed = false;
  readonly #call: Call;

  constructor(call: Call, hello: Hello) {
    this.#call = call;
    this.hello = hello;
    this.serial = callerOf(call, DEFAULT_TRUST_DOMAIN).peer.serial ?? '';
    call.on('data', ({ message }: AttachRequest) => {
      if (message !== undefined && message.$case !== 'hello') this.said.push(message);
    });
    call.on('end', () => {
      this.closed = true;
      call.end();
    });
    call.on('error', () => {});
  }

  say(...messages: GatewayMessage[]): void {
    for (const message of messages) this.#call.write({ message });
  }

  /** Reads nothing until the returned function is called. */
  stall(): () => void {
    this.#call.pause();
    return () => void this.#call.resume();
  }

  refuse(code: status = status.UNAVAILABLE): void {
    this.#call.emit('error', { code, details: 'refused by the test' });
  }
}

export class ScriptedGateway {
  readonly dialled: Dialled[] = [];
  readonly #grpc = new Server();
  readonly #tcp: TcpServer;
  readonly #sockets = new Set<{ destroy(): void }>();

  private constructor(door: (grpc: Server) => TlsDoor, script: (stream: Dialled, index: number) => void) {
    this.#grpc.addService(GatewayServiceService, {
      attach: (call: Call) => {
        call.once('data', ({ message }: AttachRequest) => {
          if (message?.$case !== 'hello') return;
          const stream = new Dialled(call, message.value);
          this.dialled.push(stream);
          script(stream, this.dialled.length - 1);
        });
      },
    });
    const opened = door(this.#grpc);
    this.#tcp = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on('error', () => {});
      opened.accept(socket);
    });
  }

  /** @param script is given each stream after its Hello */
  static async start(
    authority: CertificateAuthority,
    script: (stream: Dialled, index: number) => void,
  ): Promise<ScriptedGateway> {
    const issued = await authority.issue({
      uriSans: [gatewayId(DEFAULT_TRUST_DOMAIN, slotPlace(0))],
      lifetimeSeconds: 3600,
      usages: ['server'],
    });
    const identity = {
      certificate: issued.certPem,
      privateKey: issued.keyPem,
      authority: authority.certPem,
    };
    const gateway = new ScriptedGateway((grpc) => {
      const injector = grpc.createConnectionInjector(ServerCredentials.createInsecure());
      return new TlsDoor({ identity, onConnection: (socket) => injector.injectConnection(socket) });
    }, script);
    await new Promise<void>((resolve) => gateway.#tcp.listen(0, '127.0.0.1', resolve));
    return gateway;
  }

  get address(): string {
    const bound = this.#tcp.address();
    return `127.0.0.1:${typeof bound === 'object' ? bound?.port : 0}`;
  }

  stop(): void {
    this.#grpc.forceShutdown();
    this.#tcp.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}

/** A mounted Secret as the kubelet makes it: three files behind a symbolic link that is switched. */
export class MountedCertificate {
  readonly directory: string;
  readonly #root: string;
  readonly #authority: CertificateAuthority;
  #version = 0;

  private constructor(root: string, authority: CertificateAuthority) {
    this.#root = root;
    this.directory = join(root, 'session');
    this.#authority = authority;
  }

  static async create(authority: CertificateAuthority): Promise<MountedCertificate> {
    const mounted = new MountedCertificate(await mkdtemp(join(tmpdir(), 'skald-mount-')), authority);
    await mkdir(mounted.directory);
    await mounted.renew();
    for (const file of ['tls.crt', 'tls.key', 'ca.crt']) {
      await symlink(join('..data', file), join(mounted.directory, file));
    }
    return mounted;
  }

  /** @returns the serial number of the new certificate */
  async renew(): Promise<string> {
    const issued = await this.#authority.issue({
      uriSans: [workerId(DEFAULT_TRUST_DOMAIN, 'skald-a', 's-0123abcd')],
      lifetimeSeconds: 3600,
      usages: ['client'],
    });
    this.#version += 1;
    const version = `..${this.#version}`;
    await mkdir(join(this.directory, version));
    await writeFile(join(this.directory, version, 'tls.crt'), issued.certPem);
    await writeFile(join(this.directory, version, 'tls.key'), issued.keyPem);
    await writeFile(join(this.directory, version, 'ca.crt'), this.#authority.certPem);
    await symlink(version, join(this.directory, '..data_tmp'));
    await rename(join(this.directory, '..data_tmp'), join(this.directory, '..data'));
    return issued.serial;
  }

  settings(gatewayAddress: string): WorkerSettings {
    const settings: Partial<WorkerSettings> = {
      gatewayAddress,
      gatewayServerName: 'skald-gateway',
      trustDomain: DEFAULT_TRUST_DOMAIN,
      podName: 'pod',
      podUid: 'uid-1',
      buildSha: 'test',
      sessionDirectory: this.directory,
      certificateCheckMs: 20,
    };
    return settings as WorkerSettings;
  }

  async remove(): Promise<void> {
    await rm(this.#root, { recursive: true, force: true });
  }
}
