import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SentenceSplitter } from './sentences.ts';

function split(text: string, size = 1): { streamed: string[]; rest: string[] } {
  const splitter = new SentenceSplitter();
  const streamed: string[] = [];
  for (let at = 0; at < text.length; at += size) streamed.push(...splitter.push(text.slice(at, at + size)));
  return { streamed, rest: splitter.flush() };
}

const all = (text: string): string[] => {
  const { streamed, rest } = split(text);
  return [...streamed, ...rest];
};

describe('SentenceSplitter', () => {
  it('gives a sentence out as soon as it is closed, the last one at the end', () => {
    expect(split('Well met! What do you want? Speak.')).toEqual({
      streamed: ['Well met!', 'What do you want?'],
      rest: ['Speak.'],
    });
  });

  it.each([
    ['Dr. Grey is here. Sit down.', ['Dr. Grey is here.', 'Sit down.']],
    ['It costs 3.5 gold. No less.', ['It costs 3.5 gold.', 'No less.']],
    ['J. R. Smith made it. I swear.', ['J. R. Smith made it.', 'I swear.']],
    ['Bring tools, e.g. a hammer. Go.', ['Bring tools, e.g. a hammer.', 'Go.']],
    ['Well... maybe so. Hm... Yes.', ['Well... maybe so.', 'Hm...', 'Yes.']],
    ['"Stop!" he cried. Then silence.', ['"Stop!"', 'he cried.', 'Then silence.']],
    ['What?! Never!! Out.', ['What?!', 'Never!!', 'Out.']],
    ['First line\nSecond line', ['First line', 'Second line']],
    ['你好。再见。', ['你好。', '再见。']],
    ['So it was I. Nobody else.', ['So it was I.', 'Nobody else.']],
    ['', []],
    ['   ', []],
  ])('cuts %j', (text, sentences) => {
    expect(all(text)).toEqual(sentences);
  });

  it('cuts an endless sentence at a comma', () => {
    const parts = all(`${'and then we went on, '.repeat(40)}home.`);
    expect(parts.length).toBeGreaterThan(2);
    for (const part of parts) expect(part.length).toBeLessThanOrEqual(300);
  });

  it('gives the same sentences however the text is streamed, and loses no letter', () => {
    const text = fc.string({
      unit: fc.constantFrom('a', 'B', '.', '!', ' ', '\n', '…', '"', ',', '3', 'Dr. ', '。'),
    });
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 7 }), (whole, size) => {
        const { streamed, rest } = split(whole, size);
        expect([...streamed, ...rest].join('').replaceAll(/\s/g, '')).toBe(whole.replaceAll(/\s/g, ''));
      }),
    );
  });
});
