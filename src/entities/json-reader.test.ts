import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FileError } from './file-error.ts';
import { JsonReader } from './json-reader.ts';

/** Builds what the events say, with `undefined` for what is no text. */
function read(pieces: readonly string[], longestString = 1_000_000): unknown[] {
  const roots: unknown[] = [];
  const open: { value: Record<string, unknown> | unknown[]; key: string }[] = [];
  const put = (value: unknown): void => {
    const top = open.at(-1);
    if (top === undefined) roots.push(value);
    else if (Array.isArray(top.value)) top.value.push(value);
    else
      Object.defineProperty(top.value, top.key, {
        value,
        enumerable: true,
        configurable: true,
        writable: true,
      });
  };
  const reader = new JsonReader(
    {
      begin: (kind) => {
        const value = kind === 'object' ? {} : [];
        put(value);
        open.push({ value, key: '' });
      },
      key: (name) => {
        const top = open.at(-1);
        if (top !== undefined) top.key = name;
      },
      end: () => void open.pop(),
      value: put,
    },
    { longestString },
  );
  for (const piece of pieces) reader.write(piece);
  reader.end();
  return roots;
}

function textsOf(value: unknown): unknown {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(textsOf);
  if (typeof value !== 'object' || value === null) return undefined;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, textsOf(inner)]));
}

function failure(...pieces: string[]): FileError {
  try {
    read(pieces);
  } catch (error) {
    if (error instanceof FileError) return error;
  }
  throw new Error(`${JSON.stringify(pieces)} was accepted`);
}

test('reads what JSON.parse reads, however it is cut into pieces', () => {
  fc.assert(
    fc.property(fc.json(), fc.array(fc.nat(30)), (text, cuts) => {
      const pieces: string[] = [];
      let rest = text;
      for (const cut of cuts) {
        pieces.push(rest.slice(0, cut));
        rest = rest.slice(cut);
      }
      expect(read([...pieces, rest])).toEqual([textsOf(JSON.parse(text))]);
    }),
    { numRuns: 300 },
  );
});

test('refuses what JSON.parse refuses', () => {
  const alphabet = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"a"',
    '"',
    '1',
    '-',
    'true',
    'nul',
    ' ',
    '\\',
    '\n',
    '01',
  );
  fc.assert(
    fc.property(fc.array(alphabet, { minLength: 1, maxLength: 8 }), (parts) => {
      const text = parts.join('');
      // Several values one after the other are read here.
      const accepted = (() => {
        try {
          return read([text]).length === 1;
        } catch {
          return false;
        }
      })();
      const parsed = (() => {
        try {
          JSON.parse(text);
          return true;
        } catch {
          return false;
        }
      })();
      if (parsed) expect(accepted).toBe(true);
      else if (accepted) throw new Error(`${JSON.stringify(text)} was accepted`);
    }),
    { numRuns: 3_000 },
  );
});

test('a document a line', () => {
  expect(read(['{"a":"1"}\n{"a":', '"2"}\n'])).toEqual([{ a: '1' }, { a: '2' }]);
});

test('escape sequences across pieces', () => {
  expect(read(['"a\\', 'u00', 'e4\\n\\ud83d', '\\ude00"'])).toEqual(['aä\n😀']);
});

test('of long strings only the beginning is kept', () => {
  expect(read(['["', 'x'.repeat(50), 'y\\n', 'z"]'], 51)).toEqual([[`${'x'.repeat(50)}y`]]);
});

describe('says where and why', () => {
  test.each([
    [['{\n  "a": 1,\n  "b" 2}'], 3, 7, 'a colon is expected here'],
    [['[1,\n', ' 2\n 3]'], 3, 2, 'a comma is missing before this'],
    [['{"a": "x\ny"}'], 1, 9, 'a line break or control character inside of a string'],
    [['{"a": undefined}'], 1, 7, 'not a value: undefined'],
    [["{'a': 1}"], 1, 2, `unexpected "'"`],
    [['[1, 2,]'], 1, 7, '] is not expected here'],
    [['{"a": [1, 2}'], 1, 12, '} is not expected here'],
    [['{"a": [1, 2'], 1, 12, 'the text ends inside of a list'],
    [['{"a": "b'], 1, 9, 'the text ends inside of a string'],
    [['  \n '], 2, 2, 'the file is empty'],
    [['{a: 1}'], 1, 2, 'a name in quotes or } is expected here'],
    [['"\\x"'], 1, 3, 'unknown escape sequence \\x'],
    [['['.repeat(300)], 1, 201, 'more than 200 objects and lists inside of each other'],
  ])('%j', (pieces, line, column, message) => {
    const error = failure(...pieces);
    expect([error.position.line, error.position.column, error.message]).toEqual([line, column, message]);
  });
});
