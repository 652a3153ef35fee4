import { readFile } from 'node:fs/promises';
import { ConfigurationError } from './configuration-error.ts';

/** Larger than any key, token or certificate chain; a wrong path (a disk image, a log) stops here. */
const MAX_BYTES = 1024 * 1024;

/**
 * Reads a secret from a file, without the line end that editors and `echo` add.
 *
 * @param path e.g. a mounted Secret's key
 * @param what for the error: "the database URL"
 * @throws ConfigurationError when the file is missing, unreadable, empty or larger than 1 MiB.
 */
export async function readSecretFile(path: string, what: string): Promise<string> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
    throw new ConfigurationError([`${path}: ${what} cannot be read from this file (${code})`]);
  }
  if (text.length > MAX_BYTES) throw new ConfigurationError([`${path}: too large to be ${what}`]);
  const secret = text.replace(/[\r\n]+$/, '');
  if (secret === '') throw new ConfigurationError([`${path}: is empty, but must hold ${what}`]);
  return secret;
}
