import { buildImages, megabytes } from './build.ts';

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
  }
  process.stdout.write(`images ready in ${((performance.now() - started) / 1000).toFixed(1)} s\n`);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
