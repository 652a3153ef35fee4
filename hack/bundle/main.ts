import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { bundle } from './bundle.ts';

const { values } = parseArgs({ options: { out: { type: 'string', default: 'dist/image' } } });
const started = performance.now();
const outDir = resolve(values.out);
await bundle({ outDir });
for (const image of ['skald', 'speech']) {
  const app = join(outDir, image, 'program', 'app');
  for (const name of (await readdir(app)).filter((file) => file.endsWith('.js'))) {
    const { size } = await stat(join(app, name));
    process.stdout.write(`${image}/${name} ${(size / 1024).toFixed(0)} KiB\n`);
  }
}
process.stdout.write(`bundled into ${outDir} in ${((performance.now() - started) / 1000).toFixed(1)} s\n`);
