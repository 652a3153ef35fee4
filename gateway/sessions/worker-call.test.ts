import { EventEmitter } from 'node:events';
import { status } from '@grpc/grpc-js';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { HANDOVER_LIMIT_MS, WorkerCall } from './worker-call.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function call(notAfter?: Date) {
  const seen: string[] = [];
  const fake = Object.assign(new EventEmitter(), {
    writableLength: 0,
    write: ({ message }: { message: { $case: string } }) => seen.push(message.$case),
    end: () => seen.push('end'),
    pause: () => seen.push('pause'),
    resume: () => seen.push('resume'),
  });
  fake.on('error', ({ code, details }) => seen.push(`${status[code]}: ${details}`));
  const stream = new WorkerCall(fake as unknown as ConstructorParameters<typeof WorkerCall>[0], {
    notAfter,
    onEnd: () => seen.push('told of the end'),
    onExpired: () => seen.push('expired'),
    onHandedOver: () => seen.push('handed over'),
  });
  return { stream, seen };
}

test('the next stream is not read before this one was read to its end', () => {
  const [first, second] = [call(), call()];
  first.stream.handOverTo(second.stream);
  expect(first.seen).toEqual(['handedOver']);
  expect(second.seen).toEqual(['pause']);
  first.stream.end();
  expect(first.seen).toEqual(['handedOver', 'told of the end', 'end', 'handed over']);
  expect(second.seen).toEqual(['pause', 'resume']);
});

test('nothing is said on a stream after it handed over', () => {
  const [first, second] = [call(), call()];
  first.stream.handOverTo(second.stream);
  first.stream.send({ $case: 'rejoinVoice', value: {} });
  expect(first.seen).toEqual(['handedOver']);
});

test('three in a row are read one after the other', () => {
  const [first, second, third] = [call(), call(), call()];
  first.stream.handOverTo(second.stream);
  second.stream.handOverTo(third.stream);
  first.stream.end();
  expect(third.seen).toEqual(['pause']);
  second.stream.end();
  expect(third.seen).toEqual(['pause', 'resume']);
});

test('a worker that never closes the old stream is not waited for', () => {
  const [first, second] = [call(), call()];
  first.stream.handOverTo(second.stream);
  vi.advanceTimersByTime(HANDOVER_LIMIT_MS - 1);
  expect(second.seen).toEqual(['pause']);
  vi.advanceTimersByTime(1);
  expect(second.seen).toEqual(['pause', 'resume']);
  expect(first.seen.at(-1)).toMatch(/^UNAVAILABLE: another stream took over/);
});

test('a stream ends with its certificate, also one that ends after more than 25 days', () => {
  const days = (count: number) => new Date(Date.now() + count * 86_400_000);
  const [near, far] = [call(days(1)), call(days(60))];
  vi.advanceTimersByTime(86_400_000);
  expect(near.seen.slice(0, 2)).toEqual(['expired', 'told of the end']);
  expect(near.seen.at(-1)).toMatch(/^UNAVAILABLE: the certificate of this stream was valid until/);
  vi.advanceTimersByTime(58 * 86_400_000);
  expect(far.seen).toEqual([]);
  vi.advanceTimersByTime(86_400_000);
  expect(far.seen[0]).toBe('expired');
});
