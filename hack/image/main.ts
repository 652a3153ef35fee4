import { mkdir, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { withRootfs } from '../sbom/rootfs.ts';
import { sbomOf } from '../sbom/sbom.ts';
import { buildImages, megabytes } from './build.ts';

const SBOM_FOLDER = 'dist/sbom';
const { values } = parseArgs({ options: { sbom: { type: 'boolean', default: false } } });

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());

const started = performance.now();
try {
  const images = await buildImages({
    signal: stop.signal,
    onProgress: (line) => process.stdout.write(`  ${line}\n`),
  });
  for (const { ref, archive, digest, bytes } of Object.values(images)) {
    process.stdout.write(`${ref}\n  ${digest}\n  ${archive} (${megabytes(bytes)})\n`);
    if (!values.sbom) continue;
    const name = ref.replace(/^.*\/|:.*$/g, '');
    const file = `${SBOM_FOLDER}/${name}.cdx.json`;
    await mkdir(SBOM_FOLDER, { recursive: true });
    await writeFile(file, await withRootfs(archive, (rootfs) => sbomOf(rootfs, { name, ref })));
    process.stdout.write(`  ${file}\n`);
  }
  process.stdout.write(`images ready in ${((performance.now() - started) / 1000).toFixed(1)} s\n`);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
