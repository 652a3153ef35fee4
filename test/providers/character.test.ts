import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { buildPrompt } from '../../worker/npc/prompt.ts';
import { answerInCharacter } from './character.ts';

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

describe('an NPC of the sample campaign, by the prompt that the worker builds', () => {
  const { spec } = z
    .object({
      spec: z.object({
        title: z.string(),
        description: z.string(),
        npcs: z.array(
          z.object({
            name: z.string(),
            title: z.string(),
            personality: z.string(),
            rules: z.array(z.string()).default([]),
            secrets: z.array(z.string()).default([]),
          }),
        ),
        entities: z.array(z.object({ name: z.string(), kind: z.string(), description: z.string() })),
      }),
    })
    .parse(parse(readFileSync('config/samples/campaign.yaml', 'utf8')));

  function answerOf(name: string, heard: string, changes: object = {}): string {
    const npc = spec.npcs.find((one) => one.name === name);
    if (!npc) throw new Error(`The sample has no ${name}.`);
    const prompt = buildPrompt(
      { ...npc, budget: 'standard', gameMasterHelper: false, ...changes },
      {
        campaignTitle: spec.title,
        campaignDescription: spec.description,
        language: 'en',
        otherNpcs: spec.npcs.map((one) => one.name).filter((other) => other !== name),
        characters: ['Aria'],
        entities: spec.entities,
      },
      [{ kind: 'player', speaker: 'Aria', text: heard }],
    );
    return answerInCharacter([
      { role: 'system', text: prompt.system },
      ...prompt.messages.map(({ role, content }) => ({ role, text: content })),
    ]);
  }

  const questions = [
    'Greta, what do you have to drink?',
    'Bruno, can you mend my sword?',
    'Where is the miller?',
    'What is this village?',
    'Good evening!',
  ];

  const facts: Readonly<Record<string, readonly string[]>> = {
    Greta: [
      'I am warm, curious and quick to laugh.',
      'I brew the darkest ale in the valley.',
      'I hear everything that travellers tell.',
    ],
    Bruno: [
      'I am gruff, honest and short of words.',
      'I mend swords.',
      'I trust what I can hold in my hands, and nobody from the city.',
    ],
  };

  it.each(Object.entries(facts))('says who it is and what its own personality has: %s', (name, own) => {
    // Many, so that every fact that the answers can have has its turn.
    const numbered = Array.from({ length: 30 }, (_, index) => `Have you seen rider number ${index}?`);
    for (const question of [...questions, ...numbered]) {
      // Without rules and secrets the world follows the personality at once.
      for (const changes of [{}, { rules: [], secrets: [] }]) {
        const answer = answerOf(name, question, changes);
        expect(answer).toContain(`I am ${name}, the `);
        expect(own.filter((fact) => answer.endsWith(` ${fact}`))).toHaveLength(1);
      }
    }
  });

  it('prefers what it was asked about', () => {
    expect(answerOf('Greta', 'Greta, do you brew ale?')).toMatch(/I brew the darkest ale in the valley\.$/);
    expect(answerOf('Bruno', 'Bruno, who mended this sword?')).toMatch(/I mend swords\.$/);
  });

  it('answers another question, and as another NPC, otherwise', () => {
    const answers = ['Greta', 'Bruno'].flatMap((name) =>
      questions.map((question) => answerOf(name, question)),
    );
    expect(new Set(answers).size).toBe(answers.length);
  });
});
