import { expect, test } from 'vitest';
import { FakeClock } from '../../src/kube/fake-clock.ts';
import { EmptyChannel } from './empty-channel.ts';

const bot = { userId: '1', displayName: 'bot', bot: true, roles: [] };
const human = { userId: '2', displayName: 'Sam', bot: false, roles: [] };

function setup() {
  const clock = new FakeClock();
  let reached = 0;
  const empty = new EmptyChannel(clock, 60_000, () => {
    reached += 1;
  });
  return { clock, empty, reached: () => reached };
}

test('a minute alone is told once', async () => {
  const { clock, empty, reached } = setup();
  empty.update([bot]);
  await clock.advance(30_000);
  empty.update([bot]);
  await clock.advance(30_000);
  expect(reached()).toBe(1);
  expect(empty.forMs).toBe(60_000);
});

test('a human in between starts the minute anew', async () => {
  const { clock, empty, reached } = setup();
  empty.update([bot]);
  await clock.advance(59_000);
  empty.update([bot, human]);
  expect(empty.forMs).toBeUndefined();
  empty.update([bot]);
  await clock.advance(59_000);
  expect(reached()).toBe(0);
  await clock.advance(1_000);
  expect(reached()).toBe(1);
});

test('a bot that is in no channel is not alone in one', async () => {
  const { clock, empty, reached } = setup();
  empty.update(undefined);
  await clock.advance(120_000);
  expect(reached()).toBe(0);
});
