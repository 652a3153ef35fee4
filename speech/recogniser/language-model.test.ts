import { describe, expect, it } from 'vitest';
import { buildLanguageModel } from './language-model.ts';
import { PHRASES } from './phrases.ts';

/** Log10 probabilities and backoffs by n-gram. */
function parse(arpa: string): Map<string, { probability: number; backoff: number }> {
  const entries = new Map<string, { probability: number; backoff: number }>();
  for (const line of arpa.split('\n')) {
    const [probability = '', ngram, backoff = '0'] = line.split('\t');
    if (ngram === undefined) continue;
    entries.set(ngram, { probability: 10 ** Number(probability), backoff: 10 ** Number(backoff) });
  }
  return entries;
}

/** The probability of a word after a history as a decoder computes it from an ARPA file. */
function probability(model: ReturnType<typeof parse>, history: string[], word: string): number {
  const entry = model.get([...history, word].join(' '));
  if (entry) return entry.probability;
  if (history.length === 0) return 0;
  return (model.get(history.join(' '))?.backoff ?? 1) * probability(model, history.slice(1), word);
}

const phrases = ['{name} come here', '{name} stop', 'i open the door', 'the door is here'];
const model = parse(buildLanguageModel(phrases, ['greta', 'bruno']));
const words = [...model.keys()].filter((ngram) => !ngram.includes(' ') && ngram !== '<s>');

describe('buildLanguageModel', () => {
  it.each([[[]], [['<s>']], [['greta']], [['the', 'door']], [['<s>', 'bruno']]])(
    'spreads a probability of 1 over what can follow %j',
    (history) => {
      const sum = words.reduce((total, word) => total + probability(model, history, word), 0);
      expect(sum).toBeCloseTo(1, 3);
    },
  );

  it('makes every name equally likely where names stand', () => {
    const greta = probability(model, ['<s>'], 'greta');
    expect(greta).toBeCloseTo(probability(model, ['<s>'], 'bruno'), 6);
    expect(greta).toBeGreaterThan(probability(model, ['<s>'], 'door') * 2);
  });

  it('gives names together the same weight, however many there are', () => {
    const names = Array.from({ length: 20 }, (_, index) => `name${String.fromCharCode(97 + index)}`);
    const many = parse(buildLanguageModel(phrases, names));
    const together = names.reduce((sum, name) => sum + probability(many, ['<s>'], name), 0);
    const two = probability(model, ['<s>'], 'greta') + probability(model, ['<s>'], 'bruno');
    expect(together).toBeCloseTo(two, 1);
  });

  it('counts the n-grams in its head right, as the decoder reads no more than that', () => {
    const arpa = buildLanguageModel(PHRASES, ['greta']);
    for (const order of [1, 2, 3]) {
      const announced = Number(new RegExp(`ngram ${order}=(\\d+)`).exec(arpa)?.[1]);
      const listed = [...parse(arpa).keys()].filter((ngram) => ngram.split(' ').length === order);
      expect(listed.length).toBe(announced);
    }
  });

  it('works without any name, leaving out the phrases that need one', () => {
    const none = parse(buildLanguageModel(phrases, []));
    expect(none.has('stop')).toBe(false);
    expect(none.has('door')).toBe(true);
  });
});
