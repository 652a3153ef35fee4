/** Between Discord and a gateway's endpoint: passes requests on and keeps them, so that they can be sent again. */
import { once } from 'node:events';
import { createServer } from 'node:http';

export interface Recorded {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export interface Recorder extends AsyncDisposable {
  readonly url: string;
  readonly requests: readonly Recorded[];
}

/** @param target where requests go, as it is when they come */
export async function recorder(target: () => string): Promise<Recorder> {
  const requests: Recorded[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk));
    const names = ['content-type', 'x-signature-ed25519', 'x-signature-timestamp'];
    const recorded = {
      path: request.url ?? '',
      headers: Object.fromEntries(names.map((name) => [name, String(request.headers[name])])),
      body: Buffer.concat(chunks),
    };
    requests.push(recorded);
    const answer = await send(target(), recorded);
    response.writeHead(answer.status, { 'content-type': 'application/json' });
    response.end(answer.body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** @returns status 0: the connection was cut before there was an answer */
export async function send(
  target: string,
  { path, headers, body }: Recorded,
): Promise<{ readonly status: number; readonly body: string }> {
  try {
    const response = await fetch(`${target}${path}`, {
      method: 'POST',
      headers,
      body: new Uint8Array(body),
      signal: AbortSignal.timeout(10_000),
    });
    return { status: response.status, body: await response.text() };
  } catch (error) {
    if (error instanceof TypeError) return { status: 0, body: '' };
    throw error;
  }
}
