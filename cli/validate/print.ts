import { styleText } from 'node:util';
import type { Finding, Report } from './report.ts';

/** For people: one line a problem, as compilers write them, and a summary. */
export function printed({ files, objects, ignored, problems, notices }: Report, colour: boolean): string {
  const lines = [
    ...problems.map((one) => lineOf(one, 'red', '', colour)),
    ...notices.map((one) => lineOf(one, 'yellow', 'notice: ', colour)),
  ];
  const counts = [counted(objects, 'object'), `in ${counted(files, 'file')}`];
  const also = [
    ...(notices.length === 0 ? [] : [counted(notices.length, 'notice')]),
    ...(ignored === 0 ? [] : [`${counted(ignored, 'document')} of other kinds not looked at`]),
  ];
  const verdict = problems.length === 0 ? 'no problems' : counted(problems.length, 'problem');
  return [...lines, `${counts.join(' ')}: ${[verdict, ...also].join(', ')}`, ''].join('\n');
}

function lineOf(one: Finding, colour: 'red' | 'yellow', prefix: string, coloured: boolean): string {
  const paint = (format: 'bold' | 'red' | 'yellow', text: string) =>
    coloured ? styleText(format, text, { validateStream: false }) : text;
  const who = [one.kind, [one.namespace, one.name].filter(Boolean).join('/')].filter(Boolean).join(' ');
  const place = paint('bold', `${one.file}:${one.line}:${one.column}:`);
  const parts = [who, one.path].filter((part) => part !== '').map((part) => `${part}: `);
  return `${place} ${parts.join('')}${paint(colour, `${prefix}${one.message}`)}`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
