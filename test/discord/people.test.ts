import opus from '@discordjs/opus';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Person } from './people/person.ts';
import { DiscordSimulator } from './simulator.ts';
import { writeWav } from './wav.ts';

let simulator: DiscordSimulator;
let guildId: string;
let voiceId: string;
let otherId: string;

beforeEach(async () => {
  simulator = new DiscordSimulator();
  await simulator.start();
  guildId = await simulator.addGuild({ name: 'Tavern' });
  voiceId = await simulator.addChannel(guildId, { type: 'voice', name: 'table' });
  otherId = await simulator.addChannel(guildId, { type: 'voice', name: 'cellar' });
});

afterEach(async () => {
  await simulator.stop();
});

async function seated(...names: string[]): Promise<Person[]> {
  const people = [];
  for (const name of names) {
    const person = await simulator.person({ guildId, name });
    await person.joinVoice(voiceId);
    people.push(person);
  }
  return people;
}

function frames(count: number): Buffer[] {
  const encoder = new opus.OpusEncoder(48_000, 2);
  return Array.from({ length: count }, (_, frame) => {
    const pcm = Buffer.alloc(3840);
    for (let index = 0; index < 1920; index += 1) {
      pcm.writeInt16LE(Math.round(7000 * Math.sin((frame * 960 + (index >> 1)) / 20)), index * 2);
    }
    return encoder.encode(pcm);
  });
}

/** Exactly these packets in this order; the last ones may still be on their way. */
async function hears(listener: Person | undefined, speaker: Person, sent: readonly Buffer[]): Promise<void> {
  await vi.waitFor(async () => {
    const heard = (await listener?.heardPackets(speaker.userId)) ?? [];
    const numbers = heard.map((packet) => sent.findIndex((candidate) => candidate.equals(packet)));
    expect(numbers).toEqual([...sent.keys()]);
  }, 2_000);
}

test('somebody comes and goes while another speaks, and those who stay hear every packet', async () => {
  const [alice, bob] = await seated('Alice', 'Bob');
  if (!alice || !bob) throw new Error('nobody came');
  const packets = frames(30);
  const said = alice.sayPackets(packets);
  const carol = await simulator.person({ guildId, name: 'Carol' });
  await carol.joinVoice(voiceId);
  expect(carol.privacyCode).toBe(alice.privacyCode);
  await new Promise((resolve) => setTimeout(resolve, 100));
  await carol.leaveVoice();
  await said;
  await bob.waitUntilUsable();
  await hears(bob, alice, packets);
  const [spurt] = await bob.heard();
  expect(spurt).toMatchObject({ packets: packets.length, lost: 0, undecryptable: 0 });
  const arrivals = await bob.heardArrivals(alice.userId);
  expect(arrivals.filter(({ silence }) => !silence)).toHaveLength(packets.length);
  expect(arrivals[0]?.at).toBe(spurt?.firstPacketAt);
  const carolHeard = await carol.heardPackets(alice.userId);
  expect(carolHeard.length).toBeGreaterThan(3);
  const known = new Set(packets.map((packet) => packet.toString('hex')));
  expect(carolHeard.filter((packet) => !known.has(packet.toString('hex')))).toEqual([]);
});

test('who has left can no longer be told the code that those who stay share', async () => {
  const [alice, bob, carol] = await seated('Alice', 'Bob', 'Carol');
  if (!alice || !bob || !carol) throw new Error('nobody came');
  await alice.waitUntilUsable();
  const before = bob.privacyCode;
  expect(carol.privacyCode).toBe(before);
  await carol.leaveVoice();
  await simulator.waitForEvent({
    kind: 'daveExecuted',
    userId: bob.userId,
    detail: 'transition 2, version 1, epoch 3',
  });
  const packets = frames(3);
  await alice.sayPackets(packets);
  await hears(bob, alice, packets);
  expect(bob.privacyCode).not.toBe(before);
  expect(bob.privacyCode).toBe(alice.privacyCode);
});

test('the last member is downgraded and a newcomer starts a new group with it', async () => {
  const [alice, bob] = await seated('Alice', 'Bob');
  if (!alice || !bob) throw new Error('nobody came');
  await bob.leaveVoice();
  await simulator.waitForEvent({
    kind: 'daveExecuted',
    userId: alice.userId,
    detail: 'transition 1, version 0, epoch 0',
  });
  await bob.joinVoice(voiceId);
  const packets = frames(3);
  await alice.sayPackets(packets);
  await hears(bob, alice, packets);
  expect(bob.privacyCode).toBe(alice.privacyCode);
  const states = await simulator.voiceStates(guildId);
  expect(states.map(({ dave, connected }) => ({ dave, connected }))).toEqual([
    { dave: true, connected: true },
    { dave: true, connected: true },
  ]);
});

