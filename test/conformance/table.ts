/** Outcomes as text: a line for people who watch, and the table of docs/conformance.md. */
import { styleText } from 'node:util';
import type { Outcome } from './run.ts';
import type { Scenario } from './scenario.ts';

export const tableBegin = '<!-- begin: written by npm run conformance -->';
export const tableEnd = '<!-- end -->';

const tone = (format: 'green' | 'red' | 'dim', text: string): string =>
  styleText(format, text, { stream: process.stderr });

export function line({ scenario, runtime, passed, convergedMs, problems }: Outcome): string {
  const what = `${scenario}  ${tone('dim', runtime)}`;
  return passed
    ? `${tone('green', 'pass')} ${what}  ${convergedMs} ms`
    : `${tone('red', 'FAIL')} ${what}  ${problems.join('; ')}`;
}

/** One row for each scenario, one column for each runtime. */
export function markdownTable(
  outcomes: readonly Outcome[],
  scenarios: readonly Scenario[],
  runtimes: readonly string[],
): string {
  const of = (scenario: string, runtime: string) =>
    outcomes.find((outcome) => outcome.scenario === scenario && outcome.runtime === runtime);
  const passed = runtimes.map((runtime) => {
    const own = outcomes.filter((outcome) => outcome.runtime === runtime);
    return `${own.filter((outcome) => outcome.passed).length} of ${own.length}`;
  });
  const rows: string[][] = [
    ['scenario', 'what happens', ...runtimes],
    Array.from({ length: runtimes.length + 2 }, () => '---'),
    ['**passed**', '', ...passed.map((text) => `**${text}**`)],
  ];
  let group = '';
  for (const scenario of scenarios) {
    if (scenario.group !== group) {
      group = scenario.group;
      rows.push([`**${group}**`, '', ...runtimes.map(() => '')]);
    }
    rows.push([
      scenario.name,
      scenario.about,
      ...runtimes.map((runtime) => cell(of(scenario.name, runtime))),
    ]);
  }
  return rows.map((row) => `| ${row.join(' | ')} |`).join('\n');
}

function cell(outcome: Outcome | undefined): string {
  if (!outcome) return 'not run';
  if (outcome.passed) return `pass, ${outcome.convergedMs} ms`;
  return `**fails**: ${outcome.problems.map(short).join('; ')}`;
}

/** Without the names of objects, which say nothing to a reader of the table. */
function short(problem: string): string {
  if (problem.startsWith('process ended')) return crash(problem);
  const names = problem.indexOf(': ', problem.startsWith('cache: ') ? 'cache: '.length : 0);
  return (names < 0 ? problem : problem.slice(0, names)).replaceAll('|', '\\|');
}

/** How it ended, and the message of the error, if there is one. */
function crash(problem: string): string {
  const [how = problem] = problem.split(':', 1);
  const message =
    /"message":"([^"]{1,60})/.exec(problem)?.[1] ?? /Error\(?:? ?[`'"]?([^`'"]{1,60})/.exec(problem)?.[1];
  return (message ? `${how} (${message.trim()})` : how).replaceAll('|', '\\|').replaceAll(/[`$]/g, '');
}

/** The document with the table between its markers replaced. */
export function withTable(document: string, table: string): string {
  const begin = document.indexOf(tableBegin);
  const end = document.indexOf(tableEnd, begin);
  if (begin < 0 || end < 0) throw new Error('docs/conformance.md has lost the markers of its table');
  return `${document.slice(0, begin + tableBegin.length)}\n${table}\n${document.slice(end)}`;
}
