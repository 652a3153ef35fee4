import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';

test('the voice model is loaded without telemetry of its runtime', () => {
  const home = mkdtempSync(join(tmpdir(), 'skald-home-'));
  try {
    const program = `
      const { SileroModel } = await import(${JSON.stringify(new URL('./silero.ts', import.meta.url).href)});
      const { vadModelPath } = await import(${JSON.stringify(new URL('./vad-model-path.ts', import.meta.url).href)});
      await SileroModel.load(vadModelPath(undefined));
      process.exit();`;
    const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], {
      env: { PATH: process.env.PATH, HOME: home },
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    expect(status).toBe(0);
    // Where the telemetry keeps what it is going to upload.
    expect(existsSync(join(home, '.cache', 'Microsoft'))).toBe(false);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});
