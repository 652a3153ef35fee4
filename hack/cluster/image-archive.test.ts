import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { imageArchive } from './image-archive.ts';
import { readTarFile } from './tar-reader.ts';

const image = { ref: 'local/pause:1', name: 'pause' };
const program = Buffer.from('program');

test('an image archive names its image and holds the program as its only layer', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'skald-image-test-'));
  try {
    const path = join(folder, 'image.tar');
    await writeFile(path, imageArchive(image, program));
    const file = await open(path, 'r');
    try {
      const manifest = JSON.parse(String(await readTarFile(file, 'manifest.json')));
      expect(manifest[0].RepoTags).toEqual(['local/pause:1']);
      const config = JSON.parse(String(await readTarFile(file, manifest[0].Config)));
      expect(config.config).toEqual({ Entrypoint: ['/pause'], User: '65532:65532' });
      const layer = await readTarFile(file, manifest[0].Layers[0]);
      expect(layer?.subarray(512, 512 + program.length)).toEqual(program);
      expect(await readTarFile(file, 'index.json')).toBeUndefined();
    } finally {
      await file.close();
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('the same program gives the same archive, byte for byte', () => {
  expect(imageArchive(image, program)).toEqual(imageArchive(image, program));
});
