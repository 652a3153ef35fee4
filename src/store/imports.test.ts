import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';

test("the worker's part of the store does not reach node-pg-migrate", async () => {
  const seen = new Set<string>();
  const queue = [new URL('index.ts', import.meta.url).href];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    if (!next.startsWith('file:')) continue;
    const text = await readFile(new URL(next), 'utf8');
    for (const [, from = ''] of text.matchAll(/(?:^import|^export|^} from|from|import\() ?'([^']+)'/gm)) {
      queue.push(from.startsWith('.') ? new URL(from, next).href : from);
    }
  }
  // Node's own modules cost nothing to load.
  expect([...seen].filter((name) => !/^(file|node):/.test(name))).toEqual(['pg']);
  expect([...seen].some((name) => name.endsWith('/session-store.ts'))).toBe(true);
});
