import { expect, it } from 'vitest';
import { searchWords } from './search-words.ts';

it.each([
  ['Greta, do you remember where the silver key was?', ['silver', 'key']],
  ['Greta, erinnerst du dich an den Müller und seine Schulden?', ['müller', 'seine', 'schulden']],
  ['Hello! How are you?', []],
  ['Room 7, or -room "two" !drop:*', ['room', '7', 'two', 'drop']],
  ['', []],
])('of %j', (text, found) => {
  expect(searchWords(text, ['Greta'])).toEqual(found);
});

it('are no more than are worth it', () => {
  expect(searchWords(Array.from({ length: 50 }, (_, n) => `word${n}`).join(' '))).toHaveLength(12);
});
