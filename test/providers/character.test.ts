import { describe, expect, it } from 'vitest';
import { answerInCharacter, readPersona } from './character.ts';

describe('readPersona', () => {
  it('finds name, title and facts however the prompt is laid out', () => {
    expect(readPersona('You are Greta, the innkeeper of the Silver Stag. You brew dark beer.')).toEqual({
      name: 'Greta',
      title: 'innkeeper of the Silver Stag',
      facts: ['I brew dark beer'],
    });
    expect(
      readPersona(
        'Name: Bruno Ironhand\nTitle: the smith\nPersonality: Distrusts wizards. Watches his forge.',
      ),
    ).toEqual({
      name: 'Bruno Ironhand',
      title: 'smith',
      facts: ['I distrust wizards', 'I watch my forge'],
    });
  });

  it('takes no instruction to the model for a fact about the character', () => {
    const prompt =
      'You are Greta. Never mention that you are a model. Answer in two sentences. Greta fears rats.';
    expect(readPersona(prompt)).toEqual({ name: 'Greta', title: '', facts: ['I fear rats'] });
  });

  it('does not take the words after a name for part of it', () => {
    expect(readPersona('You are Greta and you run an inn.').name).toBe('Greta');
  });
});

describe('answerInCharacter', () => {
  const system = { role: 'system', text: 'You are Greta, the innkeeper. Greta brews ale. Greta fears rats.' };
  const ask = (text: string) => answerInCharacter([system, { role: 'user', text }]);

  it('takes up a word of what was said, and not the name that it was said to', () => {
    expect(ask('Greta, where is the dragon?')).toMatch(/^\W*(So it is )?dragon/i);
    expect(ask('Greta, have you seen the wizard?')).toMatch(/wizard/i);
  });

  it('does not take the name of the speaker for something that was said', () => {
    expect(ask('Roderick: where is the dragon?')).not.toMatch(/Roderick/);
    expect(ask('[Roderick] where is the dragon?')).not.toMatch(/Roderick/);
  });

  it('is two or three short sentences', () => {
    for (const text of ['Hello', 'What do you have to drink tonight?', 'We killed the goblins.', '']) {
      const sentences = ask(text).match(/[^.!?]+[.!?]/g) ?? [];
      expect(sentences.length).toBeGreaterThanOrEqual(2);
      expect(sentences.length).toBeLessThanOrEqual(4);
      expect(ask(text).length).toBeLessThan(200);
    }
  });

  it('answers the last message, and the same message the same', () => {
    const earlier = [
      system,
      { role: 'user', text: 'The bridge is gone.' },
      { role: 'assistant', text: 'Oh.' },
    ];
    const answer = answerInCharacter([...earlier, { role: 'user', text: 'Do you sell rope?' }]);
    expect(answer).toMatch(/rope|sell/i);
    expect(answer).not.toMatch(/bridge/i);
    expect(answer).toBe(answerInCharacter([...earlier, { role: 'user', text: 'Do you sell rope?' }]));
  });
});
