import { expect, test } from 'vitest';
import type { ImportRecord, RecordResult } from '../../../src/entities/plan-import.ts';
import { messagesFor } from '../../messages/catalogue.ts';
import { describeAudience, parseAudience } from './audience.ts';
import { describeImport } from './report.ts';

const en = messagesFor('en');
const de = messagesFor('de');
const npcs = [{ name: 'Greta', aliases: ['the innkeeper'], knowledge: ['village'] }, { name: 'Bart' }];

test.each([
  ['', []],
  ['everyone', []],
  ['Alle', []],
  ['Game Master only', ['game-master']],
  ['nur Spielleitung', ['game-master']],
  ['greta', ['npc:Greta']],
  ['The Innkeeper, bart', ['npc:Greta', 'npc:Bart']],
  ['village', ['village']],
  ['Greta, gm', ['game-master']],
  ['Greta, everyone', []],
])('%j is %j', (text, knowledge) => {
  expect(parseAudience(text, npcs, [])).toEqual({ knowledge });
});

test('who is nobody is asked about; a reserved scope is no word', () => {
  expect(parseAudience('Greta, Gandalf', npcs, [])).toEqual({ unknown: 'Gandalf' });
  expect(parseAudience('npc:Gone', npcs, ['npc:Gone'])).toEqual({ unknown: 'npc:Gone' });
});

test.each([[[]], [['game-master']], [['npc:Greta']], [['village']], [['npc:Bart', 'village']]])(
  'what is shown of %j is understood, in both languages',
  (knowledge) => {
    for (const messages of [en, de]) {
      const shown = describeAudience(knowledge, messages);
      expect(parseAudience(shown, npcs, ['village'])).toEqual({ knowledge });
    }
  },
);

const record = (line: number, name: string, result: RecordResult): ImportRecord => {
  return { position: { line, column: 1 }, name, result };
};

test('a short report is in the message', () => {
  const records = [
    record(1, 'Mill', { kind: 'added', shortened: true }),
    record(4, '', { kind: 'skipped', skipped: { problem: 'nameMissing' } }),
    record(7, 'Roll *x*', { kind: 'skipped', skipped: { problem: 'notAnEntity', kind: 'Macro' } }),
  ];
  const { content, files } = describeImport({ file: 'a.json', title: 'Village', records }, en);
  expect(files).toBeUndefined();
  expect(content?.split('\n')).toEqual([
    '**a.json** → **Village**',
    '1 new, 0 changed, 0 as before, 2 skipped',
    '1 were longer than 2048 characters and were cut.',
    '- Line 1: Mill: new, cut to 2048 characters',
    '- Line 4: (no name): skipped, it has no name',
    '- Line 7: Roll \\*x\\*: skipped, it is a Macro, which holds nothing to know',
  ]);
});

test('of a long one the message has the beginning of what was skipped, a file has all', () => {
  const records = Array.from({ length: 3_000 }, (_, index) =>
    record(index + 1, `Thing ${'*'.repeat(100)}`, {
      kind: 'skipped',
      skipped: { problem: 'unknownField', field: 'x'.repeat(500) },
    }),
  );
  for (const messages of [en, de]) {
    const { content = '', files = [] } = describeImport(
      { file: 'a.json', title: 'Village', records },
      messages,
    );
    expect(content.length).toBeLessThanOrEqual(2000);
    expect(content).toContain('3000');
    expect(String(files[0]?.data).trim().split('\n')).toHaveLength(3_000);
  }
});
