import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { fetchAttachment, mayFetch } from './attachments.ts';

const DISCORD = 'https://discord.com/api';

test.each([
  ['https://cdn.discordapp.com/attachments/1/2/a.yaml?ex=1', true],
  ['https://media.discordapp.net/attachments/1/2/a.yaml', true],
  ['http://cdn.discordapp.com/attachments/1/2/a.yaml', false],
  ['https://cdn.discordapp.com:8443/a', false],
  ['https://cdn.discordapp.com.evil.example/a', false],
  ['https://cdn.discordapp.com@evil.example/a', false],
  ['https://x:y@cdn.discordapp.com/a', false],
  ['https://discord.com/api/a', false],
  ['http://169.254.169.254/latest/meta-data', false],
  ['file:///etc/passwd', false],
  ['not a url', false],
])('%s: %s', (url, allowed) => {
  expect(mayFetch(url, DISCORD)).toBe(allowed);
});

test('where Discord is another server, its files are there and nowhere else', () => {
  expect(mayFetch('http://127.0.0.1:5/attachments/a', 'http://127.0.0.1:5/api')).toBe(true);
  expect(mayFetch('http://127.0.0.1:6/attachments/a', 'http://127.0.0.1:5/api')).toBe(false);
  expect(mayFetch('https://cdn.discordapp.com/a', 'http://127.0.0.1:5/api')).toBe(false);
});

test('reads the file; an address elsewhere, a redirect and a missing file are refused without a word of the address', async () => {
  const paths: string[] = [];
  const server = createServer((request, response) => {
    paths.push(request.url ?? '');
    if (request.url === '/file') response.end('content');
    else if (request.url === '/redirect') response.writeHead(302, { location: '/file' }).end();
    else response.writeHead(404).end('gone');
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const read = async (url: string, apiUrl = `${origin}/api`): Promise<string> => {
    const chunks: Uint8Array[] = [];
    try {
      for await (const chunk of fetchAttachment(url, apiUrl)) chunks.push(chunk);
    } catch (error) {
      return String(error);
    }
    return Buffer.concat(chunks).toString();
  };
  try {
    expect(await read(`${origin}/file`)).toBe('content');
    for (const path of ['/redirect', '/secret']) {
      const refused = await read(`${origin}${path}`);
      expect(refused).toMatch(/^AttachmentError/);
      expect(refused).not.toContain(path);
    }
    expect(paths).toEqual(['/file', '/redirect', '/secret']);
    expect(await read(`${origin}/file`, DISCORD)).toMatch(/from Discord alone/);
    expect(paths).toHaveLength(3);
  } finally {
    server.close();
    server.closeAllConnections();
  }
});
