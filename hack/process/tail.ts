import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** The last `lines` lines of a log file (at most its last 16 KiB); a sentence instead when there is none. */
export function tail(path: string, lines = 12): string {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    return `(no log at ${path})`;
  }
  try {
    const { size } = fstatSync(file);
    const buffer = Buffer.alloc(Math.min(size, 16 * 1024));
    readSync(file, buffer, 0, buffer.length, size - buffer.length);
    return lastLines(buffer.toString('utf8'), lines) || '(the log is empty)';
  } finally {
    closeSync(file);
  }
}

/** The last `lines` lines of a text, without trailing blank ones. */
export function lastLines(text: string, lines: number): string {
  return text.trimEnd().split('\n').slice(-lines).join('\n');
}
