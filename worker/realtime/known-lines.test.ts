import { describe, expect, it } from 'vitest';
import { KnownLines } from './known-lines.ts';

const user = (content: string) => ({ role: 'user' as const, content });
const own = (content: string) => ({ role: 'assistant' as const, content });

/** Tells the model what is missing, as a turn does. */
function told(known: KnownLines, ...messages: (ReturnType<typeof user> | ReturnType<typeof own>)[]) {
  const missing = known.missing(messages);
  if (missing !== undefined) known.tell(missing);
  return missing?.map(({ content }) => content);
}

describe('what a model has to be told', () => {
  it('is everything at first, then what is new', () => {
    const known = new KnownLines();
    expect(told(known, user('a'), user('b'))).toEqual(['a', 'b']);
    known.said('hello');
    expect(told(known, user('a'), user('b'), own('hello'), user('c'))).toEqual(['c']);
  });

  it('is only the new lines of a window that moves', () => {
    const known = new KnownLines();
    told(known, user('a'), user('b'), user('c'));
    expect(told(known, user('b'), user('c'), user('d'), user('e'))).toEqual(['d', 'e']);
  });

  it('includes what people said while it spoke', () => {
    const known = new KnownLines();
    told(known, user('a'));
    known.said('hello');
    expect(told(known, user('a'), user('meanwhile'), own('hello'), user('b'))).toEqual(['meanwhile', 'b']);
  });

  it('includes its own lines that it did not say itself', () => {
    const known = new KnownLines();
    told(known, user('a'));
    expect(told(known, user('a'), own('said for it'), user('b'))).toEqual(['said for it', 'b']);
  });

  it('includes what it remembers for the moment, which is no part of the conversation', () => {
    const known = new KnownLines();
    expect(told(known, user('a'), user('[[memory]] x'), user('b'))).toEqual(['a', '[[memory]] x', 'b']);
    expect(told(known, user('a'), user('b'), user('[[memory]] y'), user('c'))).toEqual(['[[memory]] y', 'c']);
  });

  it('cannot be told when what it remembers is gone from the room', () => {
    const known = new KnownLines();
    told(known, user('a'), user('b'));
    expect(told(known, user('c'))).toBeUndefined();
  });
});
