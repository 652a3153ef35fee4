#!/usr/bin/env node
// `skald` from a checkout, on any Node >= 20: installs what the project needs, then runs cli/skald.ts on Node 24. The
// image has a bundle instead. Nothing is printed to standard output but what the command prints.
import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const setUp = spawnSync(process.execPath, [join(root, 'hack', 'bootstrap.mjs')], { stdio: 'inherit' });
if (setUp.status === 0) {
  const node = join(root, 'node_modules', '.bin', 'node');
  const child = spawn(node, [join(root, 'cli', 'skald.ts'), ...process.argv.slice(2)], { stdio: 'inherit' });
  // The terminal's Ctrl-C reaches the child, too; it decides when to end.
  for (const name of ['SIGINT', 'SIGTERM']) process.on(name, () => name === 'SIGTERM' && child.kill(name));
  child.once('exit', (code, signal) => {
    process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 143);
  });
} else {
  process.exitCode = setUp.status ?? 1;
}
