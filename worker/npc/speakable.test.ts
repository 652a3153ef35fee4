import { describe, expect, it } from 'vitest';
import { speakable } from './speakable.ts';

describe('speakable', () => {
  it.each([
    ['*grins widely* Aye, traveller.', 'Aye, traveller.'],
    ['**Aye**, traveller (winks).', 'Aye, traveller.'],
    ['Grimjaw: What do you want?', 'What do you want?'],
    ['[Grimjaw] - What do you want?', 'What do you want?'],
    ['- one sword', 'one sword'],
    ['Well met 😀!', 'Well met!'],
    ['*sighs*', ''],
    ['...', ''],
    ['<|im_start|>assistant<|im_sep|> Aye.', 'assistant Aye.'],
    ['It is 5 gold.', 'It is 5 gold.'],
  ])('of %j says %j', (text, spoken) => {
    expect(speakable(text, 'Grimjaw')).toBe(spoken);
  });
});
