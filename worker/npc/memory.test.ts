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

const said = (text: string) => ({ kind: 'player', speaker: 'Ben', text, userId: '2' }) as const;

test('the latest 40 lines are remembered, and of long ones as many as fit', () => {
  const memory = new RoomMemory();
  for (let n = 0; n < 60; n++) memory.add(said(`line ${n}`));
  expect(memory.recent()).toHaveLength(40);
  expect(memory.recent()[0]?.text).toBe('line 20');
  for (let n = 0; n < 10; n++) memory.add(said(`${n}`.repeat(1500)));
  expect(memory.recent().map(({ text }) => text[0])).toEqual(['5', '6', '7', '8', '9']);
  memory.rebuild([said('x'.repeat(9000))]);
  expect(memory.recent()).toHaveLength(5);
});

test('what was said last is remembered however long it was', () => {
  const memory = new RoomMemory();
  memory.add(said('short'));
  memory.add(said('x'.repeat(20_000)));
  expect(memory.recent().map(({ text }) => text.length)).toEqual([20_000]);
});
