import { once } from 'node:events';
import { createServer } from 'node:net';

/** `count` different TCP ports that are free on `host` at the moment; the kernel does not hand them out again at once. */
export async function freePorts(count: number, host = '127.0.0.1'): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  try {
    return await Promise.all(
      servers.map(async (server) => {
        server.listen(0, host);
        await once(server, 'listening');
        const address = server.address();
        if (address === null || typeof address === 'string') throw new Error(`no TCP address on ${host}`);
        return address.port;
      }),
    );
  } finally {
    for (const server of servers) server.close();
  }
}
