import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { identify } from './identity.ts';
import { lockHolder, withLock } from './lock.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skald-lock-test-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('withLock', () => {
  test('lets one piece of work run at a time and reports whom it waits for', async () => {
    const path = join(folder, 'lock');
    const events: string[] = [];
    const begun = Promise.withResolvers<void>();
    const finish = Promise.withResolvers<void>();
    const first = withLock(path, async () => {
      events.push('first begins');
      begun.resolve();
      await finish.promise;
      events.push('first ends');
    });
    await begun.promise;
    const second = withLock(path, async () => void events.push('second'), {
      onWait: (pid) => {
        events.push(`waiting for ${pid}`);
        finish.resolve();
      },
    });
    await Promise.all([first, second]);
    expect(events).toEqual(['first begins', `waiting for ${process.pid}`, 'first ends', 'second']);
    expect(existsSync(path)).toBe(false);
  });

  test('breaks the lock of a process that has died, also when its pid is in use again', async () => {
    const path = join(folder, 'lock');
    const mine = identify(process.pid);
    await writeFile(path, JSON.stringify({ ...mine, startTime: '1' }));
    expect(await withLock(path, async () => 'done')).toBe('done');
  });

  test('names its holder while it is held, and nobody else', async () => {
    const path = join(folder, 'lock');
    expect(await withLock(path, () => lockHolder(path))).toBe(process.pid);
    expect(await lockHolder(path)).toBeUndefined();
  });

  test('is released when the work fails', async () => {
    const path = join(folder, 'lock');
    await expect(withLock(path, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(existsSync(path)).toBe(false);
  });

  test('stops waiting when aborted', async () => {
    const path = join(folder, 'lock');
    await writeFile(path, JSON.stringify(identify(process.pid)));
    const abort = new AbortController();
    const waiting = withLock(path, async () => 'never', {
      signal: abort.signal,
      onWait: () => abort.abort(new Error('interrupted')),
    });
    await expect(waiting).rejects.toThrow('interrupted');
  });
});
