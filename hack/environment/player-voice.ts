import { createHash } from 'node:crypto';
import { access, mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheDir } from '../cache.ts';
import { requireProgram } from '../process/find-program.ts';
import { run } from '../process/run.ts';
import { ensureDebianPackages } from '../tools/index.ts';

/**
 * A WAV of a player saying `sentence`, made with flite's voice slt: the offline recogniser understands it, unlike
 * espeak's voices. Made once per sentence and kept in the cache.
 */
export async function playerSays(sentence: string, onProgress: (message: string) => void): Promise<string> {
  const folder = join(cacheDir(), 'player-voice');
  const path = join(folder, `${createHash('sha256').update(sentence).digest('hex').slice(0, 16)}.wav`);
  try {
    await access(path);
    return path;
  } catch {
    // Not said before.
  }
  await ensureDebianPackages(['flite'], 'make a player speak', onProgress);
  const flite = requireProgram('flite', 'It is the Debian package flite.');
  await mkdir(folder, { recursive: true });
  const temporary = `${path}.${process.pid}`;
  await run(flite, ['-voice', 'slt', '-t', sentence, '-o', temporary]);
  await rename(temporary, path);
  return path;
}
