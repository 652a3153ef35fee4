import { createPublicKey, verify } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import { DiscordSimulator } from './simulator.ts';

let simulator: DiscordSimulator;
let endpoint: Server;

afterEach(async () => {
  await simulator.stop();
  endpoint.closeAllConnections();
  await new Promise((resolve) => endpoint.close(resolve));
});

test('interactions over HTTP are signed with the application key, and the body of the answer is the callback', async () => {
  const received: { body: string; signature: string; timestamp: string }[] = [];
  endpoint = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    received.push({
      body,
      signature: String(request.headers['x-signature-ed25519']),
      timestamp: String(request.headers['x-signature-timestamp']),
    });
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ type: 4, data: { content: 'pong' } }));
  });
  await new Promise<void>((resolve) => endpoint.listen(0, '127.0.0.1', () => resolve()));
  const address = endpoint.address();
  const port = typeof address === 'object' && address ? address.port : 0;

  simulator = new DiscordSimulator();
  const { apiUrl } = await simulator.start();
  const application = await simulator.addApplication({
    interactionsUrl: `http://127.0.0.1:${port}/interactions`,
  });
  const guildId = await simulator.addGuild({ name: 'Tavern' });
  const textId = await simulator.addChannel(guildId, { type: 'text', name: 'table' });
  await simulator.inviteBot(application.id, guildId);
  await fetch(`${apiUrl}/v10/applications/${application.id}/commands`, {
    method: 'POST',
    headers: { authorization: `Bot ${application.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'ping', description: 'Ping' }),
  });
  const alice = await simulator.person({ guildId, name: 'Alice' });
  const handle = await simulator.command(alice, guildId, textId, 'ping');
  expect((await handle.waitForReply()).text).toBe('pong');

  const [call] = received;
  if (!call) throw new Error('nothing arrived');
  const spki = Buffer.concat([
    Buffer.from('302a300506032b6570032100', 'hex'),
    Buffer.from(application.publicKey, 'hex'),
  ]);
  const key = createPublicKey({ key: spki, format: 'der', type: 'spki' });
  const signed = Buffer.from(call.timestamp + call.body);
  expect(verify(null, signed, key, Buffer.from(call.signature, 'hex'))).toBe(true);
  const tampered = await simulator.signedRequest(
    application.id,
    { type: 1 },
    { tamper: true, ageSeconds: 400 },
  );
  expect(tampered.status).toBe(200); // this endpoint verifies nothing
  const replay = received[1];
  if (!replay) throw new Error('nothing arrived');
  const replayed = Buffer.from(replay.timestamp + replay.body);
  expect(verify(null, replayed, key, Buffer.from(replay.signature, 'hex'))).toBe(false);
  expect(Number(call.timestamp) - Number(replay.timestamp)).toBeGreaterThanOrEqual(399);
  expect(JSON.parse(call.body)).toMatchObject({ type: 2, data: { name: 'ping' }, guild_id: guildId });
});
