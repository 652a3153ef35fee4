import fc from 'fast-check';
import { expect, it } from 'vitest';
import { splitLines } from './watch-lines.ts';

async function* chunked(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Buffer> {
  let at = 0;
  for (let index = 0; at < bytes.length; index += 1) {
    const size = sizes[index % sizes.length] ?? 1;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

it('gives back the lines, wherever the stream was cut, also within a character', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => !text.includes('\n'))),
      fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1 }),
      async (lines, sizes) => {
        const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
        const found: string[] = [];
        for await (const line of splitLines(chunked(bytes, sizes))) found.push(line);
        expect(found).toEqual(lines);
      },
    ),
    { numRuns: 200 },
  );
});

it('drops a last line that was cut off', async () => {
  const found: string[] = [];
  for await (const line of splitLines(chunked(Buffer.from('{"a":1}\n{"b":'), [3]))) found.push(line);
  expect(found).toEqual(['{"a":1}']);
});
