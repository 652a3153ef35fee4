/** A file of 10 MB is read in far less memory than it would take as a whole. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { LARGEST_FILE, readEntityFile } from './read-file.ts';

const MOST_HEAP = 40 * 1024 * 1024;

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

function live(): number {
  collect();
  return process.memoryUsage().heapUsed;
}

const actor = (index: number): string => {
  const value = `<p>${`Person ${index} has a <b>long</b> story. `.repeat(60)}</p>`;
  const items = Array.from({ length: 10 }, (_, item) => ({
    name: `Thing ${item}`,
    type: 'weapon',
    system: { description: { value: 'Sharp.' }, numbers: Array.from({ length: 50 }, () => 1) },
  }));
  return JSON.stringify({
    name: `Person ${index}`,
    type: 'npc',
    system: { details: { biography: { value } } },
    prototypeToken: {},
    items,
  });
};

const own = (index: number): string =>
  `- name: Thing ${index}\n  description: >-\n    ${'words of the story '.repeat(53)}\n`;

test.each([
  [
    'a dump of Foundry',
    '{"actors":[',
    (index: number) => `${index === 0 ? '' : ','}${actor(index)}`,
    ']}',
    2_000,
  ],
  ['YAML', '', own, '', 9_000],
] as const)(
  '%s',
  async (_what, head, record, tail, least) => {
    const before = live();
    let most = 0;
    async function* file(): AsyncGenerator<Uint8Array> {
      const room = LARGEST_FILE - 10_000;
      let size = 0;
      let measured = 0;
      yield Buffer.from(head);
      for (let index = 0; size < room; index += 1) {
        const bytes = Buffer.from(record(index));
        size += bytes.length;
        yield bytes;
        if (size - measured < 3 * 1024 * 1024) continue;
        measured = size;
        most = Math.max(most, live() - before);
      }
      if (tail !== '') yield Buffer.from(tail);
    }
    const records = await readEntityFile(file(), { kind: 'everyone' });
    most = Math.max(most, live() - before);
    expect(records.length).toBeGreaterThan(least);
    expect(most).toBeLessThan(MOST_HEAP);
  },
  60_000,
);
