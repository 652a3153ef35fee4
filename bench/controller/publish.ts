/** Writes results, plots and the page about them. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Machine } from '../machine.ts';
import { type Bar, barsOf, liveBarsOf } from './bars.ts';
import type { LiveResult } from './live.ts';
import { plot } from './plot.ts';
import { betweenMarkers, markdownBars, markdownLive, markdownSection } from './report.ts';
import { type Results, summarise } from './results.ts';

/** One live run, as it is kept. */
export interface LiveResults {
  readonly bench: 'controller-live';
  readonly date: string;
  readonly machine: Machine;
  readonly live: LiveResult;
}

const root = fileURLToPath(new URL('../../', import.meta.url));
/** The repository's: committed, and shown in the documentation. */
export const published = {
  results: join(root, 'bench', 'results'),
  page: join(root, 'docs', 'benchmarks.md'),
};
/** Git-ignored: of runs that do not stand for the whole. */
export const scratch = { results: join(root, 'dist', 'bench') };

/** Sizes of the page, in its order. */
const shown = [
  { setting: 'server', n: 1_000 },
  { setting: 'server', n: 10_000 },
  { setting: 'stub', n: 1_000 },
  { setting: 'stub', n: 10_000 },
] as const;

/** @returns The path of the JSON file. */
export async function writeResults(folder: string, results: Results): Promise<string> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, `${fileNameOf(results)}.json`);
  await writeFile(path, `${JSON.stringify(results, null, 2)}\n`);
  const title = results.setting === 'server' ? 'Real API server' : 'Stub server';
  await writeFile(join(folder, `${fileNameOf(results)}.svg`), plot(summarise(results), title));
  return path;
}

/** @returns The path of the JSON file. */
export async function writeLive(folder: string, results: LiveResults): Promise<string> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, 'controller-live.json');
  await writeFile(path, `${JSON.stringify(results, null, 2)}\n`);
  return path;
}

/** Makes the page show what lies in `folder`, and returns the bars that it is judged by. */
export async function writePage(page: string, folder: string): Promise<Bar[]> {
  const sizes: Results[] = [];
  for (const size of shown) {
    const results = await read<Results>(join(folder, `${fileNameOf(size)}.json`));
    if (results) sizes.push(results);
  }
  const live = await read<LiveResults>(join(folder, 'controller-live.json'));
  const real = sizes.filter(({ setting }) => setting === 'server');
  const bars = [...barsOf(real.map(summarise)), ...(live ? liveBarsOf(live.live) : [])];
  const sections = [
    markdownBars(bars),
    ...sizes.map((results) => markdownSection(results, `../bench/results/${fileNameOf(results)}.svg`)),
    ...(live ? [markdownLive(live.live, live.date)] : []),
  ];
  const content = `\n${sections.join('\n\n')}\n`;
  await writeFile(page, betweenMarkers(await readFile(page, 'utf8'), 'controller', content));
  return bars;
}

function fileNameOf({ setting, n }: { setting: string; n: number }): string {
  return `controller-${setting}-${n}`;
}

/** Trusts a file that this module wrote. */
async function read<T>(path: string): Promise<T | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
  return JSON.parse(text);
}
