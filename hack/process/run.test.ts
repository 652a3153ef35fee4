import { expect, test } from 'vitest';
import { RunError, run } from './run.ts';

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
