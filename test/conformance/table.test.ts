import { describe, expect, it } from 'vitest';
import type { Outcome } from './run.ts';
import { markdownTable, tableBegin, tableEnd, withTable } from './table.ts';

const scenarios = [
  { name: 'one', group: 'G', about: 'something', phases: [] },
  { name: 'two', group: 'G', about: 'another', phases: [] },
];
const outcome = (scenario: string, fields: Partial<Outcome>): Outcome => ({
  scenario,
  runtime: 'r',
  passed: false,
  problems: [],
  requests: 0,
  busiestSecond: 0,
  ...fields,
});

describe('the table', () => {
  it('tells the time of what passed and the kinds of problems of what failed', () => {
    const table = markdownTable(
      [
        outcome('one', { passed: true, convergedMs: 12 }),
        outcome('two', { problems: ['cache: missing: a, b', 'never reconciled: a and 3 more'] }),
      ],
      scenarios,
      ['r'],
    );
    expect(table.split('\n')).toEqual([
      '| scenario | what happens | r |',
      '| --- | --- | --- |',
      '| **passed** |  | **1 of 2** |',
      '| **G** |  |  |',
      '| one | something | pass, 12 ms |',
      '| two | another | **fails**: cache: missing; never reconciled |',
    ]);
  });

  it('tells how a process ended, and why, without a stack', () => {
    const problems = [
      'process ended, code 1: failed: {"name":"Error","message":"read ECONNRESET","stack":"x|y"}',
    ];
    const table = markdownTable([outcome('one', { problems })], scenarios, ['r']);
    expect(table).toContain('**fails**: process ended, code 1 (read ECONNRESET) |');
    expect(table).toContain('| two | another | not run |');
  });

  it('replaces what stands between the markers, and nothing else', () => {
    const document = `before\n${tableBegin}\nold\n${tableEnd}\nafter\n`;
    expect(withTable(document, 'new')).toBe(`before\n${tableBegin}\nnew\n${tableEnd}\nafter\n`);
    expect(() => withTable('no markers', 'new')).toThrow('markers');
  });
});
