import { expect, test } from 'vitest';
import type { Campaign } from '../api/index.ts';
import { audienceOf, entityKey, knowledgeOf, type StoredEntity } from './entity.ts';
import { entitiesForWorker, listEntities, manifestEntities, scopesOfNpc } from './merge.ts';

const spec: Campaign['spec'] = {
  language: 'en',
  npcs: [],
  onVoiceChannelMoved: 'Follow',
  turnTaking: { endpointing: 'dynamic', minDelayMs: 400, maxDelayMs: 2400, preemptive: true },
  entities: [
    { name: 'Mill', description: 'Of the manifest.' },
    { name: 'Ford', description: 'A ford.', knowledge: ['village'] },
  ],
};
const status = {
  entities: [
    { name: 'ford', description: 'Of the ConfigMap.' },
    { name: 'Inn', description: 'An inn.' },
  ],
};
const manifest = manifestEntities({ spec, status });

const kept = (name: string, more: Partial<StoredEntity> = {}): StoredEntity => {
  return { name, kind: '', description: `Kept: ${name}.`, knowledge: [], hidden: false, ...more };
};

const told = (stored: readonly StoredEntity[]) =>
  entitiesForWorker(manifest, stored).map(({ description }) => description);

test('the Campaign’s own win over its ConfigMap’s, what people keep wins over both, by name', () => {
  expect(told([])).toEqual(['Of the manifest.', 'A ford.', 'An inn.']);
  expect(told([kept('MILL'), kept('Bridge')])).toEqual([
    'Kept: MILL.',
    'Kept: Bridge.',
    'A ford.',
    'An inn.',
  ]);
});

test('what is hidden is not told, what only the game master knows never leaves', () => {
  expect(told([kept('mill', { hidden: true, description: '' })])).toEqual(['A ford.', 'An inn.']);
  expect(
    told([
      kept('Mill', { knowledge: ['game-master'] }),
      kept('Plot', { knowledge: ['village', 'game-master'] }),
    ]),
  ).toEqual(['A ford.', 'An inn.']);
  const seed = manifestEntities({
    spec: { ...spec, entities: [{ name: 'Plot', description: 'p', knowledge: ['game-master'] }] },
  });
  expect(entitiesForWorker(seed, [])).toEqual([]);
});

test('no more than a message holds; what people keep comes first', () => {
  const many = Array.from({ length: 2047 }, (_, index) => kept(`Thing ${index}`));
  expect(told(many)).toHaveLength(2048);
  const large = Array.from({ length: 400 }, (_, index) =>
    kept(`Thing ${index}`, { description: 'ü'.repeat(2000) }),
  );
  const fits = entitiesForWorker(manifest, large);
  expect(Buffer.byteLength(JSON.stringify(fits))).toBeLessThan(515 * 1024);
  expect(fits.length).toBeGreaterThan(100);
});

test('the list says where each is from', () => {
  const stored = [
    kept('MILL'),
    kept('Bridge'),
    kept('inn', { hidden: true }),
    kept('Gone', { hidden: true }),
  ];
  expect(listEntities(manifest, stored).map(({ name, origin }) => [name, origin])).toEqual([
    ['Bridge', 'added'],
    ['Ford', 'manifest'],
    ['Inn', 'hidden'],
    ['MILL', 'changed'],
  ]);
});

test('an NPC has the scope of its own name, and can be given no other’s', () => {
  expect(scopesOfNpc({ name: 'Greta', knowledge: ['village', 'npc:Bart', 'game-master'] })).toEqual([
    'village',
    'npc:Greta',
  ]);
  expect(scopesOfNpc({ name: 'Bart' })).toEqual(['npc:Bart']);
});

test('audiences and scopes are two ways to say one thing', () => {
  for (const scopes of [[], ['game-master'], ['npc:Greta'], ['village', 'elders']]) {
    expect(knowledgeOf(audienceOf(scopes))).toEqual(scopes);
  }
  expect(audienceOf(['village', 'game-master'])).toEqual({ kind: 'gameMaster' });
});

test('names that mean the same', () => {
  expect(entityKey(' The  Old\tMill ')).toBe(entityKey('the old mill'));
  expect(entityKey('Caf\u0065\u0301')).toBe(entityKey('CAFÉ'));
  expect(entityKey('Mill')).not.toBe(entityKey('Mills'));
});
