/** The bot's place in a voice channel, in this process, at the simulated Discord: what goes wrong on the way. */
import { WebSocketShardEvents } from '@discordjs/ws';
import {
  GatewayDispatchEvents,
  GatewayOpcodes,
  type GatewayVoiceServerUpdateDispatchData,
  type GatewayVoiceState,
} from 'discord-api-types/v10';
import { afterEach, expect, test } from 'vitest';
import { createLogger } from '../../../src/telemetry/log.ts';
import { SPEAK_FRAME } from '../../../worker/audio/rates.ts';
import { SpeechEncoder } from '../../../worker/audio/speech-encoder.ts';
import { Pacer } from '../../../worker/transport/pacer.ts';
import type { ReceivedPacket } from '../../../worker/transport/receive.ts';
import { VoiceChannel, type VoiceChannelOptions } from '../../../worker/transport/voice-channel.ts';
import type { PersonHandle } from '../../discord/api.ts';
import { DiscordSimulator } from '../../discord/simulator.ts';
import { type Bot, connectBot, trust } from '../../discord/testing.ts';
import { TRANSPORT_MODES } from '../../discord/voice/transport-cipher.ts';

const WAIT = { timeout: 20_000, interval: 20 };

class Table {
  readonly simulator: DiscordSimulator;
  readonly bot: Bot;
  readonly guildId: string;
  readonly channelId: string;
  readonly voice: VoiceChannel;
  readonly packets: ReceivedPacket[] = [];
  readonly refused: string[] = [];

  constructor(
    parts: Pick<Table, 'simulator' | 'bot' | 'guildId' | 'channelId'>,
    options: Partial<VoiceChannelOptions>,
  ) {
    this.simulator = parts.simulator;
    this.bot = parts.bot;
    this.guildId = parts.guildId;
    this.channelId = parts.channelId;
    const { bot, guildId, channelId } = parts;
    this.voice = new VoiceChannel({
      guildId,
      channelId,
      botUserId: bot.applicationId,
      request: (request) =>
        void bot.manager.send(0, {
          op: GatewayOpcodes.VoiceStateUpdate,
          d: {
            guild_id: guildId,
            channel_id: request.channelId ?? null,
            self_mute: request.selfMute,
            self_deaf: request.selfDeaf,
          },
        }),
      log: createLogger({ name: 'test', level: 'silent' }),
      events: {
        packet: (packet) => this.packets.push(packet),
        left: () => {},
        listening: () => {},
        refused: (reason, message) => this.refused.push(`${reason}: ${message}`),
      },
      ...options,
    });
    bot.manager.on(WebSocketShardEvents.Dispatch, (payload) => {
      if (payload.t === GatewayDispatchEvents.VoiceStateUpdate) this.#state(payload.d);
      else if (payload.t === GatewayDispatchEvents.VoiceServerUpdate) this.#server(payload.d);
    });
  }

  static async open(
    options: Partial<VoiceChannelOptions> = {},
    discord: ConstructorParameters<typeof DiscordSimulator>[0] = {},
  ): Promise<Table> {
    const simulator = new DiscordSimulator(discord);
    await simulator.start();
    trust(simulator);
    const application = await simulator.addApplication({});
    const guildId = await simulator.addGuild({ name: 'Tavern' });
    const channelId = await simulator.addChannel(guildId, { type: 'voice', name: 'Voice' });
    await simulator.inviteBot(application.id, guildId);
    const bot = await connectBot(simulator, application);
    return new Table({ simulator, bot, guildId, channelId }, options);
  }

  #state(state: GatewayVoiceState): void {
    this.voice.onStateUpdate({
      guildId: this.guildId,
      channelId: state.channel_id ?? undefined,
      userId: state.user_id,
      sessionId: state.session_id,
      selfMute: state.self_mute,
      selfDeaf: state.self_deaf,
      mute: state.mute,
      deaf: state.deaf,
      suppress: state.suppress,
    });
  }

  #server({ token, endpoint }: GatewayVoiceServerUpdateDispatchData): void {
    this.voice.onServerUpdate({ guildId: this.guildId, token, endpoint: endpoint ?? undefined });
  }

  async person(name: string): Promise<PersonHandle> {
    return await this.simulator.person({ guildId: this.guildId, name });
  }

  /** With somebody in the channel. */
  async joined(): Promise<PersonHandle> {
    const alice = await this.person('Alice');
    await alice.joinVoice(this.channelId);
    this.voice.join();
    await this.listening();
    return alice;
  }

  async listening(): Promise<void> {
    await expect.poll(() => this.voice.listening, WAIT).toBe(true);
  }

  async seen(kind: string): Promise<{ at: number; channelId?: string; detail?: string }[]> {
    const events = await this.simulator.events();
    return events.filter((event) => event.kind === kind && event.userId === this.bot.applicationId);
  }

  async heardOf(alice: PersonHandle, packets: readonly Buffer[]): Promise<number> {
    const before = this.packets.length;
    await alice.sayPackets(packets);
    return this.packets.length - before;
  }

  async close(): Promise<void> {
    this.voice.close();
    await this.bot.close();
    await this.simulator.stop();
  }
}

let table: Table;

afterEach(async () => {
  await table.close();
});

const tone = (frame: number): Int16Array =>
  Int16Array.from({ length: SPEAK_FRAME }, (_, n) =>
    Math.round(8000 * Math.sin((2 * Math.PI * 300 * (frame * SPEAK_FRAME + n)) / 48_000)),
  );

