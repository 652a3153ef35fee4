import { expect, test } from 'vitest';
import { FakeClock } from '../../src/kube/fake-clock.ts';
import type { Speak } from '../../src/rpc/generated/skald/v1/gateway.ts';
import { SPEAK_TIMEOUT_MS, Speeches } from './speeches.ts';

function setup() {
  const clock = new FakeClock();
  const speeches = new Speeches(clock);
  const sent: Speak[] = [];
  const speak = (text: string, correlationId?: string) =>
    speeches.speak({ npc: 'Bart', text, correlationId }, ({ value }) => void sent.push(value));
  const answer = (index: number, reason = '', error = reason) =>
    speeches.onResult({ correlationId: sent[index]?.correlationId ?? '', reason, error });
  return { clock, speeches, sent, speak, answer };
}

test('is spoken when the worker says so', async () => {
  const { speak, sent, answer } = setup();
  const outcome = speak('Good evening.', 'c1');
  expect(sent).toEqual([{ correlationId: 'c1', npc: 'Bart', text: 'Good evening.' }]);
  answer(0);
  expect(await outcome).toEqual({ spoken: true });
});

test('says why it was not', async () => {
  const { speak, answer } = setup();
  const outcome = speak('Good evening.');
  answer(0, 'Muted', 'The NPC is muted.');
  expect(await outcome).toEqual({ spoken: false, reason: 'Muted', detail: 'The NPC is muted.' });
});

test('a worker of another version gives no reason, or a new one', async () => {
  const { speak, answer } = setup();
  const outcomes = [speak('a'), speak('b')];
  answer(0, '', 'It did not work.');
  answer(1, 'TooTired', 'It sleeps.');
  expect(await Promise.all(outcomes)).toMatchObject([
    { reason: 'Failed', detail: 'It did not work.' },
    { reason: 'Failed', detail: 'It sleeps.' },
  ]);
});

test('pieces of one text share its correlation id, and each has its own answer', async () => {
  const { speak, sent, answer } = setup();
  const first = speak('a', 'c1');
  const second = speak('b', 'c1');
  expect(sent.map(({ correlationId }) => correlationId)).toEqual(['c1', 'c1.2']);
  answer(1, 'Interrupted');
  answer(0);
  expect(await first).toEqual({ spoken: true });
  expect(await second).toMatchObject({ reason: 'Interrupted' });
});

test('without a worker nothing is said', async () => {
  const { speeches } = setup();
  expect(await speeches.speak({ npc: 'Bart', text: 'a' }, undefined)).toMatchObject({ reason: 'NoWorker' });
});

test('a worker that is lost, or silent for too long, leaves it open', async () => {
  const { clock, speeches, speak, answer } = setup();
  const lost = speak('a');
  speeches.lose('the connection was lost');
  expect(await lost).toMatchObject({ reason: 'NoAnswer', detail: 'the connection was lost' });
  const silent = speak('b');
  await clock.advance(SPEAK_TIMEOUT_MS);
  expect(await silent).toMatchObject({ reason: 'NoAnswer' });
  // Too late: nobody is there any more.
  answer(1);
});
