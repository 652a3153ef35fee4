import { expect, test } from 'vitest';
import { KeyedMutex } from './mutex.ts';

test('work of one key runs one after the other, in order; other keys do not wait', async () => {
  const mutex = new KeyedMutex();
  const log: string[] = [];
  const first = Promise.withResolvers<void>();
  const one = mutex.run('a', async () => {
    log.push('one begins');
    await first.promise;
    log.push('one ends');
  });
  const two = mutex.run('a', async () => void log.push('two'));
  await mutex.run('b', async () => void log.push('other'));
  first.resolve();
  await Promise.all([one, two]);
  expect(log).toEqual(['one begins', 'other', 'one ends', 'two']);
});

test('work that throws lets the next one in', async () => {
  const mutex = new KeyedMutex();
  const failing = mutex.run('a', () => Promise.reject(new Error('no')));
  const next = mutex.run('a', async () => 'yes');
  await expect(failing).rejects.toThrow('no');
  expect(await next).toBe('yes');
});
