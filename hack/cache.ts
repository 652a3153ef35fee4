import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/**
 * The folder for what is expensive to make and can always be made again: Kubernetes binaries, image bases,
 * image archives. It lies outside the tree, so that a clean checkout stays clean and two checkouts share it.
 *
 * Source: `SKALD_CACHE_DIR`, else `$XDG_CACHE_HOME/skald`, else `~/.cache/skald`. Everything in it is keyed by
 * a hash of its inputs, so deleting it costs time and nothing else. The folder is not created here.
 */
export function cacheDir(environment: NodeJS.ProcessEnv = process.env): string {
  const chosen = environment.SKALD_CACHE_DIR;
  if (chosen) return resolve(chosen);
  const xdg = environment.XDG_CACHE_HOME;
  return xdg ? resolve(xdg, 'skald') : join(homedir(), '.cache', 'skald');
}
