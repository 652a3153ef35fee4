// Who is meant, over the whole table. A row that fails is a player who was not answered, or by the wrong NPC.
import { expect, test } from 'vitest';
import { answer, readUtterances, type Utterance } from './addressing-table.ts';

const utterances = await readUtterances();

test('every utterance of the table reaches the NPC that it was meant for', () => {
  const wrong = utterances.filter((utterance) => answer(utterance) !== utterance.expected);
  console.log(accuracy(utterances, new Set(wrong)));
  expect(
    wrong.map((utterance) => `line ${utterance.line}: ${utterance.text} -> ${answer(utterance)}`),
  ).toEqual([]);
});

test('the table is large enough to say something', () => {
  expect(utterances.length).toBeGreaterThanOrEqual(150);
  expect(new Set(utterances.map(({ language }) => language))).toEqual(new Set(['en', 'de']));
});

function accuracy(all: readonly Utterance[], wrong: ReadonlySet<Utterance>): string {
  const kinds = [...new Set(all.map(({ kind }) => kind))];
  const share = (some: readonly Utterance[]): string => {
    const right = some.filter((utterance) => !wrong.has(utterance)).length;
    return some.length === 0 ? '' : `${right}/${some.length}`;
  };
  const line = (name: string, some: readonly Utterance[]): string => {
    const of = (language: string): string => share(some.filter((u) => u.language === language));
    return `${name.padEnd(14)}${of('en').padStart(8)}${of('de').padStart(8)}`;
  };
  return [
    `${'addressing'.padEnd(14)}${'en'.padStart(8)}${'de'.padStart(8)}`,
    ...kinds.map((kind) =>
      line(
        kind,
        all.filter((u) => u.kind === kind),
      ),
    ),
    line('all', all),
  ].join('\n');
}
