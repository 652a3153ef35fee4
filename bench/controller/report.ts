/** Results as tables: for the terminal, and for docs/benchmarks.md. */
import type { Bar } from './bars.ts';
import type { LiveResult } from './live.ts';
import { type Metric, metrics, type Results, type Summary, summarise } from './results.ts';
import type { Spread } from './statistics.ts';

const titles: Readonly<Record<Metric, string>> = {
  objectsPerSecond: 'objects/s',
  p50Ms: 'p50 ms',
  p99Ms: 'p99 ms',
  apiRequestsPerObject: 'requests/object',
  cpuMsPerObject: 'CPU ms/object',
  peakRssMB: 'peak RSS MiB',
};

const digits: Readonly<Record<Metric, number>> = {
  objectsPerSecond: 0,
  p50Ms: 1,
  p99Ms: 1,
  apiRequestsPerObject: 2,
  cpuMsPerObject: 2,
  peakRssMB: 0,
};

/** For the terminal: medians, aligned. */
export function textTable({ contenders, failures }: Summary): string {
  const rows = [
    ['', ...metrics.map((metric) => titles[metric])],
    ...Object.entries(contenders).map(([name, spreads]) => [
      name,
      ...metrics.map((metric) => spreads[metric].median.toFixed(digits[metric])),
    ]),
  ];
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  const lines = rows.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  '),
  );
  for (const [name, error] of Object.entries(failures)) {
    lines.push(`${name}: a run was not completed: ${error.split('\n')[0]}`);
  }
  return lines.join('\n');
}

export function barLines(bars: readonly Bar[]): string {
  return bars
    .map(({ text, measured, reached }) => `${reached ? 'reached' : 'MISSED '}  ${text}: ${measured}`)
    .join('\n');
}

/** For docs/benchmarks.md: what was promised, and what was measured. */
export function markdownBars(bars: readonly Bar[]): string {
  const lines = ['### Bars', '', row(['bar', 'measured', '']), row(['---', '---', '---'])];
  for (const { text, measured, reached } of bars) {
    lines.push(row([text, measured, reached ? 'reached' : '**missed**']));
  }
  return lines.join('\n');
}

/** For docs/benchmarks.md: one setting and size. */
export function markdownSection(results: Results, plot: string): string {
  const summary = summarise(results);
  const where =
    results.setting === 'server'
      ? 'Real API server'
      : `Stub server, ${results.stubLatencyMs ?? 0} ms per answer`;
  const lines = [
    `### ${where}, N = ${results.n.toLocaleString('en')}`,
    '',
    `![objects per second](${plot})`,
    '',
  ];
  lines.push(row(['contender', ...metrics.map((metric) => titles[metric]), 'skald is']));
  lines.push(row(['---', ...metrics.map(() => '--:'), '--:']));
  for (const [name, spreads] of Object.entries(summary.contenders)) {
    const ratio = summary.ratios[name]?.objectsPerSecond;
    lines.push(
      row([
        name,
        ...metrics.map((metric) => cell(spreads[metric], digits[metric])),
        ratio ? `${cell(ratio, 2)}x` : '',
      ]),
    );
  }
  for (const [name, error] of Object.entries(summary.failures)) {
    lines.push('', `${name}: a run was not completed: ${error.split('\n')[0]}`);
  }
  lines.push('', `${conditions(results)}.`);
  return lines.join('\n');
}

export function markdownLive(live: LiveResult, date: string): string {
  return [
    '### Live',
    '',
    `${live.n.toLocaleString('en')} live sessions, ${live.changesPerSecond.toFixed(0)} changes a second (30 % of ` +
      `${live.writesPerSecond.toFixed(0)} writes a second) for ${live.minutes} minutes, ${date.slice(0, 10)}:`,
    '',
    row(['change -> reconciled', 'p50', 'p99', 'longest']),
    row(['---', '--:', '--:', '--:']),
    row(['ms', live.p50Ms.toFixed(0), live.p99Ms.toFixed(0), live.maxMs.toFixed(0)]),
    '',
    `The queue held ${live.deepestQueue} keys at most (${live.deepestQueueAtEnd} in the last fifth); the process used ` +
      `${(100 * live.cpuShare).toFixed(0)} % of a core and ${live.peakRssMB.toFixed(0)} MiB.`,
  ].join('\n');
}

function conditions({ repeat, workers, steady, date, machine }: Results): string {
  const { cores, cpu, memoryGiB, kernel, node, versions } = machine;
  const others = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return (
    `${repeat === 1 ? 'One run' : `Medians of ${repeat} runs (least to most)`} on ${date.slice(0, 10)}; ` +
    `${workers} workers; p50 and p99 at ${steady.rate} objects/s for ${steady.seconds} s; ` +
    `${cores} cores of ${cpu}, ${memoryGiB} GiB, Linux ${kernel}, ` +
    `${[`Node ${node.replace(/^v/, '')}`, ...others].join(', ')}`
  );
}

function cell({ median, min, max }: Spread, places: number): string {
  const text = median.toFixed(places);
  const [least, most] = [min.toFixed(places), max.toFixed(places)];
  return least === most ? text : `${text} (${least}-${most})`;
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

/** Puts `content` between the markers of that name. @throws when the text has no such markers. */
export function betweenMarkers(text: string, name: string, content: string): string {
  const [open, close] = [`<!-- ${name}: begin -->`, `<!-- ${name}: end -->`];
  const start = text.indexOf(open);
  const end = text.indexOf(close);
  if (start < 0 || end < start) throw new Error(`the text has no markers "${open}" and "${close}"`);
  return `${text.slice(0, start + open.length)}\n${content}\n${text.slice(end)}`;
}
