import { readdir, readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';

test('src/api imports nothing but itself and Node: the worker carries no Kubernetes client', async () => {
  const folder = new URL('.', import.meta.url);
  const names = (await readdir(folder, { recursive: true })).filter((name) => /(?<!\.test)\.ts$/.test(name));
  const foreign: string[] = [];
  for (const name of names) {
    const text = await readFile(new URL(name, folder), 'utf8');
    for (const [, from] of text.matchAll(/ from '([^']+)'/g)) {
      if (from !== undefined && !/^(\.\.?\/|node:)/.test(from)) foreign.push(`${name}: ${from}`);
    }
  }
  expect(foreign).toEqual([]);
  expect(names.length).toBeGreaterThan(8);
});
