import { expect, test } from 'vitest';
import { barsOf, liveBarsOf } from './bars.ts';
import type { Measurement } from './measure.ts';
import { plot } from './plot.ts';
import { barLines, betweenMarkers, markdownBars, markdownSection, textTable } from './report.ts';
import { jsonLine, type RunResult, summarise } from './results.ts';

const base: Measurement = {
  objectsPerSecond: 100,
  p50Ms: 10,
  p99Ms: 20,
  apiRequestsPerObject: 3,
  cpuMsPerObject: 1,
  peakRssMB: 100,
  readyMs: 500,
  readyCpuMs: 300,
  serverCpuMsPerObject: 4,
  requests: {},
};

function run(contender: string, repeat: number, measured: Partial<Measurement>): RunResult {
  return { contender, repeat, measurement: { ...base, ...measured } };
}

function measuredBars(runs: readonly RunResult[], n = 1_000) {
  return barsOf([summarise({ n, runs })]).map(({ text, reached }) => [
    text.replace(/^N = \d+: /, ''),
    reached,
  ]);
}

test('the JSON line has medians by contender, and ratios of skald to each other one', () => {
  const runs = [
    run('skald', 0, { objectsPerSecond: 300 }),
    run('limit', 0, { objectsPerSecond: 320 }),
    run('skald', 1, { objectsPerSecond: 100 }),
    run('limit', 1, { objectsPerSecond: 100 }),
  ];
  const line: unknown = JSON.parse(jsonLine(summarise({ n: 1_000, runs })));
  expect(line).toEqual({
    n: 1_000,
    contenders: {
      skald: expect.objectContaining({ objectsPerSecond: 200, p50Ms: 10 }),
      limit: {
        objectsPerSecond: 210,
        p50Ms: 10,
        p99Ms: 20,
        apiRequestsPerObject: 3,
        cpuMsPerObject: 1,
        peakRssMB: 100,
      },
    },
    ratios: {
      limit: expect.objectContaining({ objectsPerSecond: { median: 0.9688, min: 0.9375, max: 1 } }),
    },
  });
});

test('a run that was not completed is reported, and the others are still summarised', () => {
  const summary = summarise({
    n: 1_000,
    runs: [run('skald', 0, {}), { contender: 'dot-i', repeat: 0, error: 'dot-i ended by itself' }],
  });
  expect(Object.keys(summary.contenders)).toEqual(['skald']);
  expect(textTable(summary)).toContain('dot-i: a run was not completed: dot-i ended by itself');
});

test('every bar is judged when every contender was measured', () => {
  const runs = [
    run('skald', 0, { objectsPerSecond: 100, peakRssMB: 140, apiRequestsPerObject: 3.005 }),
    run('controller-runtime', 0, { objectsPerSecond: 105, peakRssMB: 60 }),
    run('limit', 0, { objectsPerSecond: 120 }),
    run('dot-i', 0, { objectsPerSecond: 50 }),
    run('skald', 1, { objectsPerSecond: 100, peakRssMB: 140, apiRequestsPerObject: 3.005 }),
    run('controller-runtime', 1, { objectsPerSecond: 99, peakRssMB: 60 }),
    run('limit', 1, { objectsPerSecond: 120 }),
    run('dot-i', 1, { objectsPerSecond: 50 }),
  ];
  expect(measuredBars(runs)).toEqual([
    ['at least 1.0x the objects/s of controller-runtime, within the spread', true],
    ['at least 0.8x the objects/s of limit', true],
    ['at least 2.5x the objects/s of dot-i', false],
    ['at most 2.5x the memory of controller-runtime', true],
    ['no more requests per object than the limit (lists at the start aside)', true],
  ]);
});

test('one request more per object than the limit misses its bar', () => {
  const runs = [run('skald', 0, { apiRequestsPerObject: 4 }), run('limit', 0, {})];
  expect(measuredBars(runs)).toContainEqual([
    'no more requests per object than the limit (lists at the start aside)',
    false,
  ]);
});

test('CPU time per object is compared between the smallest and the largest size', () => {
  const sizes = (many: number) =>
    barsOf([
      summarise({ n: 1_000, runs: [run('skald', 0, { cpuMsPerObject: 1 })] }),
      summarise({ n: 10_000, runs: [run('skald', 0, { cpuMsPerObject: many })] }),
    ]);
  expect(sizes(1.1).map(({ reached }) => reached)).toEqual([true]);
  expect(barLines(sizes(1.2))).toContain('MISSED   CPU time per object');
});

test('a live run misses its bars when it is late or its queue grows', () => {
  const live = {
    n: 5_000,
    minutes: 5,
    writesPerSecond: 900,
    changesPerSecond: 270,
    p50Ms: 10,
    p99Ms: 1_500,
    maxMs: 2_000,
    deepestQueue: 400,
    deepestQueueAtEnd: 300,
    cpuShare: 0.2,
    peakRssMB: 150,
  };
  expect(liveBarsOf(live).map(({ reached }) => reached)).toEqual([false, false]);
  expect(liveBarsOf({ ...live, p99Ms: 90, deepestQueue: 12 }).map(({ reached }) => reached)).toEqual([
    true,
    true,
  ]);
});

test('the page’s section shows medians with their spread and where they were measured', () => {
  const section = markdownSection(
    {
      bench: 'controller',
      setting: 'server',
      n: 1_000,
      repeat: 2,
      workers: 16,
      steady: { rate: 30, seconds: 10 },
      date: '2026-01-02T03:04:05.000Z',
      machine: {
        cores: 2,
        cpu: 'Some CPU',
        memoryGiB: 8,
        kernel: '6.1',
        node: 'v24.0.0',
        versions: { etcd: '3.6.4' },
      },
      runs: [run('skald', 0, { objectsPerSecond: 100 }), run('skald', 1, { objectsPerSecond: 110 })],
    },
    'plot.svg',
  );
  expect(section).toContain('| skald | 105 (100-110) | 10.0 | 20.0 | 3.00 | 1.00 | 100 |  |');
  expect(section).toContain('Medians of 2 runs (least to most) on 2026-01-02; 16 workers');
  expect(section).toContain('Linux 6.1, Node 24.0.0, etcd 3.6.4');
});

test('the page lists every bar, and says which are missed', () => {
  const bars = [
    { text: 'fast', measured: '1.2x', reached: true },
    { text: 'small', measured: '3.0x', reached: false },
  ];
  expect(markdownBars(bars)).toContain('| fast | 1.2x | reached |\n| small | 3.0x | **missed** |');
});

test('only what is between the markers is replaced', () => {
  const page = 'before\n<!-- x: begin -->\nold\n<!-- x: end -->\nafter\n';
  expect(betweenMarkers(page, 'x', 'new')).toBe('before\n<!-- x: begin -->\nnew\n<!-- x: end -->\nafter\n');
  expect(() => betweenMarkers(page, 'y', 'new')).toThrow('no markers');
});

test('the plot shows the fastest first, with the length of each bar in proportion', () => {
  const { contenders } = summarise({
    n: 1_000,
    runs: [run('slow', 0, { objectsPerSecond: 50 }), run('skald', 0, { objectsPerSecond: 200 })],
  });
  const svg = plot({ n: 1_000, contenders }, 'Stub <server>');
  expect(svg.indexOf('>skald<')).toBeLessThan(svg.indexOf('>slow<'));
  expect([...svg.matchAll(/<rect [^>]*width="([\d.]+)"/g)].map(([, width]) => Number(width))).toEqual([
    440, 110,
  ]);
  expect(svg).toContain('Stub &lt;server>');
});
