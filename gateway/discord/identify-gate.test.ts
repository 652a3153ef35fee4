import { expect, test } from 'vitest';
import { IdentifyGate } from './identify-gate.ts';

function gateWith(may: () => boolean, throttle: () => Promise<void> = async () => {}) {
  const refused: string[] = [];
  const gate = new IdentifyGate({ waitForIdentify: throttle }, may, () => refused.push('refused'));
  return { gate, refused };
}

test('lets pass who may identify', async () => {
  const { gate, refused } = gateWith(() => true);
  await gate.waitForIdentify(0, new AbortController().signal);
  expect(refused).toEqual([]);
});

test('who may not identify is refused once and held until the shard is closed', async () => {
  const { gate, refused } = gateWith(() => false);
  const shard = new AbortController();
  let passed = false;
  const waiting = gate.waitForIdentify(0, shard.signal).then(() => {
    passed = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(refused).toEqual(['refused']);
  expect(passed).toBe(false);
  shard.abort(new Error('closed'));
  await expect(waiting).rejects.toThrow('closed');
});

test('what happens while the throttle waits counts', async () => {
  let may = true;
  const throttle = Promise.withResolvers<void>();
  const { gate, refused } = gateWith(
    () => may,
    () => throttle.promise,
  );
  const shard = new AbortController();
  const waiting = gate.waitForIdentify(0, shard.signal);
  may = false;
  throttle.resolve();
  await new Promise((resolve) => setImmediate(resolve));
  expect(refused).toEqual(['refused']);
  shard.abort(new Error('closed'));
  await expect(waiting).rejects.toThrow('closed');
});
