// Runs before every npm script, on whatever Node is there (20 or newer), with nothing but Node's own modules: makes
// node_modules match package-lock.json, so that a fresh clone needs no separate step. The script after it then runs
// on the Node 24 that lies in node_modules. When all is current it only compares a hash.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  accessSync,
  constants,
  existsSync,
  linkSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const progressEveryMs = 5_000;

/** @param {string} root - The folder of package.json. */
export function pathsOf(root) {
  const modules = join(root, 'node_modules');
  return {
    root,
    modules,
    lockfile: join(root, 'package-lock.json'),
    /** npm's own record of what it has installed, written when an installation is complete. */
    installed: join(modules, '.package-lock.json'),
    stamp: join(modules, '.skald-stamp'),
    bin: join(modules, '.bin'),
    node: join(modules, '.bin', 'node'),
  };
}

/**
 * Names one state of node_modules: native modules also depend on platform and architecture.
 * @param {string} lockfile - Text of package-lock.json.
 */
export function stampOf(lockfile, platform = process.platform, arch = process.arch) {
  return createHash('sha256')
    .update(JSON.stringify([lockfile, platform, arch]))
    .digest('hex');
}

/**
 * Whether npm's record of an installation holds what the lockfile wants, so that an installation made by hand is
 * taken as it is. Optional packages (other platforms') may be missing.
 * @param {string} lockfile - Text of package-lock.json.
 * @param {string} installed - Text of node_modules/.package-lock.json.
 */
export function matches(lockfile, installed) {
  try {
    const wanted = JSON.parse(lockfile).packages ?? {};
    const present = JSON.parse(installed).packages ?? {};
    return Object.entries(wanted).every(([path, entry]) => {
      if (path === '') return true;
      const found = present[path];
      return found
        ? found.version === entry.version && found.integrity === entry.integrity
        : Boolean(entry.optional);
    });
  } catch {
    return false;
  }
}

/**
 * PATH without any node_modules/.bin: npm must run on a Node that does not lie in the folder that it replaces.
 * @param {string} path
 */
export function outerPath(path) {
  return path
    .split(delimiter)
    .filter((folder) => !/[/\\]node_modules[/\\]\.bin[/\\]?$/.test(folder))
    .join(delimiter);
}

/** @param {ReturnType<typeof pathsOf>} paths */
function isCurrent(paths, stamp) {
  try {
    return readFileSync(paths.stamp, 'utf8') === stamp && existsSync(paths.node);
  } catch {
    return false;
  }
}

/** @param {ReturnType<typeof pathsOf>} paths */
export async function bootstrap(paths) {
  const lockfile = readFileSync(paths.lockfile, 'utf8');
  const stamp = stampOf(lockfile);
  if (isCurrent(paths, stamp)) return;
  const release = await lock(paths.root);
  try {
    // Another process may have done it while we waited.
    if (isCurrent(paths, stamp)) return;
    const installed = existsSync(paths.installed) ? readFileSync(paths.installed, 'utf8') : '';
    if (!matches(lockfile, installed)) await install(paths);
    requireNode24(paths);
    await requireOpus(paths);
    writeFileSync(paths.stamp, stamp);
  } finally {
    release();
  }
}

/** What compiles the Opus codec, where no binary is published for this platform: program to Debian package. */
const compiler = { 'g++': 'g++', make: 'make', python3: 'python3' };

/**
 * Debian packages of the programs that compile native modules and that no folder of PATH has.
 * @param {string} path
 */
export function missingCompiler(path) {
  return Object.entries(compiler).flatMap(([program, from]) => (isOnPath(program, path) ? [] : [from]));
}

