import { cp, mkdir, readdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/**
 * Copies the packages that cannot be bundled into `<app>/node_modules`: machine code for this machine's processor only,
 * and of each package only what it loads. Gives their folders in the tree, for their licence notices.
 */
export async function copyNatives(app: string, root: string): Promise<string[]> {
  const from = (name: string) => join(root, 'node_modules', name);
  const to = (name: string) => join(app, 'node_modules', name);
  await Promise.all([
    copyOpus(from, to),
    copyDavey(from, to),
    copyOnnxRuntime(from, to),
    copyCiphers(from, to),
  ]);
  const davey = ['@snazzah/davey', `@snazzah/davey-linux-${process.arch}-gnu`];
  return ['@discordjs/opus', ...davey, 'onnxruntime-node', 'onnxruntime-common', CIPHERS].map(from);
}

type Place = (name: string) => string;

/** Its own loader searches for a prebuilt binary with a package of 60 files; here there is just one. */
async function copyOpus(from: Place, to: Place): Promise<void> {
  const name = '@discordjs/opus';
  const require = createRequire(join(from(name), 'package.json'));
  const { find }: { find: (manifest: string) => string } = require('@discordjs/node-pre-gyp');
  await mkdir(to(name), { recursive: true });
  await cp(find(join(from(name), 'package.json')), join(to(name), 'opus.node'));
  await writeFile(join(to(name), 'index.js'), `module.exports = require('./opus.node');\n`);
  await writeManifest(to(name), name, 'index.js');
}

async function copyDavey(from: Place, to: Place): Promise<void> {
  const name = '@snazzah/davey';
  const binding = `@snazzah/davey-linux-${process.arch}-gnu`;
  await copyFiles(from(name), to(name), ['package.json', 'index.js']);
  await copyFiles(from(binding), to(binding), ['package.json', `davey.linux-${process.arch}-gnu.node`]);
}

async function copyOnnxRuntime(from: Place, to: Place): Promise<void> {
  const name = 'onnxruntime-node';
  const common = 'onnxruntime-common';
  // Only the CPU's library: whatever else lies there (CUDA, TensorRT) is for machines with other hardware.
  const binaries = join('bin', 'napi-v6', 'linux', process.arch);
  const dist = (await readdir(join(from(name), 'dist'))).filter((file) => file.endsWith('.js'));
  await copyFiles(from(name), to(name), [
    'package.json',
    ...dist.map((file) => join('dist', file)),
    join(binaries, 'onnxruntime_binding.node'),
    join(binaries, 'libonnxruntime.so.1'),
  ]);
  await cp(join(from(common), 'dist', 'cjs'), join(to(common), 'dist', 'cjs'), {
    recursive: true,
    filter: (path) => !/\.(map|d\.ts)$/.test(path),
  });
  await copyFiles(from(common), to(common), ['package.json']);
}

const CIPHERS = '@noble/ciphers';

/** Not machine code, but found the same way: @discordjs/voice imports it by a name that it makes while it runs. */
async function copyCiphers(from: Place, to: Place): Promise<void> {
  const files = (await readdir(from(CIPHERS))).filter(
    (file) => file.endsWith('.js') || file === 'package.json',
  );
  await copyFiles(from(CIPHERS), to(CIPHERS), files);
}

async function copyFiles(from: string, to: string, files: readonly string[]): Promise<void> {
  for (const file of files) {
    await mkdir(dirname(join(to, file)), { recursive: true });
    await cp(join(from, file), join(to, file), { dereference: true });
  }
}

async function writeManifest(folder: string, name: string, main: string): Promise<void> {
  await writeFile(join(folder, 'package.json'), `${JSON.stringify({ name, main }, undefined, 2)}\n`);
}
