import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { published, scratch } from './controller/publish.ts';
import { betweenMarkers } from './controller/report.ts';

/**
 * Writes what a bench has measured; published, it is committed, and its section of docs/benchmarks.md shows it.
 *
 * @param name of the file and of the section's markers
 * @param section Markdown
 * @returns the path of the JSON file
 */
export async function keepResults(
  name: string,
  results: object,
  section: string,
  publish: boolean,
): Promise<string> {
  const folder = publish ? published.results : scratch.results;
  await mkdir(folder, { recursive: true });
  const path = join(folder, `${name}.json`);
  await writeFile(path, `${JSON.stringify(results, null, 2)}\n`);
  if (publish) {
    const page = await readFile(published.page, 'utf8');
    await writeFile(published.page, betweenMarkers(page, name, `\n${section}\n`));
  }
  return path;
}