function isOnPath(program, path) {
  return path.split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Installs a missing compiler where that is possible; where it is not, a published binary may still do. */
function ensureCompiler() {
  const path = process.env.PATH ?? '';
  const missing = missingCompiler(path);
  if (missing.length === 0 || process.getuid?.() !== 0 || !isOnPath('apt-get', path)) return;
  say(`Installing Debian packages: ${missing.join(', ')} (they compile the Opus codec)`);
  const apt = (...args) =>
    spawnSync('apt-get', args, {
      encoding: 'utf8',
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', NEEDRESTART_SUSPEND: '1' },
    }).status === 0;
  const get = () => apt('install', '--yes', '--quiet', '--no-install-recommends', '--no-remove', ...missing);
  // The package lists are empty, or older than the mirror.
  if (!get() && !(apt('update', '--quiet') && get())) say(`apt-get could not install ${missing.join(', ')}.`);
}

/** What to do when a compilation has failed for want of a compiler; empty when there is one. */
function compilerAdvice() {
  const missing = missingCompiler(process.env.PATH ?? '');
  if (missing.length === 0) return '';
  return `The Opus codec is compiled at installation and needs a C++ compiler, make and Python 3, of which this machine lacks ${missing.join(', ')}: run "apt-get install ${missing.join(' ')}" as root, or your system's equivalent, and try again.`;
}

async function install(paths) {
  ensureCompiler();
  say('Installing dependencies (npm ci; a minute or two, once)');
  // A killed installation leaves folders that npm's next one stumbles over (ENOTEMPTY).
  rmSync(paths.modules, { recursive: true, force: true });
  await npm(
    paths,
    ['ci', '--no-audit', '--no-fund'],
    outerPath(process.env.PATH ?? ''),
    'Installing dependencies',
  );
}

function requireNode24(paths) {
  const answer = spawnSync(paths.node, ['--version'], { encoding: 'utf8' });
  if (answer.status !== 0 || !answer.stdout.startsWith('v24.')) {
    throw new Error(
      `Node 24 is not at node_modules/.bin/node (${(answer.stdout || answer.stderr || answer.error?.message || 'no answer').trim()}): the install script of the npm package "node" did not run or could not download; check that npm's "ignore-scripts" is off, delete node_modules and try again.`,
    );
  }
}

/** The Opus codec is compiled at installation, against the Node that compiled it. */
async function requireOpus(paths) {
  const load = () =>
    spawnSync(paths.node, ['-e', "new (require('@discordjs/opus').OpusEncoder)(48000, 2)"], {
      cwd: paths.root,
      encoding: 'utf8',
    });
  if (load().status === 0) return;
  ensureCompiler();
  say('Compiling the Opus codec for Node 24 (half a minute)');
  const path = [paths.bin, outerPath(process.env.PATH ?? '')].join(delimiter);
  await npm(paths, ['rebuild', '@discordjs/opus'], path, 'Compiling the Opus codec');
  const answer = load();
  if (answer.status !== 0) {
    throw new Error(
      `@discordjs/opus does not load with Node 24 although it was rebuilt: delete node_modules and try again. Node said: ${lastLines(answer.stderr, 5)}`,
    );
  }
}

/** Runs npm quietly: a line of progress now and then, and the end of its output when it fails. */
async function npm(paths, args, path, about) {
  const begin = Date.now();
  const ticker = setInterval(
    () => say(`${about}: ${Math.round((Date.now() - begin) / 1000)} s`),
    progressEveryMs,
  );
  try {
    const { status, output } = await new Promise((resolve, reject) => {
      const child = spawn(process.platform === 'win32' ? 'npm.cmd' : 'npm', args, {
        cwd: paths.root,
        stdio: ['ignore', 'pipe', 'pipe'],
        shell: process.platform === 'win32',
        env: {
          ...process.env,
          PATH: path,
          // Its script would download CUDA; the processor's library is in the package.
          ONNXRUNTIME_NODE_INSTALL: 'skip',
          ONNXRUNTIME_NODE_INSTALL_CUDA: 'skip',
        },
      });
      if (child.pid) writeFileSync(lockFile(paths.root), `${process.pid} ${child.pid}`);
      let text = '';
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (text += chunk));
      child.once('error', (error) =>
        reject(new Error(`Could not run npm: ${error.message}. Is it on PATH?`)),
      );
      child.once('close', (code, signal) => resolve({ status: signal ?? code, output: text }));
    });
    if (status !== 0) {
      const said = `"npm ${args.join(' ')}" failed (${status}):\n${lastLines(output, 20)}`;
      throw new Error(/@discordjs.opus|node-gyp|node-pre-gyp/.test(output) ? compilerAdvice() || said : said);
    }
    say(`${about}: done in ${Math.round((Date.now() - begin) / 1000)} s`);
  } finally {
    clearInterval(ticker);
  }
}

/** Names the process that installs and the npm that it has started, which outlives it when it is killed. */
function lockFile(root) {
  return join(
    tmpdir(),
    `skald-bootstrap-${createHash('sha256').update(root).digest('hex').slice(0, 16)}.lock`,
  );
}

/** One installation at a time. A lock is broken when its process is dead and so is the npm that it started. */
async function lock(root) {
  const file = lockFile(root);
  for (let told = false; ; ) {
    const mine = `${file}.${process.pid}`;
    try {
      // It appears with its content, so that nobody reads an empty one.
      writeFileSync(mine, String(process.pid));
      linkSync(mine, file);
      return () => rmSync(file, { force: true });
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    } finally {
      rmSync(mine, { force: true });
    }
    const [owner = 0, npm = 0] = (existsSync(file) ? readFileSync(file, 'utf8') : '').split(' ').map(Number);
    const holder = isAlive(owner) ? owner : isAlive(npm) && worksIn(npm, root) ? npm : undefined;
    if (holder === undefined) {
      rmSync(file, { force: true });
      continue;
    }
    if (!told) say(`Waiting for process ${holder}, which is installing dependencies`);
    told = true;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

function isAlive(pid) {
  if (!pid) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
  try {
    // A zombie still answers signals until its parent looks.
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return process.platform !== 'linux';
  }
}

/** Whether a process has this folder as its own; true where that cannot be known. */
function worksIn(pid, folder) {
  if (process.platform !== 'linux') return true;
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === folder;
  } catch {
    return false;
  }
}

function lastLines(text, count) {
  return text.trimEnd().split('\n').slice(-count).join('\n');
}

function say(message) {
  process.stderr.write(`${message}\n`);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    if (Number(process.versions.node.split('.')[0]) < 20) {
      throw new Error(`Node ${process.versions.node} is too old: 20 or newer starts this project.`);
    }
    await bootstrap(pathsOf(dirname(dirname(fileURLToPath(import.meta.url)))));
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}
