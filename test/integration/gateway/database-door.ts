/** A way to the database that can be shut: what a gateway sees while PostgreSQL is away. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

export interface DatabaseDoor extends AsyncDisposable {
  readonly url: string;
  /** Ends what is connected, and refuses what comes. */
  shut(): void;
  open(): void;
}

export async function databaseDoor(databaseUrl: string): Promise<DatabaseDoor> {
  const { port, hostname } = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  let isOpen = true;
  const server = createServer((client) => {
    client.on('error', () => {});
    if (!isOpen) {
      client.destroy();
      return;
    }
    const upstream = connect(Number(port), hostname);
    client.pipe(upstream).pipe(client);
    for (const socket of [client, upstream]) {
      socket.on('error', () => {}).once('close', () => sockets.delete(socket));
      sockets.add(socket);
    }
  });
  const shut = (): void => {
    isOpen = false;
    for (const socket of sockets) socket.destroy();
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the door has no port');
  const url = new URL(databaseUrl);
  url.hostname = '127.0.0.1';
  url.port = String(address.port);
  return {
    url: url.href,
    shut,
    open: () => {
      isOpen = true;
    },
    [Symbol.asyncDispose]: async () => {
      shut();
      server.close();
      await once(server, 'close');
    },
  };
}
