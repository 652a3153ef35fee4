import { describe, expect, it } from 'vitest';
import { MOST_NAMES, namesInPrompt } from './names.ts';

const namesOf = (prompt: string) => [...namesInPrompt(prompt).names.values()];

describe('namesInPrompt', () => {
  it.each([
    ['Greta, Bruno', ['Greta', 'Bruno']],
    ['greta, bruno', ['greta', 'bruno']],
    ['Bart Stonefist, Greta', ['Bart', 'Stonefist', 'Greta']],
    ['The party meets Greta, who runs the inn. They fear Éowyn.', ['Greta', 'Éowyn']],
    ["D'Artagnan, Jean-Luc", ["D'Artagnan", 'Jean-Luc']],
    ['', []],
  ])('finds the names in %j', (prompt, names) => {
    expect(namesOf(prompt)).toEqual(names);
  });

  it('keeps the first spelling of a name', () => {
    expect(namesOf('Greta, GRETA, greta')).toEqual(['Greta']);
  });

  it('reports names that are not in Latin letters', () => {
    expect(namesInPrompt('Greta, Ольга')).toMatchObject({ unpronounceable: ['Ольга'] });
  });

  it('bounds the number of names and reports the rest', () => {
    const many = Array.from({ length: MOST_NAMES + 2 }, (_, at) => {
      const letters = [at % 26, Math.floor(at / 26)].map((value) => String.fromCharCode(97 + value));
      return `X${letters.join('')}`;
    });
    const found = namesInPrompt(many.join(', '));
    expect(found.names.size).toBe(MOST_NAMES);
    expect(found.unpronounceable).toEqual(many.slice(MOST_NAMES));
  });
});