test('five people come at once and end up in one group', async () => {
  const people = await Promise.all(
    ['Ann', 'Ben', 'Cid', 'Dot', 'Eve'].map((name) => simulator.person({ guildId, name })),
  );
  await Promise.all(people.map((person) => person.joinVoice(voiceId)));
  const [ann, ...others] = people;
  if (!ann) throw new Error('nobody came');
  const packets = frames(3);
  await ann.sayPackets(packets);
  for (const other of others) await hears(other, ann, packets);
  expect(new Set(people.map((person) => person.privacyCode)).size).toBe(1);
});

test('loss, reordering, header extensions and padding reach the listener as they were asked for', async () => {
  const [alice, bob] = await seated('Alice', 'Bob');
  if (!alice || !bob) throw new Error('nobody came');
  const packets = frames(15);
  await alice.sayPackets(packets, { impairments: { extension: true, padding: true } });
  await hears(bob, alice, packets);
  await bob.forgetHeard();
  await alice.sayPackets(packets, { impairments: { loss: 0.3, reorder: 0.3, seed: 7 } });
  const spurt = await bob.waitToHear({ from: alice.userId, silenceMs: 150 });
  expect(spurt.lost).toBeGreaterThan(0);
  expect(spurt.undecryptable).toBe(0);
  const heard = await bob.heardPackets(alice.userId);
  const order = heard.map((packet) => packets.findIndex((sent) => sent.equals(packet)));
  expect(order).not.toEqual(order.toSorted((a, b) => a - b));
});

test('a server-muted member is heard by nobody, and by all again afterwards', async () => {
  const [alice, bob] = await seated('Alice', 'Bob');
  if (!alice || !bob) throw new Error('nobody came');
  await simulator.muteMember(guildId, alice.userId, true);
  const packets = frames(6);
  await alice.sayPackets(packets.slice(0, 3));
  await simulator.waitForEvent({ kind: 'firstRtp', userId: alice.userId });
  await simulator.muteMember(guildId, alice.userId, false);
  await alice.sayPackets(packets.slice(3));
  await hears(bob, alice, packets.slice(3));
});

test('a moderator moves a person, who reconnects in the other channel', async () => {
  const [alice, bob] = await seated('Alice', 'Bob');
  if (!alice || !bob) throw new Error('nobody came');
  await simulator.moveMember(guildId, alice.userId, otherId);
  await simulator.moveMember(guildId, bob.userId, otherId);
  await alice.waitUntilUsable();
  await bob.waitUntilUsable();
  const packets = frames(3);
  await alice.sayPackets(packets);
  await hears(bob, alice, packets);
});

test('without CONNECT a person is told why it cannot join', async () => {
  await simulator.setChannelPermissions(voiceId, guildId, { deny: ['Connect'] });
  const alice = await simulator.person({ guildId, name: 'Alice' });
  await expect(alice.joinVoice(voiceId)).rejects.toThrow('Alice cannot join table: CONNECT is missing');
});

test('speech keeps its pace and says when its last sound left', async () => {
  const [alice, bob] = await seated('Alice', 'Bob');
  if (!alice || !bob) throw new Error('nobody came');
  const samples = new Int16Array(16_000 * 0.4);
  for (let index = 0; index < 16_000 * 0.2; index += 1) samples[index] = 9000 * Math.sin(index / 9);
  const said = await alice.say(writeWav({ sampleRate: 16_000, samples }));
  expect(said.packets).toBe(20);
  // Packets keep to a grid from the first one's due time: a late first packet shortens this, by less than a frame.
  expect(Math.abs(said.lastPacketAt - said.startedAt - 19 * 20)).toBeLessThan(20);
  expect(said.lastPacketAt - said.lastVoicedAt).toBeGreaterThanOrEqual(170);
  const spurt = await bob.waitToHear({ from: alice.userId, silenceMs: 100 });
  expect(Math.abs(spurt.firstPacketAt - said.startedAt)).toBeLessThan(40);
});

test('a silence frame in the middle of what somebody says is a packet that came', async () => {
  const [alice, bob] = await seated('Alice', 'Bob');
  if (!alice || !bob) throw new Error('nobody came');
  const [before, after] = [frames(10), frames(10)];
  await alice.sayPackets([...before, Buffer.from([0xf8, 0xff, 0xfe]), ...after]);
  await expect.poll(async () => (await bob.heard())[0]?.packets).toBe(20);
  const [spurt] = await bob.heard();
  expect(spurt).toMatchObject({ lost: 0, duplicated: 0, timestampJumps: 0, undecryptable: 0 });
  expect(spurt?.longestGapMs).toBeGreaterThan(0);
});
