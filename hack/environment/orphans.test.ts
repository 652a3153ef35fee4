import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { killOrphans, RUN_VARIABLE } from './orphans.ts';

test('ends the programs that carry the mark of a dead run, and no others', async () => {
  const sleeper = (run: string) =>
    spawn(process.execPath, ['--eval', 'setInterval(() => {}, 1000)'], {
      env: { ...process.env, [RUN_VARIABLE]: run },
      stdio: 'ignore',
    });
  const [orphan, other] = [sleeper('dead-run'), sleeper('live-run')];
  try {
    await Promise.all([once(orphan, 'spawn'), once(other, 'spawn')]);
    const ended = once(orphan, 'exit');
    killOrphans('dead-run');
    expect(await ended).toEqual([null, 'SIGKILL']);
    expect(other.exitCode).toBeNull();
    expect(other.signalCode).toBeNull();
  } finally {
    orphan.kill('SIGKILL');
    other.kill('SIGKILL');
  }
});
