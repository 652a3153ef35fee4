import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { FakeClock } from './fake-clock.ts';
import { prometheusMetrics } from './prometheus.ts';
import { lowPriority, WorkQueue } from './queue.ts';

function setup() {
  const clock = new FakeClock();
  return { clock, queue: new WorkQueue({ name: 'test', clock }) };
}

/** What is ready now, in order, each handed back at once. */
async function drain(queue: WorkQueue): Promise<string[]> {
  const keys: string[] = [];
  while (queue.depth > 0) {
    const item = await queue.get();
    if (!item) break;
    keys.push(item.key);
    queue.done(item.key);
  }
  return keys;
}

describe('WorkQueue', () => {
  it('hands out a key once however often it was added', async () => {
    const { queue } = setup();
    for (const key of ['a', 'b', 'a', 'a']) queue.add(key);
    expect(await drain(queue)).toEqual(['a', 'b']);
  });

  it('does not hand out a key that is in work, and hands it out once more when it was added meanwhile', async () => {
    const { queue } = setup();
    queue.add('a');
    await queue.get();
    queue.add('a');
    queue.add('a');
    expect(queue.depth).toBe(0);
    queue.done('a');
    expect(await drain(queue)).toEqual(['a']);
  });

  it('hands out the highest priority first and keeps the higher one of two adds', async () => {
    const { queue } = setup();
    queue.add('old', { priority: lowPriority });
    queue.add('raised', { priority: lowPriority });
    queue.add('new');
    queue.add('raised');
    queue.add('new', { priority: lowPriority });
    // `raised` has been ready for longer than `new`.
    expect(await drain(queue)).toEqual(['raised', 'new', 'old']);
  });

  it('holds a delayed key until its time, and an earlier add cuts the delay short', async () => {
    const { queue, clock } = setup();
    queue.add('a', { afterMs: 1_000 });
    queue.add('b', { afterMs: 1_000 });
    queue.add('b', { afterMs: 300 });
    await clock.advance(299);
    expect(queue.depth).toBe(0);
    await clock.advance(1);
    expect(await drain(queue)).toEqual(['b']);
    await clock.advance(699);
    expect(queue.depth).toBe(0);
    await clock.advance(1);
    expect(await drain(queue)).toEqual(['a']);
  });

  it('a delay that was asked for while the key was in work counts from then', async () => {
    const { queue, clock } = setup();
    queue.add('a');
    await queue.get();
    queue.add('a', { afterMs: 100 });
    await clock.advance(60);
    queue.done('a');
    await clock.advance(39);
    expect(queue.depth).toBe(0);
    await clock.advance(1);
    expect(queue.depth).toBe(1);
  });

  it('doubles the delay of each retry from 5 ms to 1000 s until the key is forgotten', () => {
    const { queue } = setup();
    const delays = Array.from({ length: 20 }, () => queue.retry('a', 'reconcile'));
    expect(delays.slice(0, 4)).toEqual([5, 10, 20, 40]);
    expect(delays.at(-1)).toBe(1_000_000);
    expect(queue.failures('a')).toBe(20);
    queue.forget('a');
    expect(queue.retry('a', 'reconcile')).toBe(5);
    expect(queue.retry('other', 'reconcile', { atLeastMs: 700 })).toBe(700);
  });

  it('caps transport failures at 5 s and makes them ready when the server answers again, but not others', async () => {
    const { queue, clock } = setup();
    for (let i = 0; i < 15; i += 1) queue.retry('away', 'transport');
    expect(queue.retry('away', 'transport')).toBe(5_000);
    await clock.advance(6_000);
    expect(await drain(queue)).toEqual(['away']);
    queue.retry('away', 'transport');
    for (let i = 0; i < 10; i += 1) queue.retry('broken', 'reconcile');
    await clock.advance(5);
    await drain(queue);
    queue.retry('broken', 'reconcile');
    queue.add('later', { afterMs: 60_000 });
    queue.flush();
    expect(await drain(queue)).toEqual(['away']);
    expect(queue.size).toBe(2);
  });

  it('serves workers in the order in which they asked', async () => {
    const { queue } = setup();
    const first = queue.get();
    const second = queue.get();
    queue.add('a');
    queue.add('b');
    expect((await first)?.key).toBe('a');
    expect((await second)?.key).toBe('b');
  });

  it('gives undefined to workers on shutdown and on abort, and a key is not lost to an aborted worker', async () => {
    const { queue } = setup();
    const scope = new AbortController();
    const impatient = queue.get(scope.signal);
    scope.abort();
    expect(await impatient).toBeUndefined();
    queue.add('a');
    expect((await queue.get())?.key).toBe('a');
    const waiting = queue.get();
    queue.shutDown();
    expect(await waiting).toBeUndefined();
    queue.add('b');
    expect(queue.size).toBe(0);
    queue.done('a');
    expect(await queue.get()).toBeUndefined();
  });

  it('leaves no timer behind', async () => {
    const { queue, clock } = setup();
    queue.add('a', { afterMs: 1_000 });
    queue.shutDown();
    expect(clock.pendingTimers).toBe(0);
  });

  it('measures under the names of client-go', async () => {
    const registry = new Registry();
    const clock = new FakeClock();
    const queue = new WorkQueue({ name: 'jobs', clock, metrics: prometheusMetrics(registry) });
    queue.add('a');
    queue.add('b');
    await clock.advance(2_000);
    await queue.get();
    await clock.advance(3_000);
    queue.retry('c', 'reconcile');
    const text = await registry.metrics();
    expect(text).toContain('workqueue_depth{name="jobs"} 1');
    expect(text).toContain('workqueue_adds_total{name="jobs"} 3');
    expect(text).toContain('workqueue_retries_total{name="jobs"} 1');
    expect(text).toContain('workqueue_queue_duration_seconds_sum{name="jobs"} 2');
    expect(text).toContain('workqueue_unfinished_work_seconds{name="jobs"} 3');
    expect(text).toContain('workqueue_longest_running_processor_seconds{name="jobs"} 3');
    queue.done('a');
    expect(await registry.metrics()).toContain('workqueue_work_duration_seconds_sum{name="jobs"} 3');
  });
});
