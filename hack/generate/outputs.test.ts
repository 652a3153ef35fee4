import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { staleOutputs, writeOutputs } from './outputs.ts';

let root = '';
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'outputs-'));
});
afterEach(() => rm(root, { recursive: true }));

test('what is missing, differs, or is no longer generated is named', async () => {
  await writeFile(join(root, 'differs'), 'old');
  await writeFile(join(root, 'stranger'), '');
  const files = new Map(['missing', 'differs'].map((name) => [join(root, name), 'new'] as const));
  const outputs = { files, folders: [root] };
  expect(await staleOutputs(root, outputs)).toEqual(['differs', 'missing', 'stranger (no longer generated)']);

  await writeOutputs(root, outputs);
  expect(await readFile(join(root, 'differs'), 'utf8')).toBe('new');
  expect(await staleOutputs(root, outputs)).toEqual([]);
});
