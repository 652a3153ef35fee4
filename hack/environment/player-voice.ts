import { createHash } from 'node:crypto';
import { access, mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheDir } from '../cache.ts';
import { requireProgram } from '../process/find-program.ts';
import { run } from '../process/run.ts';
import { ensureDebianPackages } from '../tools/index.ts';

/** Voices of flite that the offline recogniser understands: a woman's, a man's. */
export type PlayerVoice = 'slt' | 'rms';

/**
 * A WAV of a player saying `sentence`, made with flite: the offline recogniser understands it, unlike espeak's voices.
 * Made once per sentence and voice, and kept in the cache.
 */
export async function playerSays(
  sentence: string,
  onProgress: (message: string) => void,
  voice: PlayerVoice = 'slt',
): Promise<string> {
  const folder = join(cacheDir(), 'player-voice');
  const key = voice === 'slt' ? sentence : `${voice}\n${sentence}`;
  const path = join(folder, `${createHash('sha256').update(key).digest('hex').slice(0, 16)}.wav`);
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
  await run(flite, ['-voice', voice, '-t', sentence, '-o', temporary]);
  await rename(temporary, path);
  return path;
}
