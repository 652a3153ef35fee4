/** Where something is in a file, both from 1. */
export interface FilePosition {
  readonly line: number;
  readonly column: number;
}

/** A file that cannot be read as a whole: nothing of it counts. */
export class FileError extends Error {
  readonly position: FilePosition;

  /** @param message what is wrong there, as a parser says it; English */
  constructor(message: string, position: FilePosition) {
    super(message);
    this.name = 'FileError';
    this.position = position;
  }
}
