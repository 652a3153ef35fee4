import { expect, test } from 'vitest';
import { RoomMemory } from './memory.ts';

const ann = { kind: 'player', speaker: 'Ann (GM)', text: 'I hide the key.', userId: '1' } as const;

test('what a person said is forgotten, and the name in what others said', () => {
  const memory = new RoomMemory();
  memory.add(ann);
  memory.add({ kind: 'player', speaker: 'Ben', text: 'Where is ann (gm), and Anna?', userId: '2' });
  memory.add({ kind: 'npc', speaker: 'Greta', text: 'Ann (GM)! Come in.' });
  memory.forget('1');
  expect(memory.recent().map(({ speaker, text }) => `${speaker}: ${text}`)).toEqual([
    'Ben: Where is …, and Anna?',
    'Greta: …! Come in.',
  ]);
});

test('an NPC of the same id as nobody is not forgotten', () => {
  const memory = new RoomMemory();
  memory.add({ kind: 'npc', speaker: 'Greta', text: 'Hello.' });
  memory.add(ann);
  memory.forget('2');
  expect(memory.recent()).toHaveLength(2);
});
