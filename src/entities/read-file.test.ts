import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Candidate } from './candidate.ts';
import type { Audience } from './entity.ts';
import { FileError } from './file-error.ts';
import { readEntityFile } from './read-file.ts';

const everyone: Audience = { kind: 'everyone' };

async function* pieces(text: string | Uint8Array, size = 1_000_000): AsyncGenerator<Uint8Array> {
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
  for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size);
}

async function fixture(name: string, audience = everyone, size?: number): Promise<readonly Candidate[]> {
  return readEntityFile(pieces(await readFile(join(import.meta.dirname, 'fixtures', name)), size), audience);
}

/** `name (kind): description`, or why it was skipped. */
function shown(candidates: readonly Candidate[]): string[] {
  return candidates.map(({ name, found }) => {
    if ('skipped' in found) return `${name}: ${found.skipped.problem}`;
    const { entity } = found;
    const known = entity.knowledge.length === 0 ? '' : ` [${entity.knowledge.join(', ')}]`;
    return `${entity.name} (${entity.kind}): ${entity.description}${known}`;
  });
}

async function failure(text: string | Uint8Array, size?: number): Promise<string> {
  try {
    await readEntityFile(pieces(text, size), everyone);
  } catch (error) {
    if (error instanceof FileError) return `${error.position.line}:${error.position.column} ${error.message}`;
    throw error;
  }
  throw new Error('the file was read');
}

describe('Foundry VTT', () => {
  test('an actor: its biography without the secret, not its items', async () => {
    expect(shown(await fixture('actor-v13-dnd5e.json'))).toEqual([
      'Marla Fennwick (person): Keeps the ferry at Low Crossing. Afraid of the heron.',
    ]);
  });

  test('a journal entry: its pages with text', async () => {
    expect(shown(await fixture('journal-v12.json'))).toEqual([
      'The Drowned Mill: History (note): Before the flood\nThe mill ground for three villages.',
      'The Drowned Mill: Rumours (note): Lights at *midnight*.',
    ]);
  });

  test('a file of before version 11: a document a line', async () => {
    const candidates = await fixture('world-v9.db');
    expect(shown(candidates)).toEqual([
      'Old Tobin (person): Sells eels.',
      'Eel trap (item): Woven from willow.',
      'The tithe (note): One eel in ten goes to the abbey.',
      'Roll eels: notAnEntity',
    ]);
    expect(candidates.map(({ position }) => position.line)).toEqual([1, 2, 3, 4]);
  });

  test.each([1_000_000, 7])('an adventure: what its lists hold (read %i bytes at a time)', async (size) => {
    const audience: Audience = { kind: 'npc', npc: 'Greta' };
    expect(shown(await fixture('adventure-v13.json', audience, size))).toEqual([
      'Brother Aldous (person): Counts the eels. [npc:Greta]',
      'Nameless guard: descriptionMissing',
      'Silver eel (item): A coin of the abbey. [npc:Greta]',
      'Ray of Mist (spell): Chill. [npc:Greta]',
      'The abbey (note): Built on stilts. [npc:Greta]',
      'Ferry: notAnEntity',
    ]);
  });

  test('what the command line unpacks, as JSON and as YAML', async () => {
    const json =
      '{"_key":"!journal!x","name":"Tides","pages":[{"name":"a","text":{"content":"Twice a day."}}]}';
    const yaml =
      'name: Tides\n_key: "!journal!x"\npages:\n  - name: a\n    text:\n      content: <p>Twice a day.</p>\n';
    for (const text of [json, yaml]) {
      expect(shown(await readEntityFile(pieces(text), everyone))).toEqual(['Tides (note): Twice a day.']);
    }
  });

  test('a long text is cut after a sentence, and says so', async () => {
    const text = JSON.stringify({
      name: 'Long',
      pages: [{ name: 'a', text: { content: 'One sentence. '.repeat(500) } }],
    });
    const [only] = await readEntityFile(pieces(text), everyone);
    expect(only?.found).toMatchObject({ shortened: true });
    if (only === undefined || 'skipped' in only.found) throw new Error('skipped');
    expect(only.found.entity.description.length).toBeLessThanOrEqual(2048);
    expect(only.found.entity.description).toMatch(/One sentence\. …$/);
  });
});

