import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { parsePeakRss, parseStat, usageOf } from './process-usage.ts';

test('times and parent of a process are read though its name looks like fields', () => {
  const text = '77 (a) S 9 (x) S 42 77 77 0 -1 4194304 1 2 3 4 150 50 7 3 20 0 1 0 100 1000 10';
  expect(parseStat(text)).toEqual({ parent: 42, cpuMs: 2_100 });
});

test('the highest resident set is in MiB, and none for a process that has ended', () => {
  expect(parsePeakRss('Name:\tnode\nVmHWM:\t   10240 kB\nVmRSS:\t  5 kB\n')).toBe(10);
  expect(parsePeakRss('Name:\tnode\nState:\tZ (zombie)\n')).toBe(0);
});

test('what children use is the contender’s', async () => {
  const script = `
    const { spawn } = require('node:child_process');
    const child = spawn(process.execPath, ['-e', 'const used = () => { const { user, system } = process.cpuUsage(); return user + system; }; while (used() < 1e5); console.log("done"); setInterval(() => {}, 1e5)'], { stdio: ['ignore', 'pipe', 'inherit'] });
    child.stdout.once('data', () => console.log('ready'));
    process.stdin.once('end', () => { child.kill('SIGKILL'); process.exit(); }).resume();`;
  const parent = spawn(process.execPath, ['-e', script], { stdio: ['pipe', 'pipe', 'inherit'] });
  try {
    await once(parent.stdout, 'data');
    const usage = await usageOf(parent.pid ?? 0);
    expect(usage.cpuMs).toBeGreaterThanOrEqual(100);
    expect(usage.peakRssMB).toBeGreaterThan(40);
  } finally {
    parent.stdin.end();
    await once(parent, 'close');
  }
});

test('the usage of a process that has ended is an error, not zero', async () => {
  await expect(usageOf(2 ** 22 + 1)).rejects.toThrow('has ended');
});
