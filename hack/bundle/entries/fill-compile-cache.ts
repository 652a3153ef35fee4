// Runs once, while the image is built: loads every program beside it, so that Node's compile cache
// (NODE_COMPILE_CACHE) holds V8's code of all of them. A pod then compiles nothing on the user's clock.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

const folder = import.meta.dirname;
/** How each executable is made to load and end at once: help, and a start without settings (exit code 64). */
const executables: Readonly<Record<string, readonly string[]>> = {
  'skald.js': ['--help'],
  'supervisor.js': [],
  'worker.js': [],
};
// A thread needs its parent; it is compiled before it finds that out.
const threads = new Set(['ears-thread.js']);

for (const [name, args] of Object.entries(executables)) {
  const { status, error } = spawnSync(process.execPath, [join(folder, name), ...args], { stdio: 'ignore' });
  if (error) throw error;
  if (status !== 0 && status !== 64) throw new Error(`${name} ended with ${status}`);
}
for (const name of readdirSync(folder)) {
  const path = join(folder, name);
  if (!name.endsWith('.js') || path === import.meta.filename || name in executables) continue;
  try {
    await import(path);
  } catch (error) {
    if (!threads.has(name)) throw error;
  }
}
// What the programs opened on being loaded is none of ours to wait for.
process.exit();