describe('ours', () => {
  const json = [
    { name: 'Low Crossing', kind: 'place', description: 'A ferry, six houses, - and a dog.' },
    {
      name: 'The heron',
      description: 'Stands in the reeds. Never flies.',
      knowledge: ['npc:Greta', 'elders'],
    },
    { name: '42', description: 'A number that became a name' },
  ];
  const said = [
    'Low Crossing (place): A ferry, six houses, - and a dog.',
    'The heron (): Stands in the reeds. Never flies. [npc:Greta, elders]',
    '42 (): A number that became a name',
  ];

  test.each([1_000_000, 5])('YAML (read %i bytes at a time)', async (size) => {
    const candidates = await fixture('village.yaml', everyone, size);
    expect(shown(candidates)).toEqual(said);
    expect(candidates.map(({ position }) => position.line)).toEqual([3, 8, 12]);
  });

  test.each([
    JSON.stringify(json),
    JSON.stringify({ entities: json }, null, 2),
    json.map((one) => JSON.stringify(one)).join('\n'),
  ])('JSON: a list, below `entities`, one a line: %#', async (text) => {
    expect(shown(await readEntityFile(pieces(text), everyone))).toEqual(said);
  });

  test('YAML documents, and a list that is not indented', async () => {
    const text =
      '%YAML 1.2\n---\n- name: A\n  description: |\n    - a\n    - b\n- name: B\n  description: b\n---\nname: C\ndescription: c\n...\n';
    expect(shown(await readEntityFile(pieces(text), everyone))).toEqual([
      'A (): - a\n- b',
      'B (): b',
      'C (): c',
    ]);
  });

  test.each([
    ['[{"description": "a"}]', ': nameMissing'],
    ['[{"name": "A"}]', 'A: descriptionMissing'],
    ['[{"name": "A", "description": 3}]', 'A: notText'],
    ['[{"name": "A", "description": "a", "colour": "red"}]', 'A: unknownField'],
    ['[{"name": "A", "description": "a", "knowledge": {"x": "y"}}]', 'A: knowledge'],
    [`[{"name": "${'n'.repeat(129)}", "description": "a"}]`, `${'n'.repeat(129)}: nameTooLong`],
    [`[{"name": "A", "description": "${'d'.repeat(2049)}"}]`, 'A: descriptionTooLong'],
    ['["A"]', ': noRecord'],
    ['[[{"name": "A"}]]', ': noRecord'],
    ['- A', ': noRecord'],
    ['[{"name": "A", "description": "a"}, {"name": " a ", "description": "b"}]', 'A (): a|| a : repeated'],
    ['{"entities": []}', ''],
  ])('%s', async (text, expected) => {
    expect(shown(await readEntityFile(pieces(text), everyone)).join('||')).toBe(expected);
  });
});

describe('a file that cannot be read as a whole is refused with line and column', () => {
  test.each([
    ['', '1:1 the file is empty'],
    ['\n \n', '1:1 the file is empty'],
    ['# nothing\n', '1:1 the file is empty'],
    ['[{"name": "A"}\n {"name": "B"}]', '2:2 a comma is missing before this'],
    [
      '- name: A\n  description: a\n- name: B\n   description: b\n',
      '3:9 Nested mappings are not allowed in compact mappings',
    ],
    ['- name: A\n  description: "a\n', '2:18 Missing closing "quote'],
    [
      '- name: A\n- name: *nobody\n',
      '2:1 Unresolved alias (the anchor must be set before the alias): nobody',
    ],
    ['- name: A\n  name: B\n', '2:3 Map keys must be unique'],
  ])('%j', async (text, expected) => {
    expect(await failure(text)).toBe(expected);
  });

  test('no text', async () => {
    expect(await failure(Uint8Array.of(0x5b, 0xff, 0xfe))).toBe('1:1 the file is not text in UTF-8');
  });

  test('too many records, too large, too large a record', async () => {
    expect(await failure(`[${'{},'.repeat(10_001)}{}]`)).toMatch(/more than 10000 records/);
    expect(await failure(new Uint8Array(10 * 1024 * 1024 + 1).fill(0x20), 65_536)).toMatch(
      /larger than 10 MB/,
    );
    expect(await failure(`- name: A\n  description: ${'a\n    '.repeat(60_000)}`)).toMatch(
      /^1:1 a record is longer than 256 KiB/,
    );
  });

  test('aliases that multiply', async () => {
    const bomb = [
      'name: A',
      'a: &a [x, x, x, x, x, x, x, x, x, x]',
      'b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]',
      'c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b]',
      'd: [*c, *c, *c, *c, *c, *c, *c, *c]',
    ].join('\n');
    expect(await failure(bomb)).toMatch(/alias/);
  });
});
