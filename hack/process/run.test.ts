import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { RunError, run, works } from './run.ts';

test('gives the standard output of a program that succeeds', async () => {
  expect(await run('/bin/sh', ['-c', 'cat; echo noise >&2'], { input: 'text' })).toBe('text');
});

test('a program that fails is reported with its status and the end of what it printed', async () => {
  const failure = run('/bin/sh', ['-c', 'echo out; echo "the reason" >&2; exit 3']);
  await expect(failure).rejects.toThrow(/code 3[\s\S]*the reason/);
  await expect(failure).rejects.toBeInstanceOf(RunError);
});

test('a program that is not there is reported by its path', async () => {
  await expect(run('/nowhere/program', [])).rejects.toThrow('/nowhere/program');
});

test('lines are told as they come, from both streams, whole though they come in pieces', async () => {
  const lines: string[] = [];
  await run('/bin/sh', ['-c', 'printf "on"; printf "e\\n\\ntwo"; echo three >&2'], {
    onLine: (line) => lines.push(line),
  });
  expect(lines.sort()).toEqual(['one', 'three', 'two']);
});

test('an aborted program that cleans up has done so when its run is over', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'skald-run-test-'));
  const left = join(folder, 'left');
  const stop = new AbortController();
  const script = `
    const { rmSync, writeFileSync } = require('node:fs');
    const [, left] = process.argv;
    process.on('SIGTERM', () => { rmSync(left); process.exit(1); });
    setTimeout(() => {}, 10_000); // long enough to be asked to end
    writeFileSync(left, '');
    console.log('ready');`;
  const running = run(process.execPath, ['-e', script, left], {
    signal: stop.signal,
    stopSignal: 'SIGTERM',
    onLine: () => stop.abort(new Error('enough')),
  });
  await expect(running).rejects.toThrow('enough');
  expect(await readdir(folder)).toEqual([]);
  await rm(folder, { recursive: true });
});

test('a program works when it can be run and is content', async () => {
  expect(await works('/bin/sh', ['-c', 'exit 0'])).toBe(true);
  expect(await works('/bin/sh', ['-c', 'exit 1'])).toBe(false);
  expect(await works('/nowhere/program', [])).toBe(false);
});
