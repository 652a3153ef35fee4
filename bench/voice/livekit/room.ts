/** LiveKit's own server on loopback, with one room for the agent and the person who talks to it. */
import { freePorts } from '../../../hack/process/free-port.ts';
import { waitUntil } from '../../../hack/process/wait-until.ts';
import { ContenderProcess } from '../../controller/contender-process.ts';

/** For a program to start, on a machine that does other things, too. */
export const STARTED_MS = 60_000;

export class Room {
  readonly name = 'tavern';
  readonly url: string;
  readonly key = 'bench';
  /** The server refuses shorter ones than 32 characters. */
  readonly secret = crypto.randomUUID();
  readonly #server: ContenderProcess;

  private constructor(
    ports: { http: number; tcp: number; udp: number },
    program: string,
    cores: readonly number[],
  ) {
    this.url = `ws://127.0.0.1:${ports.http}`;
    const configuration = {
      port: ports.http,
      bind_addresses: ['127.0.0.1'],
      keys: { [this.key]: this.secret },
      rtc: {
        tcp_port: ports.tcp,
        udp_port: ports.udp,
        node_ip: '127.0.0.1',
        use_external_ip: false,
        enable_loopback_candidate: true,
        interfaces: { includes: ['lo'] },
        stun_servers: [],
      },
      logging: { level: 'warn' },
    };
    // JSON is YAML.
    const args = ['--config-body', JSON.stringify(configuration)];
    this.#server = new ContenderProcess("LiveKit's server", { command: program, args }, cores);
  }

  static async open(program: string, cores: readonly number[], signal: AbortSignal): Promise<Room> {
    const [http = 0, tcp = 0, udp = 0] = await freePorts(3);
    const room = new Room({ http, tcp, udp }, program, cores);
    try {
      await answers(`http://127.0.0.1:${http}/`, room.#server, signal);
      return room;
    } catch (error) {
      await room.close();
      throw error;
    }
  }

  close(): Promise<void> {
    return this.#server.stop();
  }
}

/** Resolves when the URL answers with success. */
export async function answers(url: string, by: ContenderProcess, signal: AbortSignal): Promise<void> {
  await waitUntil(async (until) => (await fetch(url, { signal: until })).ok, {
    what: `${by.name} to be ready`,
    deadlineMs: STARTED_MS,
    signal,
    check: () => {
      if (!by.running) throw by.failure();
    },
  });
}
