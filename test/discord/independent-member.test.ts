import { createDecipheriv, createHmac } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import {
  type ClientState,
  decodeMlsMessage,
  emptyPskIndex,
  encodeMlsMessage,
  generateKeyPackage,
  getCiphersuiteFromName,
  getCiphersuiteImpl,
  joinGroup,
  mlsExporter,
} from 'ts-mls';
import { afterEach, beforeEach, expect, test } from 'vitest';
import WebSocket from 'ws';
import { u16, u64, vector } from './mls/writer.ts';
import { DiscordSimulator } from './simulator.ts';
import { type Bot, connectBot } from './testing.ts';

/**
 * The second opinion: a client that shares no code with davey (ts-mls for the group, node:crypto for the
 * frames) joins through the simulator's WebSocket and UDP, and must be able to read what a person says.
 */
const SUITE = 'MLS_128_DHKEMP256_AES128GCM_SHA256_P256';

let simulator: DiscordSimulator;
let bot: Bot;
let guildId: string;
let voiceId: string;
let socket: WebSocket;
let udp: Socket;

beforeEach(async () => {
  simulator = new DiscordSimulator({ modes: ['aead_aes256_gcm_rtpsize'] });
  await simulator.start();
  const application = await simulator.addApplication();
  guildId = await simulator.addGuild({ name: 'Tavern' });
  voiceId = await simulator.addChannel(guildId, { type: 'voice', name: 'table' });
  await simulator.inviteBot(application.id, guildId);
  bot = await connectBot(simulator, application);
  udp = createSocket('udp4');
});

afterEach(async () => {
  socket.terminate();
  udp.close();
  await bot.close();
  await simulator.stop();
});

test('a ts-mls member joins a group of davey members through the simulator and decrypts their frames', async () => {
  const alice = await simulator.person({ guildId, name: 'Alice' });
  await alice.joinVoice(voiceId);
  const { secretKey, ssrcOf, binary } = await handshake();

  const suite = await getCiphersuiteImpl(getCiphersuiteFromName(SUITE));
  const own = await generateKeyPackage(
    { credentialType: 'basic', identity: new Uint8Array(u64(BigInt(bot.applicationId))) },
    { versions: ['mls10'], ciphersuites: [SUITE], extensions: [], proposals: [], credentials: ['basic'] },
    { notBefore: 0n, notAfter: 2n ** 64n - 1n },
    [],
    suite,
  );
  // As an MLSMessage, where davey sends the bare structure: the server takes both.
  const message = encodeMlsMessage({
    version: 'mls10',
    wireformat: 'mls_key_package',
    keyPackage: own.publicPackage,
  });
  socket.send(Buffer.concat([Buffer.from([26]), message]));
  const welcome = (await binary(30)).subarray(2); // behind the transition id
  const decoded = decodeMlsMessage(new Uint8Array(Buffer.concat([u16(1), u16(3), welcome])), 0)?.[0];
  if (decoded?.wireformat !== 'mls_welcome') throw new Error('the welcome cannot be read');
  const state = await joinGroup(decoded.welcome, own.publicPackage, own.privatePackage, emptyPskIndex, suite);
  expect(Buffer.from(state.groupContext.groupId)).toEqual(u64(BigInt(voiceId)));
  expect(state.groupContext.epoch).toBe(1n);

  const opus = Buffer.from('an opus packet of sixty bytes or so, it does not matter which');
  const arrived = new Promise<Buffer>((resolve) => {
    udp.on('message', (packet) => {
      if (packet.length > opus.length) resolve(packet);
    });
  });
  await alice.sayPackets([opus]);
  const packet = await arrived;
  expect(packet.readUInt32BE(8)).toBe(ssrcOf(alice.userId));
  const frame = openTransport(packet, secretKey);
  expect(frame.includes(opus)).toBe(false);
  expect(decryptFrame(frame, await senderKey(state, alice.userId))).toEqual(opus);
});

