/** Reads the product's code and applies the rules. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Violation, violations } from './rules.ts';
import { readSource, type SourceFile } from './source.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** Everything that is in an image. */
export const PRODUCT_FOLDERS = ['cli', 'controller', 'gateway', 'speech', 'src', 'worker'];

export interface StaticResult {
  readonly files: number;
  readonly imports: number;
  readonly violations: readonly Violation[];
}

export async function checkStatically(): Promise<StaticResult> {
  const files = await productSources();
  return {
    files: files.length,
    imports: files.reduce((sum, file) => sum + file.imports.length, 0),
    violations: violations(files),
  };
}

/** Without tests and what only tests use. */
export async function productSources(): Promise<SourceFile[]> {
  const paths: string[] = [];
  for (const folder of PRODUCT_FOLDERS) {
    const names = await readdir(join(root, folder), { recursive: true });
    paths.push(...names.map((name) => `${folder}/${name.replaceAll('\\', '/')}`));
  }
  const product = paths.filter((path) => /\.ts$/.test(path) && !/\.test\.ts$|\.d\.ts$/.test(path));
  return await Promise.all(
    product.map(async (path) => readSource(path, await readFile(join(root, path), 'utf8'))),
  );
}
