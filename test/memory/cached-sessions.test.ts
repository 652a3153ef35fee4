import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const count = 10_000;

interface Measured {
  objects: number;
  bytesPerObject: number;
  jsonPerObject: number;
}

test('a cached VoiceSession costs at most 4 KiB beyond its own JSON', { timeout: 60_000 }, async () => {
  const program = join(import.meta.dirname, 'cached-sessions.ts');
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', program, `${count}`]);
  const measured: Measured = JSON.parse(stdout);
  const { objects, bytesPerObject, jsonPerObject } = measured;
  console.log(
    `heap ${Math.round(bytesPerObject)} bytes, JSON ${Math.round(jsonPerObject)} bytes per session`,
  );
  expect(objects).toBe(count);
  expect(bytesPerObject - jsonPerObject).toBeLessThan(4_096);
});
