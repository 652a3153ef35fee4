/**
 * The TCP port of the gRPC server, with its connections in hand. grpc-js, when it binds itself, knows only those that
 * have spoken HTTP/2: one that is still in its TLS handshake (two minutes at most), or never begins it, would outlast
 * even a forced shutdown and keep the process from ending.
 */
import { createServer, type Socket } from 'node:net';

export interface Listener {
  readonly port: number;
  /** Takes no further connections; those that are open stay. */
  stopListening(): void;
  /** Hangs up on this one. Nothing happens when it is gone. */
  cutOff(address: string | undefined, port: number | undefined): void;
  /** Also cuts off every connection that is still open. */
  close(): void;
}

/** Who may come as far as a handshake. */
export interface Turnstiles {
  /** @returns false: the connection is closed before its first byte; otherwise what is called when it is over */
  admit(address: string, port: number): (() => void) | false;
}

/**
 * @param address host:port, port 0 takes a free one; an IPv6 host in brackets
 * @param turnstiles who is let in. @defaultValue everybody
 * @throws {Error} when the port cannot be bound
 */
export async function listen(
  address: string,
  onConnection: (socket: Socket) => void,
  turnstiles: Turnstiles = { admit: () => () => {} },
): Promise<Listener> {
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon).replace(/^\[(.*)\]$/, '$1');
  const open = new Map<string, Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    // Reported by the layers above, if it comes to them; without a listener it would end the process.
    socket.on('error', () => {});
    const { remoteAddress = '', remotePort = 0 } = socket;
    const leave = turnstiles.admit(remoteAddress, remotePort);
    if (leave === false) {
      socket.destroy();
      return;
    }
    const key = keyOf(remoteAddress, remotePort);
    open.set(key, socket);
    socket.once('close', () => {
      leave();
      if (open.get(key) === socket) open.delete(key);
    });
    onConnection(socket);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port: Number(address.slice(colon + 1)) }, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const bound = server.address();
  return {
    port: typeof bound === 'object' && bound !== null ? bound.port : 0,
    stopListening: () => void server.close(),
    cutOff: (host, port) => open.get(keyOf(host, port))?.destroy(),
    close: () => {
      server.close();
      for (const socket of open.values()) socket.destroy();
    },
  };
}

function keyOf(address = '', port = 0): string {
  return `${address} ${port}`;
}
