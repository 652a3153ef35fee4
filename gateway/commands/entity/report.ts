/** What an import did, for the person who asked: the counts, what was skipped, and every record in a file. Pure. */
import { escapeMarkdown } from '@discordjs/builders';
import type { ImportRecord } from '../../../src/entities/plan-import.ts';
import type { Messages } from '../../messages/catalogue.ts';
import type { Answer } from '../answer.ts';
import { problemText } from './problem.ts';

/** Records that are spelt out in the message; more are in a file. */
const MOST_LINES = 10;
const LONGEST_LINE = 150;

export interface ImportDone {
  readonly file: string;
  readonly title: string;
  readonly records: readonly ImportRecord[];
}

export function describeImport({ file, title, records }: ImportDone, messages: Messages): Answer {
  const words = messages.entity.import;
  const count = (kind: ImportRecord['result']['kind']): string =>
    String(records.filter(({ result }) => result.kind === kind).length);
  const shortened = records.filter(({ result }) => result.kind !== 'skipped' && result.shortened).length;
  const skipped = records.filter(({ result }) => result.kind === 'skipped');
  const long = records.length > MOST_LINES;
  const shown = long ? skipped.slice(0, MOST_LINES) : records;
  const lines = shown.map((record) => {
    const line = escapeMarkdown(lineOf(record, messages));
    return `- ${line.length <= LONGEST_LINE ? line : `${line.slice(0, LONGEST_LINE - 1)}…`}`;
  });
  const content = [
    words.summary(escapeMarkdown(file), escapeMarkdown(title)),
    words.counts(count('added'), count('updated'), count('unchanged'), count('skipped')),
    ...(shortened === 0 ? [] : [words.shortened(String(shortened))]),
    ...lines,
    ...(long ? [words.more] : []),
  ].join('\n');
  if (!long) return { content };
  const data = `${records.map((record) => lineOf(record, messages)).join('\n')}\n`;
  return { content, files: [{ name: words.report, data, contentType: 'text/plain; charset=utf-8' }] };
}

function lineOf({ position, name, result }: ImportRecord, messages: Messages): string {
  const words = messages.entity.import;
  const what =
    result.kind === 'skipped' ? words.skipped(problemText(result.skipped, messages)) : words[result.kind];
  const cut = result.kind !== 'skipped' && result.shortened ? `, ${words.cut}` : '';
  const called = name.replaceAll(/\s+/g, ' ').slice(0, 128);
  return words.line(String(position.line), called === '' ? words.nameless : called, `${what}${cut}`);
}
