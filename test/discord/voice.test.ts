import { once } from 'node:events';
import opus from '@discordjs/opus';
import {
  type DiscordGatewayAdapterCreator,
  entersState,
  joinVoiceChannel,
  type VoiceConnection,
  VoiceConnectionStatus,
} from '@discordjs/voice';
import {
  GatewayDispatchEvents,
  type GatewaySendPayload,
  type GatewayVoiceServerUpdateDispatchData,
  type GatewayVoiceStateUpdateDispatchData,
} from 'discord-api-types/v10';
import { afterEach, expect, test, vi } from 'vitest';
import type { SimulatorOptions } from './options.ts';
import { DiscordSimulator } from './simulator.ts';
import { type Bot, connectBot, trust } from './testing.ts';

let simulator: DiscordSimulator;
let bot: Bot;
let guildId: string;
let voiceId: string;
const connections: VoiceConnection[] = [];

async function scene(options: SimulatorOptions = {}): Promise<void> {
  simulator = new DiscordSimulator(options);
  await simulator.start();
  trust(simulator);
  const application = await simulator.addApplication({ name: 'Skald' });
  guildId = await simulator.addGuild({ name: 'Tavern' });
  voiceId = await simulator.addChannel(guildId, { type: 'voice', name: 'table' });
  await simulator.inviteBot(application.id, guildId);
  bot = await connectBot(simulator, application);
}

afterEach(async () => {
  for (const connection of connections.splice(0)) {
    if (connection.state.status !== VoiceConnectionStatus.Destroyed) connection.destroy();
  }
  await bot.close();
  await simulator.stop();
});

/** Signalling through the bot's real gateway connection. */
function adapter(): DiscordGatewayAdapterCreator {
  return (methods) => {
    let at = bot.dispatches.length;
    const pump = setInterval(() => {
      for (; at < bot.dispatches.length; at += 1) {
        const dispatch = bot.dispatches[at];
        if (dispatch?.t === GatewayDispatchEvents.VoiceStateUpdate) {
          const data = dispatch.d as GatewayVoiceStateUpdateDispatchData;
          if (data.user_id === bot.applicationId) methods.onVoiceStateUpdate(data);
        } else if (dispatch?.t === GatewayDispatchEvents.VoiceServerUpdate) {
          methods.onVoiceServerUpdate(dispatch.d as GatewayVoiceServerUpdateDispatchData);
        }
      }
    }, 2);
    return {
      sendPayload: (payload: GatewaySendPayload) => {
        void bot.manager.send(0, payload);
        return true;
      },
      destroy: () => clearInterval(pump),
    };
  };
}

/** Ready, and in the executed end-to-end group. */
async function joinInCompany(): Promise<VoiceConnection> {
  const connection = join();
  const encrypted = once(connection, 'transitioned');
  await entersState(connection, VoiceConnectionStatus.Ready, 5_000);
  await encrypted;
  return connection;
}

function join(options: { daveEncryption?: boolean } = {}): VoiceConnection {
  const connection = joinVoiceChannel({
    guildId,
    channelId: voiceId,
    group: bot.applicationId,
    selfDeaf: false,
    adapterCreator: adapter(),
    ...options,
  });
  connections.push(connection);
  return connection;
}

function tone(frames: number): Buffer[] {
  const encoder = new opus.OpusEncoder(48_000, 2);
  return Array.from({ length: frames }, (_, frame) => {
    const pcm = Buffer.alloc(3840);
    for (let index = 0; index < 960; index += 1) {
      const value = Math.round(8000 * Math.sin(((frame * 960 + index) * 2 * Math.PI * 440) / 48_000));
      pcm.writeInt16LE(value, index * 4);
      pcm.writeInt16LE(value, index * 4 + 2);
    }
    return encoder.encode(pcm);
  });
}

