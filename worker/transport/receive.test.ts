import { EventEmitter } from 'node:events';
import { type AudioReceiveStream, SSRCMap } from '@discordjs/voice';
import { expect, test } from 'vitest';
import { PacketReceiver, type ReceivedPacket } from './receive.ts';

function datagram(ssrc: number, sequence: number): Buffer {
  const packet = Buffer.alloc(16, 7);
  packet.writeUInt16BE(0x8078, 0);
  packet.writeUInt16BE(sequence, 2);
  packet.writeUInt32BE(sequence * 960, 4);
  packet.writeUInt32BE(ssrc, 8);
  return packet;
}

/** The library's map of speakers, its subscriptions, and what it does with a datagram: attribute, or drop. */
function setUp() {
  const ssrcMap = new SSRCMap();
  const subscriptions = new Map<string, AudioReceiveStream>();
  const udp = new EventEmitter();
  const ws = new EventEmitter();
  udp.on('message', (message: Buffer) => {
    const user = ssrcMap.get(message.readUInt32BE(8));
    if (user !== undefined) subscriptions.get(user.userId)?.push(message.subarray(12));
  });
  const packets: ReceivedPacket[] = [];
  const left: string[] = [];
  const receiver = new PacketReceiver(
    { receiver: { ssrcMap, subscriptions } },
    { packet: (packet) => packets.push(packet), left: (userId) => left.push(userId) },
  );
  receiver.watch(Object.assign(new EventEmitter(), { state: { udp, ws } }));
  return {
    receiver,
    left,
    speaks: (userId: string, ssrc: number) => {
      ssrcMap.update({ userId, audioSSRC: ssrc });
      ws.emit('packet', { op: 5, d: { user_id: userId, ssrc, speaking: 1 } });
    },
    leaves: (userId: string) => ssrcMap.delete(userId),
    arrives: (ssrc: number, ...sequence: number[]) => {
      for (const one of sequence) udp.emit('message', datagram(ssrc, one));
    },
    heard: () => packets.map(({ userId, ssrc, sequence }) => `${userId} ${ssrc}:${sequence}`),
    packets,
  };
}

test('audio that is quicker than the word of whose it is waits for it, and keeps its time', () => {
  const { speaks, arrives, heard, packets } = setUp();
  arrives(1, 10, 11);
  expect(heard()).toEqual([]);
  speaks('alice', 1);
  arrives(1, 12);
  expect(heard()).toEqual(['alice 1:10', 'alice 1:11', 'alice 1:12']);
  expect(packets[1]?.arrivedAt).toBeLessThanOrEqual(packets[2]?.arrivedAt ?? 0);
});

test('audio that was never announced is forgotten speaker by speaker, the oldest first', () => {
  const { speaks, arrives, heard } = setUp();
  for (let ssrc = 1; ssrc <= 9; ssrc++) arrives(ssrc, 10);
  speaks('first', 1);
  speaks('last', 9);
  expect(heard()).toEqual(['last 9:10']);
});

test('a speaker who leaves and returns with another stream is heard, and so are two who change places', () => {
  const { speaks, leaves, arrives, heard, left } = setUp();
  speaks('alice', 1);
  speaks('bob', 2);
  arrives(1, 5);
  leaves('alice');
  expect(left).toEqual(['alice']);
  speaks('alice', 3);
  arrives(3, 5);
  arrives(2, 5);
  speaks('alice', 2);
  speaks('bob', 3);
  arrives(2, 6);
  arrives(3, 6);
  expect(heard()).toEqual(['alice 1:5', 'alice 3:5', 'bob 2:5', 'alice 2:6', 'bob 3:6']);
});

test('it is deaf since the first word that no audio followed, however many come after', () => {
  const { receiver, speaks, arrives } = setUp();
  expect(receiver.speakingUnheardSince).toBeUndefined();
  speaks('alice', 1);
  const since = receiver.speakingUnheardSince;
  expect(since).toBeTypeOf('number');
  speaks('alice', 1);
  expect(receiver.speakingUnheardSince).toBe(since);
  arrives(1, 1);
  expect(receiver.speakingUnheardSince).toBeUndefined();
});
