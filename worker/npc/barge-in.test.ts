import { expect, test, vi } from 'vitest';
import { silentLogger } from '../../src/telemetry/log.ts';
import { BargeIn } from './barge-in.ts';

function answer() {
  return { npc: 'Bruno', hold: vi.fn(), resume: vi.fn(), cut: vi.fn(), over: Promise.resolve() };
}

const bargeIn = () => new BargeIn(silentLogger());

test('who begins to speak into an answer cuts it with words', async () => {
  const one = bargeIn();
  const bruno = answer();
  one.begin(bruno);
  one.started('alice');
  one.voicing('alice', 250);
  expect(bruno.hold).toHaveBeenCalled();
  one.recognising('alice');
  expect(await one.recognised('alice', 'No, wait for us.')).toBe('cut');
  expect(bruno.cut).toHaveBeenCalled();
});

test('who was in the middle of a sentence is waited for, and has a turn of their own', async () => {
  const one = bargeIn();
  const bruno = answer();
  one.started('mara');
  one.begin(bruno);
  one.voicing('mara', 1750);
  expect(bruno.hold).toHaveBeenCalled();
  one.recognising('mara');
  expect(await one.recognised('mara', 'Greta, what do we owe you?')).toBeUndefined();
  expect(bruno.cut).not.toHaveBeenCalled();
  expect(bruno.resume).toHaveBeenCalled();
  // The next sentence is said into the answer.
  one.started('mara');
  one.voicing('mara', 250);
  one.recognising('mara');
  expect(await one.recognised('mara', 'Bruno, stop.')).toBe('cut');
});
