import fc from 'fast-check';
import { expect, test } from 'vitest';
import { splitText } from './split-text.ts';

test('a short text is one piece, none is none', () => {
  expect(splitText(' A bridge. ', 100)).toEqual(['A bridge.']);
  expect(splitText('  ', 100)).toEqual([]);
});

test('a piece ends with a paragraph, else with a sentence, else with a word', () => {
  expect(splitText('One two three.\n\nFour five six.', 20)).toEqual(['One two three.', 'Four five six.']);
  expect(splitText('One two three. “Four!” five six.', 24)).toEqual(['One two three. “Four!”', 'five six.']);
  expect(splitText('one two three four', 10)).toEqual(['one two', 'three four']);
  expect(splitText('abcdefgh', 3)).toEqual(['abc', 'def', 'gh']);
});

test('no word is lost, no piece too long, and no character halved', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme', maxLength: 300 }),
      fc.integer({ min: 2, max: 80 }),
      (text, most) => {
        const pieces = splitText(text, most);
        expect(pieces.join('').replaceAll(/\s/g, '')).toBe(text.replaceAll(/\s/g, ''));
        for (const piece of pieces) {
          expect(piece.length).toBeLessThanOrEqual(most);
          expect(piece.isWellFormed()).toBe(true);
        }
      },
    ),
    { numRuns: 500 },
  );
});
