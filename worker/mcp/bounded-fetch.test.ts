import { expect, it } from 'vitest';
import { boundedFetch, MOST_BYTES } from './bounded-fetch.ts';

const server = { url: 'https://tavern.example/mcp', reach: 'public' } as const;

function sending(answer: () => Response) {
  const sent: Request[] = [];
  const send: typeof fetch = async (input, init) => {
    sent.push(new Request(input, init));
    return answer();
  };
  return { sent, send };
}

it('gives the server its key, and nobody else anything', async () => {
  const { sent, send } = sending(() => new Response(null, { status: 202 }));
  const bounded = boundedFetch(server, 'sesame', send);
  const headers = { accept: 'application/json' };
  expect((await bounded('https://tavern.example/other', { method: 'POST', headers })).status).toBe(202);
  for (const elsewhere of [
    'https://thief.example/mcp',
    'http://tavern.example/mcp',
    'https://tavern.example:8443/',
  ])
    await expect(bounded(elsewhere)).rejects.toThrow('the server named another host');
  expect(sent.map(({ headers }) => [headers.get('authorization'), headers.get('accept')])).toEqual([
    ['Bearer sesame', 'application/json'],
  ]);
  await boundedFetch(server, undefined, send)(server.url);
  expect(sent[1]?.headers.has('authorization')).toBe(false);
});

it('reads no more than so many bytes', async () => {
  const answered = async (bytes: number) => {
    const { send } = sending(
      () => new Response(new Uint8Array(bytes), { headers: { 'mcp-session-id': '7' } }),
    );
    return await boundedFetch(server, undefined, send)(server.url);
  };
  const whole = await answered(MOST_BYTES);
  expect([whole.headers.get('mcp-session-id'), (await whole.arrayBuffer()).byteLength]).toEqual([
    '7',
    MOST_BYTES,
  ]);
  await expect((await answered(MOST_BYTES + 1)).arrayBuffer()).rejects.toThrow(
    'the answer is longer than 256 KiB',
  );
});