/** Voice gateway v8 by hand: opcode 4, Identify, IP discovery, Select Protocol. */
async function handshake() {
  await bot.manager.send(0, {
    op: 4,
    d: { guild_id: guildId, channel_id: voiceId, self_mute: false, self_deaf: false },
  });
  const server = await bot.next('VOICE_SERVER_UPDATE');
  const session_id = bot.dispatches
    .filter((dispatch) => dispatch.t === 'VOICE_STATE_UPDATE')
    .map((dispatch) => dispatch.d as { user_id: string; session_id: string })
    .find((state) => state.user_id === bot.applicationId)?.session_id;
  const { token, endpoint } = server.d as { token: string; endpoint: string };

  const messages: { op: number; d: Record<string, unknown> }[] = [];
  const binaries: { op: number; body: Buffer }[] = [];
  const wake = new Set<() => void>();
  socket = new WebSocket(`wss://${endpoint}/?v=8`, { ca: simulator.authorityPem });
  socket.on('message', (data: Buffer, isBinary) => {
    if (isBinary) binaries.push({ op: data.readUInt8(2), body: data.subarray(3) });
    else messages.push(JSON.parse(data.toString('utf8')));
    for (const resolve of [...wake]) resolve();
  });
  const find = async <T>(probe: () => T | undefined): Promise<T> => {
    for (;;) {
      const found = probe();
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => {
        const once = () => {
          wake.delete(once);
          resolve();
        };
        wake.add(once);
      });
    }
  };
  const json = (op: number) => find(() => messages.find((entry) => entry.op === op)?.d);
  const binary = (op: number) => find(() => binaries.find((entry) => entry.op === op)?.body);

  await once(socket, 'open');
  const identify = { server_id: guildId, user_id: bot.applicationId, session_id, token };
  socket.send(JSON.stringify({ op: 0, d: { ...identify, max_dave_protocol_version: 1 } }));
  const ready = await json(2);
  const discovery = Buffer.alloc(74);
  discovery.writeUInt16BE(1, 0);
  discovery.writeUInt16BE(70, 2);
  discovery.writeUInt32BE(Number(ready.ssrc), 4);
  udp.send(discovery, Number(ready.port), String(ready.ip));
  const [answer]: Buffer[] = await once(udp, 'message');
  const port = answer?.readUInt16BE(72);
  const data = { address: '127.0.0.1', port, mode: 'aead_aes256_gcm_rtpsize' };
  socket.send(JSON.stringify({ op: 1, d: { protocol: 'udp', data } }));
  const description = await json(4);
  await binary(25);
  const ssrcOf = (userId: string) =>
    messages.find((entry) => entry.d?.user_id === userId && 'ssrc' in entry.d)?.d.ssrc;
  return { secretKey: Buffer.from(description.secret_key as number[]), ssrcOf, binary };
}

function openTransport(packet: Buffer, key: Buffer): Buffer {
  const nonce = Buffer.alloc(12);
  packet.copy(nonce, 0, packet.length - 4);
  const decipher = createDecipheriv('aes-256-gcm', key, nonce);
  decipher.setAAD(packet.subarray(0, 12));
  decipher.setAuthTag(packet.subarray(-20, -4));
  return Buffer.concat([decipher.update(packet.subarray(12, -20)), decipher.final()]);
}

/** MLS-Exporter("Discord Secure Frames v0", user id little-endian, 16), then generation 0 of its ratchet. */
async function senderKey(state: ClientState, userId: string): Promise<Buffer> {
  const suite = await getCiphersuiteImpl(getCiphersuiteFromName(SUITE));
  const identity = Buffer.alloc(8);
  identity.writeBigUInt64LE(BigInt(userId));
  const base = await mlsExporter(
    state.keySchedule.exporterSecret,
    'Discord Secure Frames v0',
    new Uint8Array(identity),
    16,
    suite,
  );
  return ratchetKey(Buffer.from(base));
}

/** Generation 0 of the sender's ratchet: DeriveTreeSecret(base, "key", 0, 16). */
function ratchetKey(base: Buffer): Buffer {
  const info = Buffer.concat([
    u16(16),
    vector(Buffer.from('MLS 1.0 key')),
    vector(Buffer.alloc(4)),
    Buffer.from([1]),
  ]);
  return createHmac('sha256', base).update(info).digest().subarray(0, 16);
}

/** Ciphertext, 8-byte tag, ULEB128 nonce, size of all that follows the ciphertext, FA FA. */
function decryptFrame(frame: Buffer, key: Buffer): Buffer {
  const size = frame.readUInt8(frame.length - 3);
  const ciphertext = frame.subarray(0, frame.length - size);
  const supplement = frame.subarray(frame.length - size);
  const iv = Buffer.alloc(12);
  iv.writeUInt32LE(supplement.readUInt8(8), 8); // the first nonces fit into one byte
  const decipher = createDecipheriv('aes-128-gcm', key, iv, { authTagLength: 8 });
  decipher.setAuthTag(supplement.subarray(0, 8));
  return Buffer.concat([decipher.update(ciphertext), decipher.final()]);
}
