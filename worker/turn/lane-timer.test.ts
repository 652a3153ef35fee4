import { expect, test } from 'vitest';
import { Lane, type LaneEvent, laneDefaults } from './lane.ts';
import { LaneTimer } from './lane-timer.ts';

const VOICE = Uint8Array.of(118, 0);

function setUp() {
  let now = 1000;
  let due: { at: number; callback: () => void } | undefined;
  const events: LaneEvent[] = [];
  const lane = new Lane(laneDefaults, {
    decode: () => new Int16Array(320).fill(10_000),
    conceal: (packets) => new Int16Array(320 * packets),
    voiceActivity: { probability: async () => 0.9, reset: () => {} },
    emit: (event) => events.push(event),
  });
  const timer = new LaneTimer(() => [lane], {
    now: () => now,
    after: (ms, callback) => {
      const mine = { at: now + ms, callback };
      due = mine;
      return () => {
        if (due === mine) due = undefined;
      };
    },
  });
  const settled = async (): Promise<void> => {
    await lane.settled();
    // The timer hears of it in the same turn of the loop.
    await new Promise((resolve) => setImmediate(resolve));
  };
  return {
    events,
    timer,
    get waiting() {
      return due !== undefined;
    },
    async packet(sequence: number): Promise<void> {
      lane.push(sequence, now, VOICE);
      timer.pushed(lane);
      await settled();
      now += 20;
    },
    async silence(ms: number): Promise<void> {
      const end = now + ms;
      while (due !== undefined && due.at <= end) {
        const { at, callback } = due;
        due = undefined;
        now = Math.max(now, at);
        callback();
        await settled();
      }
      now = end;
    },
  };
}

test('an utterance ends by itself though one of its last packets is lost and the next ones wait for it', async () => {
  const { events, packet, silence } = setUp();
  for (let n = 0; n < 25; n++) await packet(n);
  await packet(26);
  await packet(27);
  await silence(3000);
  expect(events.filter(({ type }) => type === 'utterance')).toHaveLength(1);
});

test('nothing waits when nobody speaks, and nothing after the end', async () => {
  const scene = setUp();
  for (let n = 0; n < 25; n++) await scene.packet(n);
  expect(scene.waiting).toBe(true);
  await scene.silence(3000);
  expect(scene.waiting).toBe(false);
  scene.timer.close();
  await scene.packet(25);
  expect(scene.waiting).toBe(false);
});
