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
  /** Also cuts off every connection that is still open. */
  close(): void;
}

/**
 * @param address host:port, port 0 takes a free one; an IPv6 host in brackets
 * @throws {Error} when the port cannot be bound
 */
export async function listen(address: string, onConnection: (socket: Socket) => void): Promise<Listener> {
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon).replace(/^\[(.*)\]$/, '$1');
  const open = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    // Reported by the layers above, if it comes to them; without a listener it would end the process.
    socket.on('error', () => {});
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
    close: () => {
      server.close();
      for (const socket of open) socket.destroy();
    },
  };
}