async function play(connection: VoiceConnection, packets: readonly Buffer[]): Promise<void> {
  connection.setSpeaking(true);
  for (const packet of packets) {
    connection.playOpusPacket(packet);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  for (let index = 0; index < 5; index += 1) connection.playOpusPacket(Buffer.from([0xf8, 0xff, 0xfe]));
  connection.setSpeaking(false);
}

/** Which of the sent packets these are, byte by byte; -1 for one that was never sent. */
function numbers(heard: readonly Buffer[], sent: readonly Buffer[]): number[] {
  return heard.map((packet) => sent.findIndex((candidate) => candidate.equals(packet)));
}

/** Exactly these packets in this order; the last ones may still be on their way. */
async function arrives(heard: readonly Buffer[], sent: readonly Buffer[]): Promise<void> {
  await vi.waitFor(() => expect(numbers(heard, sent)).toEqual([...sent.keys()]), 2_000);
}

function listen(connection: VoiceConnection, userId: string): Buffer[] {
  const packets: Buffer[] = [];
  connection.receiver.subscribe(userId).on('data', (packet: Buffer) => {
    if (packet.length > 3) packets.push(packet);
  });
  return packets;
}

for (const mode of ['aead_aes256_gcm_rtpsize', 'aead_xchacha20_poly1305_rtpsize']) {
  test(`over ${mode} a real bot and a person hear each other's bytes exactly, end-to-end encrypted`, async () => {
    await scene({ modes: [mode] });
    const alice = await simulator.person({ guildId, name: 'Alice' });
    await alice.joinVoice(voiceId);
    const connection = await joinInCompany();
    await alice.waitUntilUsable();
    expect(connection.voicePrivacyCode).toBe(alice.privacyCode);
    expect(alice.privacyCode).not.toBe('');

    const packets = tone(15);
    const heard = listen(connection, alice.userId);
    await alice.sayPackets(packets);
    await arrives(heard, packets);

    await play(connection, packets);
    const spurt = await alice.waitToHear({ from: bot.applicationId, silenceMs: 200 });
    expect(await alice.heardPackets(bot.applicationId)).toEqual(packets);
    expect(spurt).toMatchObject({ packets: packets.length, lost: 0, undecryptable: 0 });
  });
}

test('after a crash of the voice server (4015) the client resumes, gets what it missed and hears on', async () => {
  await scene();
  const alice = await simulator.person({ guildId, name: 'Alice' });
  await alice.joinVoice(voiceId);
  const connection = await joinInCompany();
  const heard = listen(connection, alice.userId);
  const states: string[] = [];
  connection.on('stateChange', (_, state) => states.push(state.status));

  await simulator.inject({ kind: 'closeVoice', guildId, userId: bot.applicationId, code: 4015 });
  // Bob comes while the bot is away: ClientsConnect and the proposals must be replayed.
  const bob = await simulator.person({ guildId, name: 'Bob' });
  const joined = bob.joinVoice(voiceId);
  await simulator.waitForEvent({ kind: 'voiceResumed', userId: bot.applicationId });
  await joined;
  const packets = tone(3);
  await alice.sayPackets(packets);
  await arrives(heard, packets);
  expect(states).not.toContain(VoiceConnectionStatus.Disconnected);
  expect(connection.voicePrivacyCode).toBe(bob.privacyCode);
});

test('a bot left alone is downgraded, and is in the new group when company returns', async () => {
  await scene();
  const alice = await simulator.person({ guildId, name: 'Alice' });
  await alice.joinVoice(voiceId);
  const connection = await joinInCompany();
  const code = connection.voicePrivacyCode;
  await alice.leaveVoice();
  await once(connection, 'transitioned');
  expect(connection.voicePrivacyCode).toBeUndefined();
  await alice.joinVoice(voiceId);
  const packets = tone(3);
  const heard = listen(connection, alice.userId);
  await alice.sayPackets(packets);
  await arrives(heard, packets);
  expect(connection.voicePrivacyCode).toBe(alice.privacyCode);
  expect(connection.voicePrivacyCode).not.toBe(code);
  await play(connection, packets);
  await vi.waitFor(async () =>
    expect(numbers(await alice.heardPackets(bot.applicationId), packets)).toEqual([...packets.keys()]),
  );
});

test('a client without DAVE is closed with 4017 and asks again and again without a pause', async () => {
  await scene();
  const connection = join({ daveEncryption: false });
  const refused = await simulator.waitForEvent({
    kind: 'voiceClosed',
    userId: bot.applicationId,
    detail: '4017 E2EE/DAVE protocol required',
  });
  await simulator.waitForEvent({ kind: 'opcode4', userId: bot.applicationId, afterMs: refused.at });
  connection.destroy();
});

test('VOICE_SERVER_UPDATE before VOICE_STATE_UPDATE leaves the library signalling for ever', async () => {
  await scene();
  await simulator.inject({ kind: 'serverUpdateFirst', guildId, on: true });
  const connection = join();
  await simulator.waitForEvent({ kind: 'voiceStateUpdate', userId: bot.applicationId });
  await expect(entersState(connection, VoiceConnectionStatus.Connecting, 150)).rejects.toThrow();
  expect(connection.state.status).toBe(VoiceConnectionStatus.Signalling);
});

test('a withheld VOICE_SERVER_UPDATE comes with the next opcode 4', async () => {
  await scene();
  await simulator.inject({ kind: 'withholdVoiceServerUpdate', guildId, count: 1 });
  const connection = join();
  await expect(entersState(connection, VoiceConnectionStatus.Ready, 150)).rejects.toThrow();
  connection.rejoin();
  await entersState(connection, VoiceConnectionStatus.Ready, 3_000);
});

test('opcode 4 without CONNECT, into a full channel or a text channel is answered with nothing', async () => {
  await scene();
  const ask = (channelId: string) =>
    bot.manager.send(0, {
      op: 4,
      d: { guild_id: guildId, channel_id: channelId, self_mute: false, self_deaf: false },
    });
  await simulator.setChannelPermissions(voiceId, bot.applicationId, { deny: ['Connect'] });
  await ask(voiceId);
  const full = await simulator.addChannel(guildId, { type: 'voice', name: 'full', userLimit: 1 });
  const alice = await simulator.person({ guildId, name: 'Alice' });
  await alice.joinVoice(full);
  await ask(full);
  await ask(await simulator.addChannel(guildId, { type: 'text', name: 'text' }));
  await simulator.waitForEvent({ kind: 'opcode4Ignored', detail: 'not a voice channel' });
  const ignored = (await simulator.events()).filter((event) => event.kind === 'opcode4Ignored');
  expect(ignored.map((event) => event.detail)).toEqual([
    'CONNECT is missing',
    'the channel is full',
    'not a voice channel',
  ]);
  expect((await simulator.voiceStates(guildId)).map((state) => state.userId)).toEqual([alice.userId]);
});

test('a kicked bot is closed with 4014 and told that it is in no channel', async () => {
  await scene();
  const connection = join();
  await entersState(connection, VoiceConnectionStatus.Ready, 3_000);
  await simulator.moveMember(guildId, bot.applicationId, null);
  await entersState(connection, VoiceConnectionStatus.Disconnected, 3_000);
  expect(connection.state).toMatchObject({ closeCode: 4014 });
  expect(await simulator.voiceStates(guildId)).toEqual([]);
});

test('a moved bot follows into the other channel', async () => {
  await scene();
  const cellar = await simulator.addChannel(guildId, { type: 'voice', name: 'cellar' });
  const connection = join();
  await entersState(connection, VoiceConnectionStatus.Ready, 3_000);
  await simulator.moveMember(guildId, bot.applicationId, cellar);
  await simulator.waitForEvent({ kind: 'voiceSessionDescription', channelId: cellar }, 3_000);
  await entersState(connection, VoiceConnectionStatus.Ready, 3_000);
});

test('when the voice server moves, the client connects to the new one', async () => {
  await scene();
  const connection = join();
  await entersState(connection, VoiceConnectionStatus.Ready, 3_000);
  const at = await simulator.now();
  await simulator.inject({ kind: 'moveVoiceServer', guildId, userId: bot.applicationId });
  await simulator.waitForEvent({ kind: 'voiceSessionDescription', afterMs: at }, 3_000);
  await entersState(connection, VoiceConnectionStatus.Ready, 3_000);
});
