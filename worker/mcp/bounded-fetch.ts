/** `fetch` for one MCP server: it stays with the server, gives it its key, and reads no more of an answer than is good. */
import { fetchWithin } from '../provider/guarded-fetch.ts';
import type { McpEndpoint } from './endpoint.ts';

/** Of one answer, or of one stream of events, bytes. It is parsed on the thread that speaks. */
export const MOST_BYTES = 256 * 1024;

export function boundedFetch(
  { url, reach }: Pick<McpEndpoint, 'url' | 'reach'>,
  apiKey: string | undefined,
  send: typeof fetch = fetchWithin(reach),
): (input: string | URL, init?: RequestInit) => Promise<Response> {
  const { origin } = new URL(url);
  return async (input, init) => {
    if (new URL(input).origin !== origin) throw new Error('the server named another host');
    const headers = new Headers(init?.headers);
    if (apiKey !== undefined) headers.set('authorization', `Bearer ${apiKey}`);
    const response = await send(input, { ...init, headers });
    if (response.body === null) return response;
    const { status, headers: answered } = response;
    return new Response(response.body.pipeThrough(atMost(MOST_BYTES)), { status, headers: answered });
  };
}

function atMost(bytes: number): TransformStream<Uint8Array, Uint8Array> {
  let left = bytes;
  return new TransformStream({
    transform: (chunk, controller) => {
      left -= chunk.byteLength;
      if (left < 0) controller.error(new Error(`the answer is longer than ${bytes / 1024} KiB`));
      else controller.enqueue(chunk);
    },
  });
}