function speech(frames: number): Buffer[] {
  const encoder = new SpeechEncoder();
  return Array.from({ length: frames }, (_, frame) => encoder.encode(tone(frame)));
}

test.each(TRANSPORT_MODES)(
  'hears and is heard without a gap while a third person comes and goes, both ways, with %s',
  async (mode) => {
    table = await Table.open({}, { modes: [mode] });
    const alice = await table.joined();
    const bob = await table.person('Bob');
    const packets = speech(100);
    const { voice } = table;

    const comeAndGo = async (): Promise<void> => {
      await bob.joinVoice(table.channelId);
      await bob.leaveVoice();
    };
    const said = alice.sayPackets(packets);
    await comeAndGo();
    await said;
    // The five silence frames that end her speech come, too.
    await expect.poll(() => table.packets.length, WAIT).toBe(packets.length + 5);
    expect(table.packets.slice(0, packets.length).map(({ opus }) => Buffer.from(opus))).toEqual(packets);
    expect(voice.badPackets).toBe(0);

    const encoder = new SpeechEncoder();
    const pacer = new Pacer(voice, (frame) => encoder.encode(frame));
    const playback = pacer.begin();
    for (let frame = 0; frame < 100; frame++) playback.push(tone(frame));
    playback.end();
    await comeAndGo();
    expect(await playback.ended).toBe('played');
    const heard = await alice.waitToHear({ from: table.bot.applicationId, timeoutMs: 20_000 });
    expect(heard).toMatchObject({
      packets: 100,
      lost: 0,
      duplicated: 0,
      undecryptable: 0,
      timestampJumps: 0,
    });

    const flags = await table.seen('speaking');
    const [spurt] = await table.seen('talkSpurt');
    expect(flags.map(({ detail }) => detail)).toEqual(['1', '0']);
    expect(flags[0]?.at).toBeLessThanOrEqual(spurt?.at ?? 0);
    pacer.close();
    await table.simulator.waitForEvent({ kind: 'voiceKeepalive', userId: table.bot.applicationId }, 20_000);
  },
);

test('resumes after 4015 without asking to be let in again: who spoke before is heard after', async () => {
  table = await Table.open();
  const alice = await table.joined();
  expect(await table.heardOf(alice, speech(10))).toBeGreaterThan(5);
  const joins = (await table.seen('opcode4')).length;
  const about = { guildId: table.guildId, userId: table.bot.applicationId };
  await table.simulator.inject({ kind: 'closeVoice', ...about, code: 4015 });
  await table.simulator.waitForEvent({ kind: 'voiceResumed', ...about }, 20_000);
  await table.listening();
  await expect.poll(() => table.heardOf(alice, speech(10)), WAIT).toBeGreaterThan(5);
  expect(await table.seen('opcode4')).toHaveLength(joins);
  expect(await table.seen('voiceIdentify')).toHaveLength(1);
});

test('connects anew, where it was moved to, when people are said to speak and nothing comes', async () => {
  table = await Table.open({ deafMs: 1500 });
  const alice = await table.joined();
  const other = await table.simulator.addChannel(table.guildId, { type: 'voice', name: 'Cellar' });
  await table.simulator.moveMember(table.guildId, table.bot.applicationId, other);
  await alice.joinVoice(other);
  await table.listening();
  await expect.poll(() => table.heardOf(alice, speech(10)), WAIT).toBeGreaterThan(5);

  const before = (await table.seen('voiceIdentify')).length;
  await table.simulator.inject({
    kind: 'dropUdp',
    guildId: table.guildId,
    userId: table.bot.applicationId,
    milliseconds: 600_000,
  });
  // She goes on speaking: each new word says again that something should be heard.
  const anew = async (): Promise<number> => {
    await alice.sayPackets(speech(10)).catch(() => {});
    return (await table.seen('voiceIdentify')).length;
  };
  await expect.poll(anew, WAIT).toBeGreaterThan(before);
  await table.listening();
  await expect.poll(() => table.heardOf(alice, speech(10)), WAIT).toBeGreaterThan(5);
  expect((await table.seen('voiceIdentify')).at(-1)?.channelId).toBe(other);
});

test('asks seldom when each connection is closed at once, and stays when that ends', async () => {
  table = await Table.open();
  await table.joined();
  const about = { guildId: table.guildId, userId: table.bot.applicationId };
  const joins = (await table.seen('opcode4')).length;
  for (let storm = 0; storm < 3; storm++) {
    await table.listening();
    await table.simulator.inject({ kind: 'closeVoice', ...about, code: 4006 });
    await expect.poll(() => table.voice.listening, WAIT).toBe(false);
  }
  await table.listening();
  const [, ...asked] = (await table.seen('opcode4')).slice(joins - 1);
  expect(asked).toHaveLength(3);
  const waits = asked.slice(1).map(({ at }, n) => at - (asked[n]?.at ?? 0));
  expect(waits[0]).toBeGreaterThan(1900);
  expect(waits[1]).toBeGreaterThan(3900);
});

test.each([4004, 4016, 4017, 4021, 4022])('says why and asks no more after %i', async (code) => {
  table = await Table.open();
  await table.joined();
  const joins = (await table.seen('opcode4')).length;
  await table.simulator.inject({
    kind: 'closeVoice',
    guildId: table.guildId,
    userId: table.bot.applicationId,
    code,
  });
  await expect.poll(() => table.refused, WAIT).toEqual([expect.stringMatching(`^DiscordRefused: .*${code}`)]);
  expect(table.voice.connected).toBe(false);
  expect(await table.seen('opcode4')).toHaveLength(joins);
});
