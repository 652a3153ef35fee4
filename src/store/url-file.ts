// A DSN in a file, such as a mounted Secret that the kubelet replaces when the password changes.
import { readFileSync } from 'node:fs';
import { StoreError } from './store-error.ts';

/** Reads it whenever it is asked, so that the next connection has what is there then. A small file: nobody waits. */
export function urlFromFile(path: string): () => string {
  return () => {
    let text: string;
    try {
      text = readFileSync(path, 'utf8').trim();
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
      throw new StoreError(`${path}: the database URL cannot be read from this file (${code})`, code);
    }
    if (text === '') throw new StoreError(`${path}: is empty, but must hold the database URL`);
    return text;
  };
}
