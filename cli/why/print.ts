import type { Unread } from '../cluster/reading.ts';
import { painter, type Style } from '../terminal.ts';
import type { Story } from './explain.ts';
import type { Moment } from './timeline.ts';

const LEVELS: Readonly<Record<Moment['level'], Style | undefined>> = {
  info: undefined,
  warning: 'yellow',
  error: 'red',
};

/** The story from its beginning, what could not be read, the verdict, and what to do. */
export function printedStory(story: Story, unread: readonly Unread[], colour: boolean): string {
  const paint = painter(colour);
  const { namespace, name, phase, moments, verdict, next } = story;
  const width = Math.max(0, ...moments.map(({ source }) => source.length));
  let day = '';
  const told = moments.flatMap((moment) => {
    const style = LEVELS[moment.level];
    const time = new Date(moment.at).toISOString();
    const date = time.slice(0, 10);
    const heading = date === day ? [] : [paint('dim', `— ${date} (UTC)`)];
    day = date;
    const text = `${moment.text}${repeated(moment)}`;
    const prefix = `${time.slice(11, 19)}  ${moment.source.padEnd(width)}  `;
    return [...heading, `${paint('dim', prefix)}${style === undefined ? text : paint(style, text)}`];
  });
  const missing = unread.flatMap(({ what, why, how }) => [
    `${paint('yellow', 'Not read:')} ${what}. ${why}`,
    `          ${how}`,
  ]);
  const mark = verdict.well
    ? paint('green', verdict.text)
    : paint(verdict.state === 'failed' ? 'red' : 'yellow', verdict.text);
  const lines = [
    paint('bold', `VoiceSession ${namespace}/${name}${phase === undefined ? '' : `  ${phase}`}`),
    '',
    ...(told.length === 0 ? ['Nothing is known of what happened.'] : told),
    ...(missing.length === 0 ? [] : ['', ...missing]),
    '',
    `${paint('bold', 'Verdict:')} ${mark}`,
    ...next.flatMap(({ who, step, command }, index) => [
      `${paint('bold', index === 0 ? 'Next:   ' : '        ')} ${step}${who === 'nobody' ? '' : ` (${who})`}`,
      ...(command === undefined ? [] : [`           ${command}`]),
    ]),
  ];
  return `${lines.join('\n')}\n`;
}

function repeated({ times = 1, until }: Moment): string {
  if (times < 2) return '';
  return ` (${times} times${until === undefined ? '' : `, last at ${new Date(until).toISOString().slice(11, 19)}`})`;
}
