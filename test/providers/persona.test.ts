import { describe, expect, it } from 'vitest';
import { readPersona } from './persona.ts';

describe('readPersona', () => {
  it('finds name, title and facts however the prompt is laid out', () => {
    expect(readPersona('You are Greta, the innkeeper of the Silver Stag. You brew dark beer.')).toEqual({
      name: 'Greta',
      title: 'innkeeper of the Silver Stag',
      facts: ['I brew dark beer.'],
    });
    expect(
      readPersona(
        'Name: Bruno Ironhand\nTitle: the smith\nPersonality: Distrusts wizards. Watches his forge.',
      ),
    ).toEqual({
      name: 'Bruno Ironhand',
      title: 'smith',
      facts: ['I distrust wizards.', 'I watch my forge.'],
    });
  });

  it('takes no instruction to the model for a fact about the character', () => {
    const prompt =
      'You are Greta. Never mention that you are a model. Answer in two sentences. Always be kind. Greta fears rats.';
    expect(readPersona(prompt)).toEqual({ name: 'Greta', title: '', facts: ['I fear rats.'] });
  });

  it('takes neither the setting, nor lists, nor what follows them for facts about the character', () => {
    const own = 'You are Greta.\n\nFears rats.\nLoves ale.\n\nHer cat is old.';
    const facts = ['I fear rats.', 'I love ale.', 'My cat is old.'];
    expect(readPersona(`${own}\n\nThe story is "Ford". A quiet village.\n\nSleeps by day.`).facts).toEqual(
      facts,
    );
    expect(readPersona(`${own}\n\nYour secrets:\n- She stole a horse.\n\nSleeps by day.`).facts).toEqual(
      facts,
    );
  });

  it('has no facts when it has no personality', () => {
    expect(readPersona('You are Greta, the innkeeper.\n\nThe story is "Ford". A village.').facts).toEqual([]);
  });

  it('does not take the words after a name for part of it', () => {
    expect(readPersona('You are Greta and you run an inn.').name).toBe('Greta');
  });

  it('is nobody without an introduction', () => {
    expect(readPersona('The weather is fine.')).toEqual({ name: 'Nobody', title: '', facts: [] });
  });
});
