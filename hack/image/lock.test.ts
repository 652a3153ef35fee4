import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { withLock } from './lock.ts';

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skald-lock-'));
  file = join(folder, 'lock');
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

it('holds the lock while it works and leaves nothing behind, also when the work fails', async () => {
  const held = await withLock(file, () => readFile(file, 'utf8'));
  expect(held).toBe(String(process.pid));
  await expect(withLock(file, () => Promise.reject(new Error('failed')))).rejects.toThrow('failed');
  expect(await readdir(folder)).toEqual([]);
});

it('takes over from a process that is gone', async () => {
  const gone = execFileSync(process.execPath, ['-p', 'process.pid'], { encoding: 'utf8' });
  await writeFile(file, gone.trim());
  expect(await withLock(file, async () => 'done')).toBe('done');
});

it('waits for a process that works, says for which, and gives up when told to', async () => {
  await writeFile(file, String(process.pid));
  const stop = new AbortController();
  let waitedFor = 0;
  const waiting = withLock(file, async () => 'done', {
    signal: stop.signal,
    onWait: (pid) => {
      waitedFor = pid;
      stop.abort(new Error('enough'));
    },
  });
  await expect(waiting).rejects.toThrow();
  expect(waitedFor).toBe(process.pid);
});
